package io.kooper.leaderelection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several replicas that work at once, each on its shards. A shard is a part of all keys; each is held by one replica at a time.
 *
 * <pre>{@code
 * Shards shards = LeaderElection.shards(client, "sites", 16);
 * Controller.builder(sites, handler).shards(shards).build().run();
 * }</pre>
 *
 * <p>A controller does the rest. Whoever has work of another kind takes part as a {@link Member}:
 *
 * <h2>Expected flow</h2>
 *
 * <ol>
 *   <li>{@link #join} takes part. Whenever {@code changed} was called, and now and then without, {@link Member#holdings()} says
 *       what is held.
 *   <li>A new {@link Holding} is a shard that was gained: its work begins.
 *   <li>A holding that is not {@linkplain Holding#isActive() active} any more is a shard to let go: nothing new begins, and when
 *       all of its work has ended, {@link Holding#ended()} is called. Then the lease is given back.
 *   <li>{@link Member#leave()} asks for no more shards, {@link Member#close()} ends the part.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li>A holding has its own term, with a fencing token that no term of that shard had before; what {@link LeaderElection} says
 *       of terms holds for it.
 *   <li>Nobody else holds the shard while a holding's term is valid, and this process does not hold it again before all its
 *       holdings have ended.
 *   <li>Replicas with another number of shards, or another {@link ShardBy}, and those of a single election on the same name,
 *       hold nothing while this process does, nor this one while they do.
 * </ul>
 *
 * <p>All methods may be called from any thread, and but for {@link Member#close()} they do not block. An interface, for tests.
 */
public interface Shards {

  /** How many there are. */
  int count();

  /**
   * The shard of a key, from 0 to {@code count() - 1}.
   *
   * @param namespace empty for cluster-scoped objects
   */
  int of(String namespace, String name);

  /**
   * Takes part.
   *
   * @param changed is called when a holding came or is not active any more; must not block
   */
  Member join(Runnable changed);

  /** What is wrong, in words for {@code Controller.health()}; empty when all is well. */
  default List<String> reasons() {
    return List.of();
  }

  /** What only a restart mends, for {@code Controller.health().live()}; null when there is nothing. */
  default @Nullable String defect() {
    return null;
  }

  /** One who takes part; several of one process hold the same shards. */
  interface Member {

    /** What this process holds, in no order: each until it has ended. */
    List<Holding> holdings();

    /** Asks for no more shards. Those that are held stay so until they have ended. */
    void leave();

    /**
     * Ends the part, and waits until the leases were given back, at most as long as a term lasts. A holding that has not ended is
     * abandoned: its work may go on, so its lease is neither renewed nor given back, but expires.
     */
    void close() throws InterruptedException;
  }

  /** One shard in one term. */
  interface Holding {

    int shard();

    /** Its term. */
    Leadership leadership();

    /** Whether work may begin: the term is valid, and the shard is not to be given away. Once it says no, it says no for ever. */
    boolean isActive();

    /** All work on the shard has ended, and none begins any more. Calling it again does nothing. */
    void ended();
  }
}
