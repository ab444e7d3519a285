package io.kooper.queue;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.queue.GuardedListener.Event;
import io.kooper.queue.WorkQueue.Item.Status;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A queue of keys that are to be worked on: it collapses adds, never gives one key to two workers, re-delivers what is
 * added while it is processed, delays, and ends honestly. The contract is client-go's; see the package.
 *
 * <h2>Expected flow</h2>
 *
 * <pre>{@code
 * WorkQueue<String> queue = WorkQueue.<String>builder().build();
 * queue.add("default/web");                        // any thread
 *
 * for (String key; (key = queue.get()) != null; ) { // each worker
 *   try {
 *     handle(key);
 *   } catch (Exception e) {
 *     queue.addAfter(key, backOff, Lane.RETRY);    // see RateLimiter
 *   } finally {
 *     queue.done(key);
 *   }
 * }
 *
 * queue.shutDown();                                // ready keys are still handed out
 * boolean ended = queue.awaitDrained(Duration.ofSeconds(30));
 * }</pre>
 *
 * <h2>Order</h2>
 *
 * <p>Keys wait in three {@linkplain Lane lanes}, each first in, first out by the time a key became ready; a key that is
 * raised goes to the end of its new lane. Takes go round in eight turns: six prefer {@link Lane#CHANGE}, one {@link
 * Lane#RETRY}, one {@link Lane#RESYNC}; a turn whose lane is empty goes to the highest lane that is not. So of any eight
 * consecutive takes, each lane that is never empty gets at least one, and changes at least six if there always are some; a
 * change that finds its lane empty is handed out at the latest by the second take from then on; the n-th key of a
 * lane by the 8·n-th.
 *
 * <h2>Cost</h2>
 *
 * <p>Constant time for an add and a get of ready keys, O(log n) of the delayed keys for a delayed one. All methods may be
 * called from any thread; only {@link #get} and {@link #awaitDrained} wait.
 *
 * @param <K> the type of the keys: immutable, with {@code equals} and {@code hashCode}
 */
public final class WorkQueue<K> {

  private final String name;
  private final Clock clock;
  private final @Nullable GuardedListener<K> listener;
  private final long begin; // stands for the time while nobody needs it

  private final ReentrantLock lock = new ReentrantLock(); // guards all below
  private final Condition drained = lock.newCondition(); // no slot is left, or those who wait for that should give up

  private final Getters getters;
  private final Slots<K> slots;
  private boolean shutDown; // never unset; from then on no slot becomes pending and none is delayed
  private long shutDownNows; // a wait for the drain gives up when this changes

  WorkQueue(WorkQueueBuilder<K> builder) {
    this.name = builder.name;
    this.clock = builder.clock;
    this.listener = builder.listener == null ? null : new GuardedListener<>(name, builder.listener);
    this.begin = clock.nanoTime();
    this.getters = new Getters(clock, lock);
    this.slots = new Slots<>(getters);
  }

  /** A builder of a queue on the {@linkplain Clock#system() system's clock}, without a listener. */
  public static <K> WorkQueueBuilder<K> builder() {
    return new WorkQueueBuilder<>();
  }

  /** As {@link #add(Object, Lane)} with {@link Lane#CHANGE}. */
  public boolean add(K key) {
    return add(key, Lane.CHANGE);
  }

  /**
   * Asks for a delivery of {@code key} as soon as its lane's turn comes, or after {@link #done} if it is processed now. A
   * delivery that is already pending is hastened and raised to this, if it is later or lower.
   *
   * @return false if it was refused because the queue is shut down
   */
  public boolean add(K key, Lane lane) {
    return offer(key, lane, 0);
  }

  /**
   * Asks for a delivery of {@code key} after {@code delay}. If one is pending for an earlier time, that stays; a later one is
   * replaced. The higher lane counts in both cases.
   *
   * @param delay zero or less means now; more than 73 years mean 73 years
   * @return false if it was refused because the queue is shut down
   */
  public boolean addAfter(K key, Duration delay, Lane lane) {
    return offer(key, lane, Durations.nanos(delay));
  }

  /**
   * Waits for a key to work on and takes it: nobody else gets it until {@link #done}.
   *
   * @return null once the queue is shut down and empty. A key that was added while it was processed still counts: this waits
   *     for its {@code done} and returns it
   * @throws InterruptedException if the thread was interrupted; it has taken no key
   */
  public @Nullable K get() throws InterruptedException {
    Slot<K> slot;
    Lane lane;
    long waited;
    lock.lockInterruptibly();
    try {
      long now = promoteDue(false);
      while (slots.ready.isEmpty()) {
        if (nothingToCome()) {
          return null;
        }
        getters.await(slots.delayed.first(), now);
        now = promoteDue(false);
      }
      slot = slots.take(now);
      lane = slot.lane;
      waited = now - slot.readyAt;
    } finally {
      passOn();
      lock.unlock();
    }
    if (listener != null) {
      listener.tell(Event.TAKEN, slot.key, lane, waited);
    }
    return slot.key;
  }

  /**
   * Gives back a key that was taken. If it was added meanwhile, it is ready or delayed from now on.
   *
   * @throws IllegalStateException if the key is not being processed. If anything else is thrown, as without memory, nothing was
   *     done: call it again
   */
  public void done(K key) {
    long worked;
    lock.lock();
    try {
      Slot<K> slot = slots.processed(Objects.requireNonNull(key, "key"));
      if (slot == null) {
        throw new IllegalStateException("done(" + key + "): this key is not being processed");
      }
      long now = slot.pending || listener != null ? promoteDue(true) : begin;
      worked = now - slot.takenAt;
      slots.release(slot, now);
      if (slots.isEmpty()) {
        Getters.wakeAll(drained);
      }
    } finally {
      lock.unlock();
    }
    if (listener != null) {
      listener.tell(Event.FINISHED, key, Lane.CHANGE, worked);
    }
  }

  /** Drops all that is ready or delayed, and what was asked for keys in flight, which stay in flight. Adds go on. */
  public void clear() {
    clear(key -> true);
  }

  /** As {@link #clear()}, of these keys; {@code which} is asked with the queue's lock held. */
  public void clear(Predicate<? super K> which) {
    drop(() -> slot -> which.test(slot.key));
  }

  /**
   * Refuses adds from now on and drops the delayed keys. Ready keys, and those added while they are processed, are still
   * delivered; then {@link #get} returns null. Does not wait. A second call has no effect.
   */
  public void shutDown() {
    shutDown(Set.of());
  }

  /** As {@link #shutDown()}, and also drops what waits in {@code droppedLanes}. May be called again with further lanes. */
  public void shutDown(Set<Lane> droppedLanes) {
    stop(Set.copyOf(droppedLanes), false);
  }

  /**
   * Refuses adds from now on and drops all that is not yet taken: {@link #get} returns null at once. Keys in flight stay so
   * until they are done. Every {@link #awaitDrained} that waits now ends.
   */
  public void shutDownNow() {
    stop(EnumSet.allOf(Lane.class), true);
  }

  /**
   * Waits until nothing is ready, delayed or in flight. Before a shutdown, true only says that this was so for a moment.
   *
   * @param timeout how long at most; zero or less only looks
   * @return false if something is left when the time is over, or when {@link #shutDownNow} is called meanwhile. Call it again to
   *     go on waiting; {@link #processing()} says what is in flight
   */
  public boolean awaitDrained(Duration timeout) throws InterruptedException {
    long limit = Durations.nanos(timeout);
    lock.lockInterruptibly();
    try {
      long before = shutDownNows;
      long start = clock.nanoTime();
      for (long left = limit; !slots.isEmpty(); left = limit - (clock.nanoTime() - start)) {
        if (left <= 0 || shutDownNows != before) {
          return false;
        }
        clock.await(lock, drained, left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether adds are refused. */
  public boolean isShutDown() {
    return read(now -> shutDown);
  }

  /** How many pending deliveries were dropped, by a shutdown or {@link #clear}. */
  public long dropped() {
    return read(now -> slots.dropped());
  }

  /** How many distinct keys are ready to be taken. */
  public int length() {
    return read(now -> slots.ready.size());
  }

  /** How many distinct keys are ready to be taken in this lane. */
  public int length(Lane lane) {
    return read(now -> slots.ready.size(lane));
  }

  /** How many distinct keys wait for their time. A key that is processed is not among them. */
  public int delayed() {
    return read(now -> slots.delayed.size());
  }

  /** How many keys are taken and not done. */
  public int inFlight() {
    return read(now -> slots.running());
  }

  /** The keys that are taken and not done, now, the longest running first. The set does not change. */
  public Set<K> processing() {
    return read(now -> {
      Set<K> keys = new LinkedHashSet<>();
      slots.forEachRunning(keys::add);
      return Collections.unmodifiableSet(keys);
    });
  }

  /** How long the oldest ready key has been ready, or zero if none is. Looks at every ready key. Zero without a listener. */
  public Duration oldestWaiting() {
    return read(now -> Duration.ofNanos(listener == null ? 0 : slots.ready.longestWait(now)));
  }

  /**
   * One key at one moment.
   *
   * @param time of one that is delayed, how long until it is ready; of the others for how long they have been running or ready,
   *     which is zero without a listener
   */
  public record Item<K>(K key, Status status, Duration time) {

    /** What it does. */
    public enum Status { RUNNING, READY, DELAYED }
  }

  /** All keys of this moment, in no order. Costs a look at each. */
  public List<Item<K>> items() {
    return read(now -> slots.all().stream().map(slot -> item(slot, now)).toList());
  }

  private Item<K> item(Slot<K> slot, long now) {
    if (slot.heapIndex >= 0) {
      return new Item<>(slot.key, Status.DELAYED, Duration.ofNanos(slot.readyAt - now));
    }
    Status status = slot.processing ? Status.RUNNING : Status.READY;
    long since = slot.processing ? slot.takenAt : slot.readyAt;
    return new Item<>(slot.key, status, Duration.ofNanos(listener == null ? 0 : now - since));
  }

  /** Its name and how much is ready, delayed and in flight; no key. */
  @Override
  public String toString() {
    return read(now -> "WorkQueue[" + name + ": " + slots.ready.size() + " ready, "
        + slots.delayed.size() + " delayed, " + slots.running() + " in flight" + (shutDown ? ", shut down]" : "]"));
  }

  private boolean offer(K key, Lane lane, long delay) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(lane, "lane");
    boolean accepted;
    boolean added = false;
    lock.lock();
    try {
      accepted = !shutDown;
      if (accepted) {
        long now = promoteDue(delay > 0);
        added = slots.request(key, lane, now + delay, now);
      }
    } finally {
      lock.unlock();
    }
    if (listener != null && added) {
      listener.tell(Event.ADDED, key, lane, 0);
    }
    return accepted;
  }

  /**
   * Moves the delayed keys whose time has come to their lanes. Returns the time, which is asked for only if it matters: asking
   * would cost as much as all the rest of an add.
   */
  private long promoteDue(boolean matters) {
    if (!matters && listener == null && slots.delayed.isEmpty()) {
      return begin;
    }
    long now = clock.nanoTime();
    slots.promoteDue(now);
    return now;
  }

  private void passOn() {
    if (nothingToCome()) {
      getters.wakeAll();
    } else {
      getters.passOn(!slots.ready.isEmpty(), !slots.delayed.isEmpty());
    }
  }

  private boolean nothingToCome() {
    return shutDown && slots.ready.isEmpty() && !slots.isRunningPending();
  }

  private void stop(Set<Lane> droppedLanes, boolean abandonWaits) {
    drop(() -> {
      shutDown = true;
      shutDownNows += abandonWaits ? 1 : 0;
      long now = promoteDue(true);
      return slot -> slot.readyAt - now > 0 || droppedLanes.contains(slot.lane);
    });
  }

  /** Drops pending deliveries, and lets everybody who waits look again. {@code which} is computed with the lock held. */
  private void drop(Supplier<Predicate<Slot<K>>> which) {
    Map<K, Lane> dropped = new HashMap<>();
    lock.lock();
    try {
      slots.drop(which.get(), dropped);
    } finally {
      getters.wakeAll();
      Getters.wakeAll(drained);
      lock.unlock();
    }
    if (listener != null) {
      dropped.forEach((key, lane) -> listener.tell(Event.DROPPED, key, lane, 0));
    }
  }

  private <T> T read(LongFunction<T> figure) {
    lock.lock();
    try {
      return figure.apply(promoteDue(false));
    } finally {
      lock.unlock();
    }
  }
}
