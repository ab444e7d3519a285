package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.Clock;
import io.kooper.fake.Jsons;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;

/**
 * A cluster that changes and fails at random while it is listed and watched, in the thread of who lists and watches, so
 * that a seed is a whole history. After so many steps it is calm; a few watches later it calls the end.
 */
final class World implements ListerWatcher<ConfigMap>, Clock {

  /** What of an object can be read. */
  enum Legible { ALL, NO_BODY, NO_UID, NO_VERSION, NO_NAME }

  enum Step { PUT, DELETE, RECREATE, POISON, COMPACT, BOOKMARK, END, CUT, THROW, INTERRUPT, LIST_FAILS }

  record Item(ConfigMap object, Legible legible) {}

  private static final List<Reason> REASONS =
      List.copyOf(EnumSet.complementOf(EnumSet.of(Reason.CLIENT_CLOSED))); // that one is the end

  private record Change(long version, boolean deleted, Item item) {}

  final Map<String, Item> items = new TreeMap<>();
  final Set<String> goneUids = new HashSet<>();
  final Map<Step, Integer> counts = new EnumMap<>(Step.class);
  private final List<Change> history = new ArrayList<>();
  private final Random random;
  private final Runnable end;
  private final int names;
  private final int poison; // percent of the new states
  private final boolean json; // or objects
  private int steps;
  private int calmWatches = 6;
  private long version = 10;
  private long compacted;
  private long uids;
  private long nanos;

  World(Random random, Runnable end) {
    this.random = random;
    this.end = end;
    this.steps = 20 + random.nextInt(100);
    this.names = 1 + random.nextInt(5);
    this.poison = random.nextBoolean() ? 0 : 40;
    this.json = random.nextBoolean();
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private void count(Step step) {
    counts.merge(step, 1, Integer::sum);
  }

  boolean calm() {
    return steps <= 0;
  }

  private void put(String name, Legible legible) {
    Item before = items.get(name);
    String uid = before == null ? "uid-" + ++uids : before.object.getMetadata().getUid();
    Item item = new Item(Recorder.object(name, uid, ++version), legible);
    items.put(name, item);
    history.add(new Change(version, false, item));
    if (legible != Legible.ALL) {
      count(Step.POISON);
    }
  }

  private void delete(String name) {
    Item before = items.remove(name);
    if (before != null) {
      String uid = before.object.getMetadata().getUid();
      goneUids.add(uid);
      Legible legible = chance(poison) ? anyIllegible() : before.legible;
      history.add(new Change(++version, true, new Item(Recorder.object(name, uid, version), legible)));
    }
  }

  private Legible anyIllegible() {
    return Legible.values()[1 + random.nextInt(4)];
  }

  /** Changes the cluster, a few times or not at all. */
  private void live() {
    while (!calm() && chance(60)) {
      steps--;
      String name = "n" + random.nextInt(names);
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> {
          count(Step.PUT);
          put(name, chance(poison) ? anyIllegible() : Legible.ALL);
        }
        case 3 -> {
          count(Step.DELETE);
          delete(name);
        }
        case 4 -> {
          count(Step.RECREATE);
          delete(name);
          put(name, chance(poison) ? anyIllegible() : Legible.ALL);
        }
        default -> {
          if (chance(40)) {
            count(Step.COMPACT);
            compacted = version;
          }
        }
      }
    }
    if (calm()) { // while an object has no name, what is missing may be it: those are mended, the other illegible ones stay
      List.copyOf(items.keySet()).forEach(name -> {
        if (items.get(name).legible == Legible.NO_NAME) {
          put(name, Legible.ALL);
        }
      });
    }
  }

  private void mayFail(int percent) throws RetrieveException, InterruptedException {
    if (calm() || !chance(percent)) {
      return;
    }
    steps--;
    switch (random.nextInt(6)) {
      case 0 -> {
        count(Step.THROW);
        throw new IllegalStateException("random");
      }
      case 1 -> {
        count(Step.THROW);
        throw new StackOverflowError("random");
      }
      case 2 -> {
        count(Step.INTERRUPT);
        throw new InterruptedException("random");
      }
      default -> {
        count(Step.CUT);
        throw Script.fault(REASONS.get(random.nextInt(REASONS.size())));
      }
    }
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    live();
    mayFail(30);
    String asked = options.getResourceVersion();
    if (asked != null && !asked.equals("0") && Long.parseLong(asked) < compacted && chance(30) && !calm()) {
      count(Step.LIST_FAILS);
      throw Script.fault(Reason.GONE);
    }
    List<Item> given = new ArrayList<>(items.values());
    Collections.shuffle(given, random);
    long listed = version;
    for (Item item : given) {
      sink.accept(event(SourceEvent.Type.ADDED, item));
      mayFail(3);
      if (chance(10)) {
        live(); // later than this list
      }
    }
    mayFail(3);
    return Long.toString(listed);
  }

  private SourceEvent<ConfigMap> event(SourceEvent.Type type, Item item) {
    if (json && item.legible == Legible.ALL) {
      return Jsons.of(type, item.object);
    } else if (json && item.legible == Legible.NO_BODY) {
      return Jsons.broken(type, item.object);
    }
    return item.legible == Legible.ALL ? new SourceEvent.Item<>(type, item.object)
        : SourceEvent.unreadable(undecodable(item, type == SourceEvent.Type.DELETED));
  }

  private static Undecodable undecodable(Item item, boolean deleted) {
    boolean nothing = item.legible == Legible.NO_NAME;
    return new Undecodable(nothing ? null : ObjectKey.of(item.object),
        nothing || item.legible == Legible.NO_UID ? null : item.object.getMetadata().getUid(),
        nothing || item.legible == Legible.NO_VERSION ? null : item.object.getMetadata().getResourceVersion(),
        deleted, new IllegalStateException("illegible"));
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    if (calm() && --calmWatches < 0) {
      end.run();
      return;
    }
    live();
    mayFail(20);
    long seen = Long.parseLong(options.getResourceVersion());
    if (seen < compacted) {
      throw Script.fault(Reason.GONE);
    }
    if (chance(70)) {
      sink.accept(SourceEvent.opened());
    }
    do {
      for (Change event : List.copyOf(history)) {
        if (event.version > seen) {
          tell(sink, event);
          seen = event.version;
          mayFail(5);
        }
      }
      if (chance(30)) {
        count(Step.BOOKMARK);
        sink.accept(SourceEvent.bookmark(Long.toString(seen)));
      }
      live();
      mayFail(10);
    } while (!calm() && chance(70));
    count(Step.END);
    nanos += random.nextInt(3) * 700_000_000L;
    if (calm()) {
      nanos += 25_000_000_000L;
      for (Change event : List.copyOf(history)) {
        if (event.version > seen) {
          tell(sink, event);
        }
      }
    }
  }

  private void tell(Consumer<SourceEvent<ConfigMap>> sink, Change change) {
    SourceEvent.Type there = random.nextBoolean() ? SourceEvent.Type.ADDED : SourceEvent.Type.MODIFIED;
    sink.accept(event(change.deleted ? SourceEvent.Type.DELETED : there, change.item));
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public void await(Lock lock, Condition condition, long timeout) {
    nanos += timeout;
  }
}
