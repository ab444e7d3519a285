package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Ledger.Delivery;
import io.kooper.controller.OwnWrites.Write;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.Store;
import io.kooper.leaderelection.Leadership;
import io.kooper.retrieve.ObjectKey;
import io.kooper.tracing.Trace;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One call of the handler for one key. */
final class Job<T extends HasMetadata> implements HandlerContext<T> {

  private final String controller;
  private final ObjectKey key;
  final Delivery<T> delivery;
  private final Relations<T> relations;
  private final Leadership leadership;
  final long startedAt; // in the clock's nanoseconds

  /** Set while the handler runs: an interrupt that is meant for this job must not hit the next one on it. Guarded by this. */
  private @Nullable Thread thread;
  private volatile boolean cancelled;
  private volatile boolean timedOut;
  private volatile @Nullable Duration requeueAfter;
  private volatile List<Write> writes = List.of(); // written under this

  // of the worker's thread

  /** Whether the handler has returned normally, and in time, whatever was thrown around its call. */
  boolean succeeded;

  /** Null while it is open. */
  @Nullable Outcome outcome;

  /** Null when it is not traced. */
  @Nullable Trace trace;

  Job(String controller, ObjectKey key, Delivery<T> delivery, Relations<T> relations,
      Leadership leadership, long startedAt) {
    this.controller = controller;
    this.key = key;
    this.delivery = delivery;
    this.relations = relations;
    this.leadership = leadership;
    this.startedAt = startedAt;
  }

  /** What has become of a job. */
  enum Outcome { SUCCEEDED, POSTPONED, RETRIED, GAVE_UP, REFUSED, LEFT }

  /** Thrown by {@link #begin} when it was too late to call the handler. */
  static final class TooLateException extends Exception {

    private static final long serialVersionUID = 1L;

    private TooLateException(String message) {
      super(message, null, false, false); // no news of where: it is thrown at one place
    }
  }

  /**
   * The handler is called next, on this thread: from now on it is interrupted when the job is cancelled.
   *
   * @throws TooLateException when the job was cancelled, or the leadership had ended, before
   */
  void begin() throws TooLateException {
    setThread(Thread.currentThread());
    if (cancelled()) {
      end();
      throw new TooLateException("cancelled before it began");
    }
  }

  /**
   * Calls the handler on this thread, which is not interrupted afterwards.
   *
   * @throws TimeoutException when the handler returned, but only after it had been cancelled for taking too long
   */
  void call(Handler<T> handler) throws Exception {
    try {
      if (delivery.delete()) {
        handler.delete(this, delivery.object());
      } else {
        handler.add(this, delivery.object());
      }
    } finally {
      end();
    }
    if (timedOut) {
      throw new TimeoutException("the call took longer than it may, and was cancelled");
    }
    succeeded = true;
  }

  /** This thread is no longer interrupted for the job. */
  void end() {
    setThread(null);
    Thread.interrupted(); // ours, or one that the handler restored: it must not hit the next key
  }

  private synchronized void setThread(@Nullable Thread now) {
    thread = now;
  }

  /** Tells the handler to end: its context is cancelled and its thread interrupted, if it still runs. */
  synchronized void cancel() {
    cancelled = true;
    if (thread != null) {
      thread.interrupt();
    }
  }

  boolean timedOut() {
    return timedOut;
  }

  /** As {@link #cancel()}, because it takes too long: however it ends now, it has failed. */
  void timeOut() {
    timedOut = true;
    cancel();
  }

  /** What the handler has asked for; null for nothing. */
  @Nullable Duration requestedRequeue() {
    return requeueAfter;
  }

  @Override
  public boolean requeued() {
    return requeueAfter != null;
  }

  @Override
  public String controller() {
    return controller;
  }

  @Override
  public ObjectKey key() {
    return key;
  }

  @Override
  public int attempt() {
    return delivery.attempt();
  }

  @Override
  public boolean cancelled() {
    return cancelled || !leadership.isValid();
  }

  @Override
  public Leadership leadership() {
    return leadership;
  }

  @Override
  public T copy() {
    return relations.copy(delivery.object());
  }

  @Override
  public Store<T> store() {
    return relations.primary.store();
  }

  @Override
  public <R extends HasMetadata> List<R> related(Class<R> type) {
    return relations.related(key, null, type, related -> true);
  }

  @Override
  public <R extends HasMetadata> List<R> related(String relation, Class<R> type) {
    return relations.related(key, relation, type, related -> true);
  }

  @Override
  public <R extends HasMetadata> List<R> owned(Class<R> type) {
    return relations.related(key, null, type, child -> Relations.isOwnedBy(child, delivery.state().uid()));
  }

  @Override
  public List<String> reasons() {
    return delivery.reasons();
  }

  @Override
  public void wrote(HasMetadata written) {
    add(written, true);
  }

  @Override
  public void waitFor(HasMetadata state) {
    add(state, false);
  }

  private void add(HasMetadata written, boolean own) {
    Write write = relations.write(written, own); // without the lock, which who cancels needs: it asks code of users
    if (write != null) {
      synchronized (this) {
        writes = Stream.concat(writes.stream(), Stream.of(write)).toList();
      }
    }
  }

  @Override
  public @Nullable String seenVersion(HasMetadata object) {
    return relations.seenVersion(object, writes);
  }

  /** What the handler has said to have written. */
  List<Write> writes() {
    return writes;
  }

  @Override
  public void requeueAfter(Duration delay) {
    if (Objects.requireNonNull(delay, "delay").isZero() || delay.isNegative()) {
      throw new IllegalArgumentException("requeueAfter(" + delay + "): the delay must be above zero");
    }
    requeueAfter = delay;
  }

  /** For logs: {@code add default/web}. */
  @Override
  public String toString() {
    return (delivery.delete() ? "delete " : "add ") + key;
  }
}
