package io.kooper.queue;

import io.kooper.clock.Clock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link WorkQueue}. Not safe for several threads.
 *
 * @param <K> the type of the keys
 */
public final class WorkQueueBuilder<K> {

  String name = "queue";
  Clock clock = Clock.system();
  @Nullable QueueListener<K> listener;

  WorkQueueBuilder() {}

  /** What logs call the queue. Default: {@code queue}. */
  public WorkQueueBuilder<K> name(String name) {
    this.name = Objects.requireNonNull(name, "name");
    return this;
  }

  /** By which the queue measures and waits. Default: {@link Clock#system()}. */
  public WorkQueueBuilder<K> clock(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /** Who hears what happens. Default: nobody, and the queue takes no times. */
  public WorkQueueBuilder<K> listener(QueueListener<K> listener) {
    this.listener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /** Makes the queue. */
  public WorkQueue<K> build() {
    return new WorkQueue<>(this);
  }
}
