package io.kooper.leaderelection;

/** How many shards each member is due: the ceiling for the first {@code shards mod members}, the floor for the others. */
final class Shares {

  private Shares() {}

  /** @param rank of the member in the order that all see alike, from 0 */
  static int due(int rank, int members, int shards) {
    return shards / members + (rank < shards % members ? 1 : 0);
  }
}
