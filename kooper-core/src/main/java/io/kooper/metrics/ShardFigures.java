package io.kooper.metrics;

/** What this process has of the shards at this moment. May be asked from any thread, and does not block. */
public interface ShardFigures {

  /** How many it holds. */
  int held();

  /** How many it should hold, by its share. */
  int due();

  /** How many have had no owner for longer than a move takes, as far as this process sees. */
  int unowned();
}
