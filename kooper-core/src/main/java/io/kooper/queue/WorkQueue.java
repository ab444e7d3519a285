package io.kooper.queue;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.queue.GuardedListener.Event;
import io.kooper.queue.WorkQueue.Item.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import java.util.function.Predicate;
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

  private final ReentrantLock lock = new ReentrantLock(); // guards all below
  private final Condition work = lock.newCondition(); // a key became ready, or a nearer time to wait for, or the end came
  private final Condition drained = lock.newCondition(); // no slot is left, or those who wait for that should give up

  /** Every key that is ready, delayed or processed, once; a slot that is none of these is not here. */
  private final Map<K, Slot<K>> slots = new HashMap<>();

  /** Pending, not processed, and their time has come. */
  private final Lanes<K> ready = new Lanes<>();

  /** Pending, not processed, and their time was to come when the queue was last used. */
  private final DelayHeap<K> delayed = new DelayHeap<>();

  /** Processed, in the order they were taken; those that are pending too are ready or delayed once they are done. */
  private final SlotList<K> running = new SlotList<>();

  /**
   * The one getter that waits for the first delayed key; the others wait for a signal. Null, while getters wait and a key is
   * delayed, only if one of them has been signalled: it will take this on.
   */
  private @Nullable Thread leader;

  private boolean shutDown; // never unset; from then on no slot becomes pending and none is delayed
  private long dropped; // deliveries that shutdowns threw away
  private long shutDownNows; // a wait for the drain gives up when this changes

  private WorkQueue(Builder<K> builder) {
    this.name = builder.name;
    this.clock = builder.clock;
    this.listener = builder.listener == builder.nobody ? null : new GuardedListener<>(name, builder.listener);
  }

  /**
   * A builder of a queue on the {@linkplain Clock#system() system's clock}, without a listener.
   */
  public static <K> Builder<K> builder() {
    return new Builder<>();
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
   * @return null once the queue is shut down and no key is ready nor will be: a key that was added while it was processed,
   *     and still is, is waited for, so that it is delivered even if {@code done} is called by a thread that takes no keys
   * @throws InterruptedException if the thread was interrupted; it has taken no key
   */
  public @Nullable K get() throws InterruptedException {
    Slot<K> slot;
    Lane lane;
    long waited;
    lock.lockInterruptibly();
    try {
      long now = promoteDue();
      while (ready.isEmpty()) {
        if (nothingToCome()) {
          return null;
        }
        awaitWork(now);
        now = promoteDue();
      }
      slot = take(now);
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
   * Gives back a key that was taken. If it was added meanwhile, it is ready or delayed from now on. If this throws anything
   * else, as without memory, it has done nothing and may be called again.
   *
   * @throws IllegalStateException if the key is not being processed
   */
  public void done(K key) {
    long worked;
    lock.lock();
    try {
      Slot<K> slot = slots.get(Objects.requireNonNull(key, "key"));
      if (slot == null || !slot.processing) {
        throw new IllegalStateException("done(" + key + "): this key is not being processed");
      }
      // the time is asked for only if needed: asking would cost more than all this
      long now = slot.pending || listener != null ? promoteDue() : 0;
      worked = now - slot.takenAt;
      running.remove(slot);
      slot.processing = false;
      if (slot.pending) {
        place(slot, now);
      } else {
        slots.remove(key);
      }
      if (slots.isEmpty()) {
        wakeAll(drained);
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
    Map<K, Lane> thrownAway;
    lock.lock();
    try {
      thrownAway = discard(slot -> which.test(slot.key));
    } finally {
      lock.unlock();
    }
    tellDropped(thrownAway);
  }

  /**
   * Refuses adds from now on and drops the delayed keys. What is ready, and what was added while it is processed, is still
   * delivered; then {@link #get} returns null. Does not wait. Calling it again does nothing more.
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
   * Waits until nothing is ready, delayed or in flight. Meant for after a shutdown; before it, true only says that this was
   * so for a moment.
   *
   * @param timeout how long at most; zero or less only looks
   * @return true if nothing is left; false if something is and the time is over or {@link #shutDownNow} was called while
   *     this waited. Call it again to go on waiting, and see {@link #processing()} for what is left
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

  /** How many deliveries that adds had asked for were thrown away, by a shutdown or {@link #clear}. */
  public long dropped() {
    return read(now -> dropped);
  }

  /** How many distinct keys are ready to be taken. */
  public int length() {
    return read(now -> ready.size());
  }

  /** How many distinct keys are ready to be taken in this lane. */
  public int length(Lane lane) {
    return read(now -> ready.size(lane));
  }

  /** How many distinct keys wait for their time. A key that is processed is not among them. */
  public int delayed() {
    return read(now -> delayed.size());
  }

  /** How many keys are taken and not done. */
  public int inFlight() {
    return read(now -> running.size());
  }

  /** The keys that are taken and not done, now, the longest running first. The set does not change. */
  public Set<K> processing() {
    return read(now -> {
      Set<K> keys = new LinkedHashSet<>();
      running.forEach(slot -> keys.add(slot.key));
      return Collections.unmodifiableSet(keys);
    });
  }

  /** How long the oldest ready key has been ready, or zero if none is. Looks at every ready key. */
  public Duration oldestWaiting() {
    return read(now -> Duration.ofNanos(ready.longestWait(now)));
  }

  /**
   * One key at one moment.
   *
   * @param time for how long it has been running or ready; of one that is delayed, how long until it is ready
   */
  public record Item<K>(K key, Status status, Duration time) {

    /** What it does. */
    public enum Status { RUNNING, READY, DELAYED }
  }

  /** All keys of this moment, in no order. Costs a look at each. */
  public List<Item<K>> items() {
    return read(now -> slots.values().stream().map(slot -> {
      Status status = slot.processing ? Status.RUNNING : slot.heapIndex < 0 ? Status.READY : Status.DELAYED;
      long since = now - (slot.processing ? slot.takenAt : slot.readyAt);
      return new Item<>(slot.key, status, Duration.ofNanos(Math.max(0, status == Status.DELAYED ? -since : since)));
    }).toList());
  }

  /** Its name and how much is ready, delayed and in flight; no key. */
  @Override
  public String toString() {
    return read(now -> "WorkQueue[" + name + ": " + ready.size() + " ready, "
        + delayed.size() + " delayed, " + running.size() + " in flight" + (shutDown ? ", shut down]" : "]"));
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
        long now = promoteDue();
        added = merge(key, lane, now + Math.max(0, delay), now);
      }
    } finally {
      lock.unlock();
    }
    if (listener != null && added) {
      listener.tell(Event.ADDED, key, lane, 0);
    }
    return accepted;
  }

  /** Whether this made a delivery pending, instead of being merged with one. */
  private boolean merge(K key, Lane lane, long readyAt, long now) {
    Slot<K> slot = slots.get(key);
    if (slot == null) {
      slot = newSlot(key);
    }
    boolean made = !slot.pending;
    if (slot.processing) {
      slot.request(lane, readyAt);
    } else if (made || slot.isRaisedBy(lane) || slot.isHastenedBy(readyAt)) {
      if (!made) {
        displace(slot);
      }
      slot.request(lane, readyAt);
      place(slot, now);
    }
    return made;
  }

  /** What a key needs is allocated now, or it is not added: from here on moving it from place to place cannot fail. */
  private Slot<K> newSlot(K key) {
    delayed.reserve(slots.size() + 1);
    Slot<K> slot = new Slot<>(key);
    boolean added = false;
    try {
      slots.put(key, slot);
      added = true;
    } finally {
      if (!added) {
        slots.remove(key); // a map that could not grow has it nevertheless
      }
    }
    return slot;
  }

  /** Puts a pending slot, in no place yet, where it belongs, and wakes who should know. */
  private void place(Slot<K> slot, long now) {
    if (slot.readyAt - now <= 0) {
      ready.append(slot);
      wake();
      return;
    }
    delayed.add(slot);
    if (delayed.first() == slot) {
      leader = null; // waits for a later time: who is signalled now leads
      wake();
    }
  }

  private void displace(Slot<K> slot) {
    if (slot.heapIndex >= 0) {
      delayed.remove(slot);
    } else {
      ready.remove(slot);
    }
  }

  /** Moves the delayed keys whose time has come to their lanes, in the order of their times. Returns the time. */
  private long promoteDue() {
    long now = clock.nanoTime();
    for (Slot<K> first; (first = delayed.first()) != null && first.readyAt - now <= 0; ) {
      delayed.remove(first);
      place(first, now);
    }
    return now;
  }

  private Slot<K> take(long now) {
    Slot<K> slot = ready.take();
    slot.pending = false;
    slot.processing = true;
    slot.takenAt = now;
    running.append(slot);
    return slot;
  }

  private void awaitWork(long now) throws InterruptedException {
    Slot<K> first = delayed.first();
    if (first == null || leader != null) {
      clock.await(lock, work, Long.MAX_VALUE);
      return;
    }
    Thread me = Thread.currentThread();
    leader = me;
    try {
      clock.await(lock, work, first.readyAt - now);
    } finally {
      if (leader == me) {
        leader = null;
      }
    }
  }

  /** A getter leaves, by a key, the end or an exception: the signal it may have got, and the lead, go to another. */
  private void passOn() {
    if (nothingToCome()) {
      wakeAll(work);
    } else if (!ready.isEmpty() || leader == null && !delayed.isEmpty()) {
      wake();
    }
  }

  /** A lock's first signal allocates. One that is lost must not look like a failure of what it tells of: the next follows. */
  private void wake() {
    try {
      work.signal();
    } catch (OutOfMemoryError e) {
      // who waits is woken by the next one
    }
  }

  private static void wakeAll(Condition condition) {
    try {
      condition.signalAll();
    } catch (OutOfMemoryError e) {
      // as above
    }
  }

  private boolean nothingToCome() {
    if (!shutDown || !ready.isEmpty()) {
      return false;
    }
    for (Slot<K> slot = running.first(); slot != null; slot = slot.next) { // no iterator: nothing here may allocate
      if (slot.pending) {
        return false;
      }
    }
    return true;
  }

  private void stop(Set<Lane> droppedLanes, boolean abandonWaits) {
    Map<K, Lane> thrownAway;
    lock.lock();
    try {
      shutDown = true;
      long now = promoteDue();
      thrownAway = discard(slot -> slot.readyAt - now > 0 || droppedLanes.contains(slot.lane));
      shutDownNows += abandonWaits ? 1 : 0;
    } finally {
      lock.unlock();
    }
    tellDropped(thrownAway);
  }

  /** Drops the pending deliveries of these slots, and lets everybody who waits look again. */
  private Map<K, Lane> discard(Predicate<Slot<K>> which) {
    try {
      Map<K, Lane> thrownAway = new HashMap<>();
      for (Iterator<Slot<K>> all = slots.values().iterator(); all.hasNext(); ) {
        Slot<K> slot = all.next();
        if (slot.pending && which.test(slot)) {
          thrownAway.put(slot.key, slot.lane);
          dropped++;
          slot.pending = false;
          if (!slot.processing) {
            displace(slot);
            all.remove();
          }
        }
      }
      return thrownAway;
    } finally {
      wakeAll(work);
      wakeAll(drained);
    }
  }

  private void tellDropped(Map<K, Lane> thrownAway) {
    if (listener != null) {
      thrownAway.forEach((key, lane) -> listener.tell(Event.DROPPED, key, lane, 0));
    }
  }

  private <T> T read(LongFunction<T> figure) {
    lock.lock();
    try {
      return figure.apply(promoteDue());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Builds a {@link WorkQueue}. Not safe for several threads.
   *
   * @param <K> the type of the keys
   */
  public static final class Builder<K> {
    private String name = "queue";
    private Clock clock = Clock.system();
    private final QueueListener<K> nobody = new QueueListener<>() {};
    private QueueListener<K> listener = nobody;

    private Builder() {}

    /** What logs call the queue; {@code "queue"} by default. */
    public Builder<K> name(String name) {
      this.name = name;
      return this;
    }

    /** By which the queue measures and waits. */
    public Builder<K> clock(Clock clock) {
      this.clock = clock;
      return this;
    }

    /** Who hears what happens; nobody by default. */
    public Builder<K> listener(QueueListener<K> listener) {
      this.listener = listener;
      return this;
    }

    /**
     * Makes the queue.
     *
     * @throws IllegalArgumentException naming everything that is wrong
     */
    public WorkQueue<K> build() {
      List<String> errors = new ArrayList<>();
      if (name == null || name.isBlank()) {
        errors.add("the name must not be blank");
      }
      if (clock == null) {
        errors.add("the clock must not be null");
      }
      if (listener == null) {
        errors.add("the listener must not be null");
      }
      if (!errors.isEmpty()) {
        throw new IllegalArgumentException("invalid work queue: " + String.join("; ", errors));
      }
      return new WorkQueue<>(this);
    }
  }
}
