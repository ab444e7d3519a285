package io.kooper.queue;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;

/** Passes events on to a listener whose failures must not reach the queue's users: a key just taken has to be worked on. */
final class GuardedListener<K> {
  private static final Log log = Log.of(WorkQueue.class);

  enum Event { ADDED, TAKEN, FINISHED, DROPPED }

  private final QueueListener<K> listener;
  private final Guard guard;

  GuardedListener(String queue, QueueListener<K> listener) {
    this.listener = listener;
    this.guard = new Guard(log, "the listener of work queue " + queue);
  }

  /** Throws nothing. {@code nanos} is of keys that are taken or finished. */
  void tell(Event event, K key, Lane lane, long nanos) {
    try {
      guard.run(() -> {
        switch (event) {
          case ADDED -> listener.added(key, lane);
          case TAKEN -> listener.taken(key, lane, nanos);
          case FINISHED -> listener.finished(key, nanos);
          case DROPPED -> listener.dropped(key, lane);
        }
      });
    } catch (Throwable t) {
      // no memory to tell it
    }
  }
}
