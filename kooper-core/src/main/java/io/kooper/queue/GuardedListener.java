package io.kooper.queue;

import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import java.time.Duration;
import java.util.function.Consumer;

/** Passes events on to a listener whose failures must not reach the queue's users: a key just taken has to be worked on. */
final class GuardedListener<K> implements QueueListener<K> {
  private static final Log log = Log.of(WorkQueue.class);

  private final QueueListener<K> listener;
  private final Guard guard;

  GuardedListener(String queue, QueueListener<K> listener) {
    this.listener = listener;
    this.guard = new Guard(log, "the listener of work queue " + queue);
  }

  @Override
  public void added(K key, Lane lane) {
    tell(told -> told.added(key, lane));
  }

  @Override
  public void taken(K key, Lane lane, Duration waited) {
    tell(told -> told.taken(key, lane, waited));
  }

  @Override
  public void finished(K key, Duration worked) {
    tell(told -> told.finished(key, worked));
  }

  @Override
  public void dropped(K key, Lane lane) {
    tell(told -> told.dropped(key, lane));
  }

  @Override
  public void refused(K key, Lane lane) {
    tell(told -> told.refused(key, lane));
  }

  private void tell(Consumer<QueueListener<K>> event) {
    guard.run(() -> event.accept(listener));
  }
}
