package io.kooper.queue;

/**
 * Hears what happens in a {@link WorkQueue}: the hook for metrics. Every method does nothing unless overridden.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li>Each {@link #added} is followed by exactly one {@link #taken} or {@link #dropped} of its key, and each taken by one
 *       {@link #finished}. So counters agree once the queue is drained.
 *   <li>Called on the thread that used the queue, outside of the queue's lock: it may use the queue.
 *   <li>What it throws is caught, logged once a queue, and changes nothing.
 * </ul>
 *
 * <h2>Caveats</h2>
 *
 * <ul>
 *   <li>It must be safe for many threads. Between threads the order of calls is not that of the events: {@code taken} may be
 *       heard before its {@code added}.
 *   <li>It is on the path of every add and get: it must be quick.
 * </ul>
 *
 * <pre>{@code
 * WorkQueue<String> queue = WorkQueue.<String>builder()
 *     .listener(new QueueListener<>() {
 *       @Override public void taken(String key, Lane lane, long waited) { latency.record(waited, NANOSECONDS); }
 *     })
 *     .build();
 * }</pre>
 *
 * @param <K> the type of the keys
 */
public interface QueueListener<K> {

  /**
   * An add made a delivery pending. Adds that merge with a pending delivery are not reported, as client-go does not count them.
   *
   * @param lane the lane that this add asked for; later ones may raise it
   */
  default void added(K key, Lane lane) {}

  /**
   * A key was handed out.
   *
   * @param lane the lane that it waited in
   * @param waited nanoseconds since it was added or its delay was over, whichever is later. A key that was added while it was
   *     processed has waited since that add, as in client-go
   */
  default void taken(K key, Lane lane, long waited) {}

  /**
   * A key was given back with {@link WorkQueue#done}.
   *
   * @param worked nanoseconds since it was taken
   */
  default void finished(K key, long worked) {}

  /** A shutdown or {@link WorkQueue#clear()} dropped a pending delivery. */
  default void dropped(K key, Lane lane) {}
}
