package io.kooper.controller;

import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Shards;
import io.kooper.leaderelection.Shards.Holding;
import io.kooper.retrieve.ObjectKey;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls begin only in the term of their key's shard; without shards all keys are in one. Safe for many threads.
 *
 * <p>Invariant: after a holding has turned inactive and {@link #isIdle} was true, no call of its term runs or begins.
 */
final class Gate {

  /** The term of one who leads, which is of all keys. */
  record Term(Leadership leadership) implements Holding {

    @Override
    public int shard() {
      return 0;
    }

    @Override
    public boolean isActive() {
      return leadership.isValid();
    }

    @Override
    public void ended() {}
  }

  private final ToIntFunction<ObjectKey> shards;
  private final Runnable idle;
  private final AtomicReferenceArray<@Nullable Holding> held; // from their begin here to their end; written by one thread
  private final int[] running; // calls, by shard; guarded by this

  /**
   * @param shards null for one of all keys
   * @param idle is called when the last call of a shard that is not active has ended
   */
  Gate(@Nullable Shards shards, Runnable idle) {
    int count = shards == null ? 1 : shards.count();
    this.shards = shards == null ? key -> 0 : key -> shards.of(key.namespace(), key.name());
    this.idle = idle;
    this.held = new AtomicReferenceArray<>(count);
    this.running = new int[count];
  }

  int shard(ObjectKey key) {
    return shards.applyAsInt(key);
  }

  /** Whether changes of this key are this controller's affair. */
  boolean isHeld(ObjectKey key) {
    return held.get(shard(key)) != null;
  }

  /** Whether any call may begin now. */
  boolean isOpen() {
    return IntStream.range(0, held.length()).mapToObj(held::get).anyMatch(one -> one != null && one.isActive());
  }

  void begin(Holding holding) {
    held.set(holding.shard(), holding);
  }

  void end(int shard) {
    held.set(shard, null);
  }

  /** The term in which a call for a key of this shard may begin, until {@link #leave}; null when it must not. */
  synchronized @Nullable Leadership enter(int shard) {
    Holding holding = held.get(shard);
    if (holding == null || !holding.isActive()) {
      return null;
    }
    Leadership leadership = holding.leadership();
    running[shard]++;
    return leadership;
  }

  /** A call that has entered is over. Needs no memory, which the shard of a key does: what does not leave is never idle. */
  void leave(int shard) {
    boolean last;
    synchronized (this) {
      last = --running[shard] == 0;
    }
    Holding holding = held.get(shard);
    if (last && holding != null && !holding.isActive()) {
      idle.run();
    }
  }

  synchronized boolean isIdle(int shard) {
    return running[shard] == 0;
  }
}
