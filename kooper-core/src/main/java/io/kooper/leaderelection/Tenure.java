package io.kooper.leaderelection;

/** A participant's part in a shard's term. */
final class Tenure implements Shards.Holding {

  final ShardDuty shard;
  final Term term;
  private final Sharding sharding;
  private final Runnable end;
  volatile boolean giving; // nothing begins any more
  boolean over; // guarded by the monitor

  /** @param end is called by {@link #ended} */
  Tenure(Sharding sharding, ShardDuty shard, Term term) {
    this.sharding = sharding;
    this.shard = shard;
    this.term = term;
    this.end = () -> sharding.end(this);
  }

  @Override
  public int shard() {
    return shard.index;
  }

  @Override
  public Leadership leadership() {
    return term;
  }

  @Override
  public boolean isActive() {
    return !giving && term.isValid();
  }

  @Override
  public void ended() {
    sharding.monitor.run(end);
  }
}
