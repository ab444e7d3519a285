package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.ManualClock;
import io.kooper.controller.ManualShards.ManualHolding;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.Store;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A controller that gains, gives and loses shards at random, while its objects and what they own change, and lists and watches
 * fail. Whatever happens:
 *
 * <ol>
 *   <li>a delete is told only of an object that is deleted, and that was told in the same term;
 *   <li>a call begins only in a term of its key's shard, and what is told in one term never goes back;
 *   <li>once it is quiet, the last call of each object of a shard that is held saw its newest state and all that it owns, in that
 *       state;
 *   <li>then the store has nothing of other shards.
 * </ol>
 */
class ShardsPropertyTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 300);
  private static final String[] NAMES = {"a1", "a2", "b1", "b2", "c1", "c2"};
  private static final String[] CHILDREN = {"x1", "x2", "x3", "x4"};

  @Test
  @Timeout(300)
  @DisplayName("Invariants 1, 8 and 9 hold while shards move at random")
  void invariantsHoldWhileShardsMove() {
    Long only = Long.getLong("kooper.seed");
    for (int i = 0; i < SEEDS; i++) {
      long seed = only == null ? i : only;
      try {
        new Script(seed).play();
      } catch (Throwable t) {
        throw new AssertionError("seed " + seed + " (repeat with -Dkooper.seed=" + seed + "): " + t.getMessage(), t);
      }
    }
  }

  /** What the last call of a key has seen, or null once its delete was taken. */
  private record Seen(long token, String uid, long version, Map<String, String> children) {}

  private static final class Script {

    private final long seed;
    private final Random random;
    private final FakeSource objects = new FakeSource();
    private final FakeSource children = new FakeSource();
    private final ManualClock clock = new ManualClock();
    private final ManualShards shards = new ManualShards();
    private final Map<Character, ManualHolding> held = new HashMap<>();
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    private final Set<String> deletedUids = ConcurrentHashMap.newKeySet();
    private final AtomicReference<String> violation = new AtomicReference<>();
    private final List<String> log = new ArrayList<>(); // guarded by itself
    private volatile Store<ConfigMap> store;
    private volatile double failing;
    private boolean listsFail;
    private long value;

    Script(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      if (random.nextBoolean()) {
        objects.asJson();
      }
      if (random.nextBoolean()) {
        children.asJson();
      }
    }

    void play() throws Exception {
      for (int i = 0; i < 8; i++) {
        change();
      }
      Controller controller = Controller.builder(objects.retriever(), handler()).clock(clock).shards(shards)
          .workers(1 + random.nextInt(3)).owns(children.retriever(), related -> related.name("children")).noResync().build();
      Thread run = new Thread(controller::run);
      run.start();
      try {
        until("a member", () -> shards.said.contains("join"));
        failing = random.nextInt(3) * 0.2;
        for (int step = 10 + random.nextInt(50); step > 0; step--) {
          step();
        }
        quiet();
      } finally {
        new Thread(controller::close).start();
        until("the end of run()", () -> !run.isAlive());
      }
      assertThat(violation).hasValue(null);
    }

    private void step() {
      FakeSource source = random.nextBoolean() ? objects : children;
      switch (random.nextInt(14)) {
        case 0 -> {
          source.failList(FakeSource.fault(reason()));
          listsFail = true;
        }
        case 1 -> source.failWatch(FakeSource.fault(reason()));
        case 2 -> source.endWatch(random.nextBoolean() ? null : FakeSource.fault(reason()));
        case 3 -> source.compact();
        case 4, 5, 6, 7 -> move();
        case 8, 9 -> advance(Duration.ofMillis(1L << random.nextInt(14)));
        default -> change();
      }
      if (random.nextInt(4) == 0) {
        Thread.yield();
      }
    }

    /** Not while calls of a lost shard may run: they have to end within a grace, and threads know nothing of this clock. */
    private void advance(Duration by) {
      if (held.values().stream().allMatch(holding -> holding.ended || holding.term.isValid())) {
        clock.advance(by);
      }
    }

    private static Reason[] reasons() {
      return new Reason[] {Reason.GONE, Reason.CONNECTION_LOST, Reason.SERVER_ERROR, Reason.THROTTLED, Reason.SILENT};
    }

    private Reason reason() {
      return reasons()[random.nextInt(reasons().length)];
    }

    private void move() {
      char letter = (char) ('a' + random.nextInt(3));
      ManualHolding holding = held.get(letter);
      if (holding == null || holding.ended) { // as by leases: not before the term before has ended
        held.put(letter, shards.gain(letter));
        note("gained " + letter);
      } else if (random.nextBoolean()) {
        holding.give();
        note("gives " + letter);
      } else {
        holding.lose();
        note("lost " + letter);
      }
    }

    private void change() {
      if (random.nextInt(3) == 0) {
        String name = CHILDREN[random.nextInt(CHILDREN.length)];
        if (random.nextInt(4) == 0) {
          children.delete(name);
          return;
        }
        ConfigMap owner = objects.objects().get(FakeSource.key(NAMES[random.nextInt(NAMES.length)]));
        if (owner != null) {
          children.own(name, owner);
        }
        children.put(name, "" + ++value);
        return;
      }
      String name = NAMES[random.nextInt(NAMES.length)];
      ConfigMap object = objects.objects().get(FakeSource.key(name));
      if (object != null && random.nextInt(3) == 0) {
        deletedUids.add(object.getMetadata().getUid());
        objects.delete(name);
        note("deleted " + name);
        if (random.nextBoolean()) {
          return;
        }
      }
      ConfigMap now = objects.put(name, "" + ++value);
      note("put " + name + " " + now.getMetadata().getUid() + " " + version(now));
    }

    private void quiet() {
      failing = 0;
      for (char letter = 'a'; letter <= 'c'; letter++) {
        ManualHolding holding = held.get(letter);
        if (holding != null && !holding.isActive()) {
          until("the end of a holding", () -> holding.ended);
          held.remove(letter);
        }
      }
      if (held.isEmpty()) {
        held.put('b', shards.gain('b'));
      }
      change();
      if (listsFail) { // after a list that failed comes a watch, which a server would end soon
        until("quiescence", () -> {
          objects.endWatch(null);
          children.endWatch(null);
          return isQuiet();
        });
      } else { // a shard that is gained ends it at once
        until("quiescence", this::isQuiet);
      }
    }

    private boolean isQuiet() {
      for (String name : NAMES) {
        ConfigMap object = objects.objects().get(FakeSource.key(name));
        ManualHolding holding = held.get(name.charAt(0));
        if (holding == null) {
          continue;
        }
        Seen last = seen.get(name);
        boolean told = last != null && last.token == holding.term.token();
        if (object == null ? told : !told || last.version != version(object)
            || !last.children.equals(childrenOf(children.objects().values(), object.getMetadata().getUid()))) {
          return false;
        }
      }
      boolean foreign = store != null && store.keys().stream().anyMatch(key -> !held.containsKey(key.name().charAt(0)));
      return !foreign;
    }

    private static Map<String, String> childrenOf(Iterable<ConfigMap> all, String uid) {
      Map<String, String> found = new TreeMap<>();
      all.forEach(child -> {
        if (child.getMetadata().getOwnerReferences().stream().anyMatch(owner -> owner.getUid().equals(uid))) {
          found.put(child.getMetadata().getName(), child.getMetadata().getResourceVersion());
        }
      });
      return found;
    }

    private void until(String what, BooleanSupplier condition) {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!condition.getAsBoolean()) {
        if (violation.get() != null || System.nanoTime() > deadline) {
          throw new AssertionError((violation.get() == null ? "no " + what : violation.get()) + "\n" + this);
        }
        advance(Duration.ofMillis(500));
        Thread.yield();
      }
    }

    // the handler, and what it checks

    private Handler<ConfigMap> handler() {
      return Handler.of((context, object) -> handle(context, object, false), (context, object) -> handle(context, object, true));
    }

    private void handle(HandlerContext<ConfigMap> context, ConfigMap object, boolean delete) throws IOException {
      String name = object.getMetadata().getName();
      String uid = object.getMetadata().getUid();
      long token = context.leadership().token();
      store = context.store();
      note((delete ? "delete " : "add ") + name + " " + uid + " " + version(object) + " in term " + token);
      Seen last = seen.get(name);
      boolean sameTerm = last != null && last.token == token;
      if (delete) {
        check(deletedUids.contains(uid), "delete of what is not deleted: " + uid);
        check(sameTerm && last.uid.equals(uid), "delete of " + uid + ", which was not told in this term");
      } else {
        check(!sameTerm || last.uid.equals(uid), "add of " + uid + " before the delete of the one before");
        check(!sameTerm || last.version <= version(object), "back to an older state of " + name);
        seen.put(name, new Seen(token, uid, version(object), Map.of("not", "yet")));
      }
      if (new Random(seed ^ System.nanoTime()).nextDouble() < failing) {
        throw new IOException("as the test wants it");
      }
      if (delete) {
        seen.remove(name);
      } else {
        seen.put(name, new Seen(token, uid, version(object), childrenOf(context.owned(ConfigMap.class), uid)));
      }
    }

    private void check(boolean holds, String otherwise) {
      if (!holds) {
        violation.compareAndSet(null, otherwise + "\n" + this);
      }
    }

    private void note(String line) {
      synchronized (log) {
        log.add(line);
      }
    }

    private static long version(ConfigMap object) {
      return Long.parseLong(object.getMetadata().getResourceVersion());
    }

    @Override
    public String toString() {
      Set<ObjectKey> stored = store == null ? Set.of() : Set.copyOf(store.keys());
      synchronized (log) {
        return "seed " + seed + ", " + String.join("\n", log) + "\nheld: " + new TreeSet<>(held.keySet()) + "\nstore: " + stored
            + "\nseen: " + new TreeMap<>(seen) + "\nin the cluster: " + objects.objects().values().stream()
            .map(o -> o.getMetadata().getName() + " " + o.getMetadata().getUid() + " " + version(o) + " "
                + childrenOf(children.objects().values(), o.getMetadata().getUid())).collect(Collectors.joining("\n"));
      }
    }
  }
}
