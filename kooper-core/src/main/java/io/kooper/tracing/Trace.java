package io.kooper.tracing;

import org.jspecify.annotations.Nullable;

/**
 * One job from the queue to its outcome, all of it on one worker's thread: {@link #handlerStarted}, {@link #handlerEnded}, at
 * most one of {@link #requeued} and {@link #forgotten}, {@link #ended}. If the job was cancelled before the handler was called,
 * only {@link #ended} is called. What a method throws is logged, and the job goes on.
 */
public interface Trace {

  /** The handler is called next, on this thread: what it traces belongs to this. */
  void handlerStarted();

  /** The handler has returned, or thrown {@code failure}. */
  void handlerEnded(@Nullable Throwable failure);

  /** The call has failed and comes again. */
  void requeued(int retriesRemaining, int retriesConsumed);

  /** The call does not come again by itself: it succeeded, or all its retries have failed. */
  void forgotten(boolean succeeded);

  /** Nothing comes after this. */
  void ended(boolean succeeded);
}
