package io.kooper.metrics;

/**
 * Takes the figures of shards, in order, on a thread of its own. If a method hangs, no later figure comes; renewals and the ends
 * of terms do not wait for it.
 */
public interface ShardMetrics {

  /** Records nothing. */
  ShardMetrics NONE = new ShardMetrics() {};

  /** A shard was gained. */
  default void gained() {}

  /** A shard was given away, after the last of its calls had ended. */
  default void gave() {}

  /** A shard was lost: its lease could not be renewed in time, or somebody else has it. */
  default void lost() {}

  /** A request has failed; a conflict, when another replica was faster, is no failure. */
  default void attemptFailed() {}
}
