package io.kooper.leaderelection;

import io.kooper.leaderelection.Leases.Step;
import org.jspecify.annotations.Nullable;

/**
 * Something that has to be said to the API server again and again: {@link #begin} begins a conversation, {@link #answered} and
 * {@link #failed} say what to ask next until they say null, {@link #over} ends it. One conversation at a time.
 */
abstract class Duty {

  boolean busy; // a conversation is under way
  long nextAt; // not before this time

  /** Whether there is something to say, once its time has come. */
  abstract boolean isWanted();

  /** How long until it is too late, in nanoseconds: the least comes first. */
  abstract long urgency(long now);

  abstract @Nullable Step begin();

  abstract @Nullable Step answered(Step step);

  abstract @Nullable Step failed(Step step, LeaseException failure);

  /** @param started when it began */
  abstract void over(long started);
}
