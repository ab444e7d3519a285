package io.kooper.queue;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.kooper.clock.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lincheck runs the queue under every interleaving that its budget allows, and looks for a result that no order of the
 * operations explains, and for a deadlock: a lost wake-up is one.
 */
@Timeout(900)
class WorkQueueLincheckTest {

  /** The time is a number; a wait is refused, so that a get that would block is an operation that ends. */
  static class NoWait implements Clock {
    volatile long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public void await(Lock lock, Condition condition, long timeout) throws InterruptedException {
      throw new InterruptedException("would wait");
    }
  }

  /** The queue's operations for keys 1 and 2. */
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  public static class Operations {
    private final NoWait clock = new NoWait();
    private final WorkQueue<Integer> queue = WorkQueue.<Integer>builder()
        .clock(clock).build();

    @Operation
    public boolean add(@Param(name = "key") int key) {
      return queue.add(key);
    }

    @Operation
    public boolean resync(@Param(name = "key") int key) {
      return queue.add(key, Lane.RESYNC);
    }

    @Operation
    public boolean addAfter(@Param(name = "key") int key) {
      return queue.addAfter(key, Duration.ofNanos(1), Lane.RETRY);
    }

    @Operation
    public int get() {
      try {
        Integer key = queue.get();
        return key == null ? -1 : key;
      } catch (InterruptedException e) {
        return 0;
      }
    }

    @Operation
    public boolean done(@Param(name = "key") int key) {
      try {
        queue.done(key);
        return true;
      } catch (IllegalStateException e) {
        return false;
      }
    }

    @Operation
    public void tick() {
      clock.nanos = 1;
    }

    @Operation
    public int length() {
      return queue.length();
    }

    @Operation
    public void shutDown() {
      queue.shutDown();
    }
  }

  /** The same contract in the plainest words: sets and a scan, one thread. */
  public static class Specification {
    private record Due(Lane lane, long time, long entered, long ticket) {
      boolean isBefore(Due other) {
        return entered < other.entered || entered == other.entered && ticket < other.ticket;
      }
    }

    private final Map<Integer, Due> pending = new TreeMap<>();
    private final Set<Integer> processing = new TreeSet<>();
    private long now;
    private long tickets;
    private int turn;
    private boolean shutDown;

    public boolean add(int key) {
      return request(key, Lane.CHANGE, now);
    }

    public boolean resync(int key) {
      return request(key, Lane.RESYNC, now);
    }

    public boolean addAfter(int key) {
      return request(key, Lane.RETRY, now + 1);
    }

    private boolean request(int key, Lane lane, long time) {
      if (shutDown) {
        return false;
      }
      Due due = pending.get(key);
      if (due == null || lane.compareTo(due.lane) < 0 || time < due.time) {
        wait(key, due == null || lane.compareTo(due.lane) < 0 ? lane : due.lane,
            due == null ? time : Math.min(time, due.time));
      }
      return true;
    }

    /** At the end of its lane, now or when its time comes. */
    private void wait(int key, Lane lane, long time) {
      pending.put(key, new Due(lane, time, Math.max(now, time), tickets++));
    }

    public int get() {
      Lane preferred = turn == 3 ? Lane.RETRY : turn == 7 ? Lane.RESYNC : Lane.CHANGE;
      Integer key = first(preferred);
      for (Lane lane : Lane.values()) {
        key = key == null ? first(lane) : key;
      }
      if (key == null) {
        return shutDown && pending.isEmpty() ? -1 : 0;
      }
      turn = (turn + 1) % 8;
      pending.remove(key);
      processing.add(key);
      return key;
    }

    private @Nullable Integer first(Lane lane) {
      Integer first = null;
      for (Map.Entry<Integer, Due> entry : pending.entrySet()) {
        if (isReady(entry.getKey()) && entry.getValue().lane == lane
            && (first == null || entry.getValue().isBefore(pending.get(first)))) {
          first = entry.getKey();
        }
      }
      return first;
    }

    private boolean isReady(int key) {
      return pending.containsKey(key) && pending.get(key).time <= now && !processing.contains(key);
    }

    public boolean done(int key) {
      Due due = pending.get(key);
      if (processing.contains(key) && due != null) {
        wait(key, due.lane, due.time);
      }
      return processing.remove(key);
    }

    public void tick() {
      now = 1;
    }

    public int length() {
      return (int) pending.keySet().stream().filter(this::isReady).count();
    }

    public void shutDown() {
      shutDown = true;
      pending.values().removeIf(due -> due.time > now);
    }
  }

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {2, 3})
  @DisplayName("every interleaving gives what some order of its operations gives")
  void isLinearizable(int threads) {
    options()
        .threads(threads)
        .actorsPerThread(threads == 2 ? 3 : 2)
        .actorsBefore(2)
        .actorsAfter(3)
        .iterations(2)
        .invocationsPerIteration(threads == 2 ? 40 : 25)
        .sequentialSpecification(Specification.class)
        .check(Operations.class);
  }

  @Test
  @DisplayName("no interleaving gives a key to two")
  void givesAKeyToOne() throws ReflectiveOperationException {
    check(60, new ExecutionScenario( // two want one key
        List.of(call("add", 1)),
        List.of(List.of(call("get"), call("done", 1)), List.of(call("get"), call("length"))),
        List.of(call("get")), null));
  }

  @Test
  @DisplayName("no interleaving loses an add as the key is given back, and somebody waits for it")
  void losesNoAdd() throws ReflectiveOperationException {
    check(150, new ExecutionScenario(
        List.of(call("add", 1), call("get")),
        List.of(List.of(call("addAfter", 1), call("add", 1)), List.of(call("done", 1), call("get")), List.of(call("get"))),
        List.of(call("done", 1), call("get")), null));
  }

  @Test
  @DisplayName("no interleaving loses an add as the end comes")
  void losesNoAddAsTheEndComes() throws ReflectiveOperationException {
    check(60, new ExecutionScenario(
        List.of(call("add", 2), call("get"), call("addAfter", 1), call("tick")),
        List.of(List.of(call("add", 2), call("done", 2)), List.of(call("shutDown"), call("get"))),
        List.of(call("get"), call("get"), call("get")), null));
  }

  private static void check(int invocations, ExecutionScenario scenario) {
    options().iterations(0).addCustomScenario(scenario).invocationsPerIteration(invocations)
        .sequentialSpecification(Specification.class).check(Operations.class);
  }

  private static Actor call(String operation, Integer... arguments) throws NoSuchMethodException {
    Class<?>[] types = arguments.length == 0 ? new Class<?>[0] : new Class<?>[] {int.class};
    return new Actor(Operations.class.getMethod(operation, types), List.of(arguments));
  }

  /** A signal ends a wait, no time does. */
  static final class SignalOnly extends NoWait {
    @Override
    public void await(Lock lock, Condition condition, long timeout) throws InterruptedException {
      condition.await();
    }
  }

  /**
   * Two workers that wait for a key each. There is no shutdown, whose signal to all would hide a lost one: then Lincheck
   * reports a deadlock.
   */
  public static class Waiting {
    private final WorkQueue<Integer> queue = WorkQueue.<Integer>builder().clock(new SignalOnly()).build();
    private final int[] taken = new int[3]; // not atomic: two workers on one key would be seen

    @Operation
    public void work() throws InterruptedException {
      Integer key = queue.get();
      taken[key]++;
      queue.done(key);
    }

    @Operation
    public void feed() {
      queue.add(1);
      queue.add(2, Lane.RESYNC);
    }

    @Operation
    public boolean allDelivered() {
      return taken[1] == 1 && taken[2] == 1;
    }
  }

  /** What {@link Waiting} must give. */
  public static class Delivered {
    public void work() {}

    public void feed() {}

    public boolean allDelivered() {
      return true;
    }
  }

  @Test
  @DisplayName("no interleaving loses a wake-up: two adds wake two waiting workers")
  void losesNoWakeUp() throws ReflectiveOperationException {
    Actor work = new Actor(Waiting.class.getMethod("work"), List.of());
    Actor feed = new Actor(Waiting.class.getMethod("feed"), List.of());
    Actor check = new Actor(Waiting.class.getMethod("allDelivered"), List.of());
    options()
        .iterations(0)
        .addCustomScenario(
            new ExecutionScenario(List.of(), List.of(List.of(work), List.of(work), List.of(feed)), List.of(check), null))
        .invocationsPerIteration(40)
        .sequentialSpecification(Delivered.class)
        .check(Waiting.class);
  }

  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        // no switch of threads inside of these: the lock is to be tested, and there is budget for more interleavings of it
        .addGuarantee(forClasses(HashMap.class.getName(), ArrayList.class.getName(), Duration.class.getName(),
            Lanes.class.getName(), SlotList.class.getName(), DelayHeap.class.getName()).allMethods().treatAsAtomic())
        // half a minute is not enough for the first run, which instruments all classes, on a machine that is very busy
        .invocationTimeout$lincheck(300_000);
  }
}
