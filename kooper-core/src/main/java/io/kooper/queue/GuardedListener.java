package io.kooper.queue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes events on to a listener whose failures must not reach the queue's users: a key just taken has to be worked on. */
final class GuardedListener<K> implements QueueListener<K> {
  private static final Logger log = LoggerFactory.getLogger(WorkQueue.class);

  private final String queue;
  private final QueueListener<K> listener;
  private final AtomicBoolean failed = new AtomicBoolean();

  GuardedListener(String queue, QueueListener<K> listener) {
    this.queue = queue;
    this.listener = listener;
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
    try {
      event.accept(listener);
    } catch (Throwable t) { // an Error too
      if (failed.compareAndSet(false, true)) {
        log.error("the listener of work queue {} failed; further failures are not logged", queue, t);
      }
    }
  }
}
