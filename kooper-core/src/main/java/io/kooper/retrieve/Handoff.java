package io.kooper.retrieve;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Hands things over from the client's threads to the one that works on them, in order and never more than a few. One that
 * could not be handed over, as without memory, ends all: nothing that comes after it is taken as if it followed.
 */
final class Handoff<E> {

  /** Who loses something cannot always signal it. */
  private static final long LOOK_AGAIN = TimeUnit.SECONDS.toNanos(1);

  /** A thing, or the end when there is none. */
  private record Next<E>(@Nullable E thing, @Nullable Throwable failure) {}

  private final int capacity;
  private final Semaphore room;
  private final BlockingQueue<Next<E>> waiting = new LinkedBlockingQueue<>();
  private volatile boolean closed;
  private volatile @Nullable Throwable lost; // why something was not put

  Handoff(int capacity) {
    this.capacity = capacity;
    this.room = new Semaphore(capacity);
  }

  /** Hands {@code thing} over; waits while there is no room, and drops it when nobody takes any more. */
  void put(E thing) throws InterruptedException {
    try {
      if (!closed) {
        room.acquire();
        waiting.add(new Next<>(thing, null));
      }
    } catch (Error e) {
      lost = e;
      throw e;
    }
  }

  /** Nothing more comes, normally or because of {@code failure}; what was put before is still taken. The first counts. */
  void end(@Nullable Throwable failure) {
    try {
      waiting.add(new Next<>(null, failure));
    } catch (Error e) {
      lost = e;
      throw e;
    }
  }

  /** Nobody takes any more: lets go of those that wait in {@link #put}. */
  void close() {
    closed = true;
    waiting.clear();
    room.release(capacity);
  }

  /**
   * The next thing, or null at the end.
   *
   * @throws TimeoutException when nothing came within {@code nanos}; what is already there is given however late
   * @throws ExecutionException when the end is a failure
   */
  @Nullable E take(long nanos) throws InterruptedException, TimeoutException, ExecutionException {
    for (long left = nanos; ; left -= LOOK_AGAIN) {
      Next<E> next = waiting.poll(Math.min(left, LOOK_AGAIN), TimeUnit.NANOSECONDS);
      if (lost != null) {
        throw new ExecutionException(lost);
      }
      if (next != null) {
        if (next.failure != null) {
          throw new ExecutionException("the other side failed", next.failure); // without asking it for its text
        }
        room.release();
        return next.thing;
      }
      if (left <= LOOK_AGAIN) {
        throw new TimeoutException("nothing came within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms");
      }
    }
  }
}
