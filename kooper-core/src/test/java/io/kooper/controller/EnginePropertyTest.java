package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import io.kooper.informer.InformerListener;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The whole engine, from the source to the handler, under random scripts of changes and faults. Whatever happens:
 *
 * <ol>
 *   <li>one key is never in two handlers at once, not across delete and re-creation either;
 *   <li>a delete is told only of an object that is deleted, for the uid last given to add, in a state no older than the
 *       last one told, and is taken once;
 *   <li>a successor is given to add only after the delete of its predecessor was taken;
 *   <li>the states told of one object never go back;
 *   <li>once the faults are over, the last state handled of every key is the last one written, and every delete of an
 *       object that was told has been taken;
 *   <li>what was heard of before a stop is handled before {@code run()} returns.
 * </ol>
 *
 * <p>The threads are real, so a seed repeats the script, not the interleaving: {@code -Dkooper.seed=N} runs one of them
 * many times.
 */
@Tag("C10")
class EnginePropertyTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 1500);
  private static final String[] NAMES = {"a", "b", "c", "d", "e", "f"};

  @Test
  @Timeout(300)
  @DisplayName("Invariants 1, 2, 3, 5 and 8 hold under random changes and faults")
  void invariantsHoldUnderRandomChangesAndFaults() {
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

  /** What the handler was told of one key, and what it may be told: the oracle. Guarded by itself. */
  private static final class Key {
    private boolean inside;
    private String told; // the uid last given to add, until its delete is taken
    private long toldVersion;
    private long handledVersion; // of told; 0 when the last call failed
    private boolean refused;
  }

  /** What the informer told last of a key. */
  private record Heard(String uid, long version, boolean gone) {}

  private static final class Script implements InformerListener<ConfigMap> {

    private final long seed;
    private final Random random;
    private final FakeSource source = new FakeSource();
    private final ManualClock clock = new ManualClock();
    private final Map<String, Key> keys = new ConcurrentHashMap<>();
    private final Set<String> deletedUids = ConcurrentHashMap.newKeySet(); // deleted, or about to be
    private final Set<String> takenDeletes = ConcurrentHashMap.newKeySet();
    private final Map<String, Heard> heard = new ConcurrentHashMap<>();
    private final AtomicReference<String> violation = new AtomicReference<>();
    private final List<String> log = new ArrayList<>(); // guarded by itself
    private final ReentrantLock slowLock = new ReentrantLock();
    private final Condition never = slowLock.newCondition();
    private volatile double failing;
    private volatile double slow;
    private boolean json; // the objects are the handler's own, and it modifies them
    private long value;

    Script(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      for (String name : NAMES) {
        keys.put(name, new Key());
      }
    }

    void play() throws Exception {
      json = random.nextBoolean();
      if (json) {
        source.asJson();
      }
      for (int i = 0; i < 5; i++) {
        change();
      }
      int workers = 1 + random.nextInt(4);
      var builder = Controller.builder(source.retriever(), handler()).clock(clock).workers(workers)
          .retries(random.nextInt(4)).listener(this);
      Controller controller = (random.nextBoolean() ? builder.noResync() : builder.resync(Duration.ofSeconds(20))).build();
      var failure = new AtomicReference<Throwable>();
      Thread run = new Thread(() -> {
        try {
          controller.run();
        } catch (Throwable t) {
          failure.set(t);
        }
      });
      run.start();
      try {
        faultyTimes();
        quietTimes();
        stop(controller, run);
      } finally {
        new Thread(controller::close).start();
        until("the end of run()", () -> !run.isAlive());
      }
      assertThat(failure).hasValue(null);
      assertThat(violation).hasValue(null);
    }

    private void faultyTimes() {
      failing = random.nextInt(3) * 0.3;
      slow = random.nextInt(2) * 0.3;
      for (int step = 5 + random.nextInt(40); step > 0; step--) {
        switch (random.nextInt(14)) {
          case 0 -> source.failList(fault());
          case 1 -> source.failWatch(fault());
          case 2 -> source.endWatch(random.nextBoolean() ? null : fault());
          case 3 -> source.poison(name(), random.nextBoolean());
          case 4 -> source.compact();
          case 5, 6, 7 -> clock.advance(Duration.ofMillis(1L << random.nextInt(16)));
          case 8 -> Thread.yield();
          default -> change();
        }
      }
    }

    private String name() {
      return NAMES[random.nextInt(NAMES.length)];
    }

    private Throwable fault() {
      Reason[] reasons = EnumSet.complementOf(EnumSet.of(Reason.CLIENT_CLOSED)).toArray(Reason[]::new); // that one is the end
      return random.nextInt(8) == 0
          ? new AssertionError("as the test wants it")
          : FakeSource.fault(reasons[random.nextInt(reasons.length)]);
    }

    private void change() {
      String name = name();
      if (random.nextInt(3) > 0) {
        source.put(name, "" + ++value);
        return;
      }
      ConfigMap object = source.objects().get(FakeSource.key(name));
      if (object != null) {
        deletedUids.add(object.getMetadata().getUid());
        source.delete(name);
        if (random.nextBoolean()) {
          source.put(name, "" + ++value);
        }
      }
    }

    /** All faults end, and everything falls into place. */
    private void quietTimes() {
      failing = 0;
      slow = 0;
      for (String name : NAMES) {
        source.poison(name, false);
      }
      int lists = source.lists().size();
      until("list", () -> { // which shows what was poisoned
        source.endWatch(FakeSource.fault(Reason.GONE));
        return source.lists().size() > lists;
      });
      for (int i = 0; i < 3; i++) {
        change();
      }
      until("quiescence", this::isQuiet);
    }

    private boolean isQuiet() {
      Map<?, ConfigMap> objects = source.objects();
      for (String name : NAMES) {
        ConfigMap object = objects.get(FakeSource.key(name));
        Key key = keys.get(name);
        synchronized (key) {
          boolean settled = object == null
              ? key.told == null
              : object.getMetadata().getUid().equals(key.told) && (key.handledVersion == version(object) || key.refused
                  && key.toldVersion == version(object));
          if (key.inside || !settled) {
            return false;
          }
        }
      }
      return true;
    }

    /** What the informer had told when the stop began is handled: changes at least in that state, deletes taken. */
    private void stop(Controller controller, Thread run) {
      clock.advance(Duration.ofMinutes(5)); // no back-off, and a watch
      source.put("a", "" + ++value); // once it is handled, the controller works: one that is stopped before handles nothing
      var queue = ((DefaultController<?>) controller).engine.queue;
      // what is in flight may be a call that ends a row of failures: until it has, changes of its key are delayed
      until("a watch", () -> source.watching() == 1 && isQuiet() && queue.inFlight() == 0 && queue.length() == 0);
      Set<String> refused = new HashSet<>();
      keys.forEach((name, key) -> {
        synchronized (key) {
          if (key.refused) {
            refused.add(name);
          }
        }
      });
      for (int i = random.nextInt(12); i > 0; i--) {
        change();
        if (random.nextInt(4) == 0) {
          Thread.yield();
        }
      }
      Map<String, Heard> known = new HashMap<>(heard);
      new Thread(controller::close).start();
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (run.isAlive() && System.nanoTime() < deadline) {
        Thread.yield(); // the clock stands still: nobody may have to be interrupted
      }
      assertThat(run.isAlive()).as("run() is still on its way").isFalse();
      known.keySet().removeAll(refused); // their changes are delayed, so that a stop drops them
      known.forEach((name, last) ->
          assertThat(isHandled(keys.get(name), last)).as("%s %s before the stop%n%s", name, last, this).isTrue());
    }

    private boolean isHandled(Key key, Heard last) {
      synchronized (key) {
        if (key.told == null) {
          return deletedUids.contains(last.uid); // its delete was taken, or it was never told
        } else if (key.told.equals(last.uid)) {
          return !last.gone && key.handledVersion >= last.version;
        }
        return number(key.told) > number(last.uid); // things have gone on
      }
    }

    private static int number(String uid) {
      return Integer.parseInt(uid.substring("uid-".length()));
    }

    private void until(String what, BooleanSupplier condition) {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!condition.getAsBoolean()) {
        if (violation.get() != null || System.nanoTime() > deadline) {
          throw new AssertionError((violation.get() == null ? "no " + what : violation.get()) + "\n" + this);
        }
        clock.advance(Duration.ofMillis(500));
        Thread.yield();
      }
    }

    // the handler, and what it checks

    private Handler<ConfigMap> handler() {
      return Handler.of((context, object) -> handle(context, object, false),
          (context, object) -> handle(context, object, true));
    }

    private void handle(HandlerContext<ConfigMap> context, ConfigMap object, boolean delete) throws Exception {
      String name = object.getMetadata().getName();
      String uid = object.getMetadata().getUid();
      long version = version(object);
      Key key = keys.get(name);
      synchronized (key) {
        note((delete ? "delete " : "add ") + name + " " + uid + " " + version + " #" + context.attempt());
        check(!key.inside, "two handlers at once for " + name);
        key.inside = true;
        if (delete) {
          check(deletedUids.contains(uid), "delete of what is not deleted: " + uid);
          check(uid.equals(key.told), "delete of " + uid + ", but told was " + key.told);
          check(version >= key.toldVersion, "delete in an older state");
        } else {
          check(key.told == null || key.told.equals(uid), "add of " + uid + " before the delete of " + key.told);
          check(!takenDeletes.contains(uid), "add of " + uid + " after its delete");
          check(version >= key.toldVersion, "back to an older state of " + name);
          key.told = uid;
          key.toldVersion = version;
          key.handledVersion = 0;
          key.refused = false;
        }
      }
      if (json) {
        object.setMetadata(null);
        object.getData().clear();
      }
      RuntimeException refusal = null;
      try {
        misbehave(context);
      } catch (TerminalException e) {
        refusal = e;
      } catch (Throwable t) {
        synchronized (key) {
          key.inside = false;
        }
        throw t;
      }
      synchronized (key) {
        if (delete) {
          check(takenDeletes.add(uid), "delete taken twice: " + uid);
          key.told = null;
        } else {
          key.refused = refusal != null;
          key.handledVersion = refusal == null ? version : 0;
        }
        key.inside = false;
      }
      if (refusal != null) {
        throw refusal;
      }
    }

    private void misbehave(HandlerContext<ConfigMap> context) throws Exception {
      Random dice = new Random(seed ^ System.nanoTime());
      if (dice.nextDouble() < slow) {
        slowLock.lockInterruptibly();
        try {
          clock.await(slowLock, never, Duration.ofMillis(10).toNanos());
        } finally {
          slowLock.unlock();
        }
      }
      if (dice.nextDouble() < failing) {
        switch (dice.nextInt(6)) {
          case 0 -> throw new StackOverflowError("as the test wants it");
          case 1 -> throw new AssertionError("as the test wants it");
          case 2 -> throw new NoClassDefFoundError("as the test wants it");
          case 3 -> throw new TerminalException("as the test wants it");
          case 4 -> Thread.currentThread().interrupt();
          default -> throw new IOException("as the test wants it");
        }
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
      synchronized (log) {
        return "seed " + seed + ", " + String.join("\n", log) + "\nin the cluster: " + source.objects().values().stream()
            .map(o -> o.getMetadata().getName() + " " + o.getMetadata().getUid() + " " + version(o)).toList();
      }
    }

    // the informer's news

    @Override
    public void added(ConfigMap object, boolean initial) {
      hear("added", object);
    }

    @Override
    public void updated(ConfigMap before, ConfigMap after) {
      hear("updated", after);
    }

    @Override
    public void deleted(ConfigMap lastState) {
      hear("deleted", lastState);
    }

    private void hear(String what, ConfigMap object) {
      String uid = object.getMetadata().getUid();
      heard.put(object.getMetadata().getName(), new Heard(uid, version(object), what.equals("deleted")));
      note("  heard " + what + " " + uid + " " + version(object));
    }
  }
}
