package io.kooper.retrieve;

import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hands things over from the client's threads to the one that works on them, in order and never more than a few. One that
 * could not be handed over, as without memory, ends all: nothing that comes after it is taken as if it followed.
 */
final class Handoff<E> {

  /** Who loses something cannot always signal it. */
  private static final long LOOK_AGAIN = TimeUnit.SECONDS.toNanos(1);

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Condition taken = lock.newCondition();
  private final ArrayDeque<E> waiting = new ArrayDeque<>();
  private boolean ended;
  private boolean closed;
  private @Nullable Throwable failure;
  private volatile @Nullable Throwable lost; // set without the lock, for which there may be no memory

  Handoff(int capacity) {
    this.capacity = capacity;
  }

  /** Hands {@code thing} over; waits while there is no room, and drops it when nobody takes any more. */
  void put(E thing) throws InterruptedException {
    try {
      add(thing);
    } catch (Error e) {
      lost = e;
      throw e;
    }
  }

  private void add(E thing) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.size() >= capacity && !closed) {
        taken.await();
      }
      if (!closed && !ended) {
        waiting.add(thing);
        arrived.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more comes, normally or because of {@code failure}; what was put before is still taken. The first counts. */
  void end(@Nullable Throwable failure) {
    try {
      lock.lock();
    } catch (Error e) {
      lost = e;
      throw e;
    }
    try {
      if (!ended) {
        ended = true;
        this.failure = failure;
        arrived.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #end}, but needs no memory: the taker hears of it within a second. */
  void fail(Throwable failure) {
    lost = failure;
  }

  /** Nobody takes any more: lets go of those that wait in {@link #put}. */
  void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      taken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next thing, or null at the end.
   *
   * @throws TimeoutException when nothing came within {@code nanos}; what is already there is given however late
   * @throws ExecutionException when the end is a failure
   */
  @Nullable E take(long nanos) throws InterruptedException, TimeoutException, ExecutionException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (waiting.isEmpty() || lost != null) {
        if (lost != null) {
          throw new ExecutionException(lost);
        }
        if (ended) {
          if (failure != null) {
            throw new ExecutionException("the other side failed", failure); // without asking it for its text
          }
          return null;
        }
        if (left <= 0) {
          throw new TimeoutException("nothing came within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms");
        }
        long wait = Math.min(left, LOOK_AGAIN);
        left -= wait - arrived.awaitNanos(wait);
      }
      taken.signal();
      return waiting.poll();
    } finally {
      lock.unlock();
    }
  }
}
