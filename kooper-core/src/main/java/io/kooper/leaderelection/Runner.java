package io.kooper.leaderelection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks only while this process leads; Kooper's interface of the same name. A test replaces it with a lambda-like fake
 * that calls the task at once.
 *
 * <p>Several tasks may be run by one runner from several threads: they share one election, and the lease is given back when
 * the last of them has returned.
 */
public interface Runner {

  /** What is to be done while this process leads. */
  @FunctionalInterface
  interface Task {

    /**
     * Works until it is done, or until {@code leadership} ends: then it has to end its work, and return when all of it has
     * ended. Called on the thread that called {@link Runner#run}. Throwing says that some of the work still goes on
     * and cannot be ended: the lease is then neither renewed nor given back, so that nobody leads before it expires.
     */
    void run(Leadership leadership) throws InterruptedException;
  }

  /** Without an election: every task runs at once. */
  Runner ALWAYS = task -> task.run(Leadership.ALWAYS);

  /**
   * Waits until this process leads, calls {@code task} once, and returns when it has returned. Until then the lease is kept
   * for as long as can be; it is given back after the last task has returned.
   *
   * @throws InterruptedException when the thread was interrupted while it waited: the task was not called, and the campaign
   *     of this caller is over
   */
  void run(Task task) throws InterruptedException;

  /** Why there may be nobody who leads, in words for {@code Controller.health()}; empty when all is well. Does not block. */
  default List<String> reasons() {
    return List.of();
  }

  /** What only a restart mends, for {@code Controller.health().live()}; null when there is nothing. Does not block. */
  default @Nullable String defect() {
    return null;
  }
}
