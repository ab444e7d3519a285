package io.kooper.leaderelection;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.MetricsRecorder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Elects one leader among the replicas of a program, by client-go's algorithm on a {@code coordination.k8s.io/v1} Lease: it
 * may share the lease with programs that use client-go.
 *
 * <pre>{@code
 * LeaderElection election = LeaderElection.builder(client, "my-operator").build();
 * election.run(leadership -> {
 *   leadership.onEnd(worker::interrupt);
 *   work(leadership);
 * });
 * }</pre>
 *
 * <h2>Expected flow</h2>
 *
 * <p>The first {@link #run} begins the campaign, the last to return ends it. All that run at once share a term. While no
 * {@code run} is under way there is no thread and no request.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li>Leadership is counted from the moment before the last successful request was <em>sent</em>, by the monotonic clock,
 *       and ends {@code renewDeadline} later whatever a request does; others wait {@code leaseDuration} from the moment when
 *       they <em>saw</em> the lease change. So two replicas never lead at once while their clocks' rates are wrong by less
 *       than {@code (leaseDuration - renewDeadline) / (leaseDuration + renewDeadline)}: 20 % with the defaults. What the
 *       clocks show does not matter.
 *   <li>Each term has a higher token than all before it, also when the holder is the same.
 *   <li>A new term begins in this process only when all tasks of the one before it have returned.
 *   <li>A {@code run} that waits ends as soon as its thread is interrupted; a lease that it was just about to get is given
 *       back.
 *   <li>The lease is given back after the last task has returned: {@code run} waits for that, at most {@code renewDeadline}.
 *       It is not when a task threw something other than an {@link InterruptedException}: its work may go on, and the lease
 *       expires, for this process as for all others.
 *   <li>Errors of the API server, conflicts, and a lease that is deleted or was written by others never end a campaign.
 * </ul>
 *
 * <h2>Assumptions and caveats</h2>
 *
 * <ul>
 *   <li>Somebody who empties the holder by hand declares that nobody works. Somebody who deletes the lease while its holder
 *       is cut off from the API server, just as a replica starts that has never seen it, may get two leaders until the
 *       holder's deadline; and tokens begin anew if no replica is left that has seen the old ones.
 *   <li>The monotonic clock must go on while the process stands still. It does when the process is stopped; it may not when a
 *       virtual machine is.
 *   <li>A term that ended does not undo what was sent before: pass {@link Leadership#token()} on to whatever can check it.
 * </ul>
 */
public final class LeaderElection implements Runner {

  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);

  /** What the builder has checked. */
  record Settings(String namespace, String name, String identity, Duration leaseDuration, Duration renewDeadline,
      Duration retryPeriod, Duration healthTolerance, boolean releaseOnStop, Clock clock) {

    /** As it is called in messages. */
    String lease() {
      return "lease " + namespace + "/" + name;
    }

    /** Of one request, as long as they are answered: with the defaults three renewals may hang before the deadline. */
    Duration requestTimeout() {
      return longestRequest().compareTo(REQUEST_TIMEOUT) < 0 ? longestRequest() : REQUEST_TIMEOUT;
    }

    /** Of one request, when two consecutive ones were not answered in time. */
    Duration longestRequest() {
      return renewDeadline.dividedBy(2);
    }
  }

  private final Settings settings;
  private final ElectionEvents events;
  private final Elector elector;
  private final ElectionFigures figures = new ElectionFigures() {
    @Override
    public boolean leading() {
      return health().leading();
    }

    @Override
    public boolean leaderless() {
      return health().leaderless() != null;
    }
  };

  LeaderElection(Settings settings, LeaseStore store, List<LeaderElectionListener> listeners, MetricsRecorder recorder) {
    this.settings = settings;
    this.events = new ElectionEvents(settings, listeners);
    this.elector = new Elector(settings, store, events);
    events.metrics(recorder.election(settings.namespace() + "/" + settings.name(), figures)); // may ask the figures at once
  }

  /**
   * Begins the configuration of an election.
   *
   * @param client is not closed; needs the rights to get, create and update leases
   * @param name of the lease: the same for all replicas, and for nothing else in the namespace
   */
  public static LeaderElectionBuilder builder(KubernetesClient client, String name) {
    return new LeaderElectionBuilder(client, name);
  }

  /**
   * Shards of a name, by namespace and name of each object and otherwise with the defaults of {@link #builder}: several replicas
   * work at once, each on its share. See {@link LeaderElectionBuilder#shards(int)}.
   *
   * @param client is not closed; needs the rights to get, list, create, update and delete leases
   * @param name as of an election: the same for all replicas, and for nothing else in the namespace
   * @throws IllegalArgumentException when something makes no sense
   */
  public static Shards shards(KubernetesClient client, String name, int count) {
    return builder(client, name).shards(count);
  }

  @Override
  public void run(Task task) throws InterruptedException {
    Objects.requireNonNull(task, "task");
    Elector.Part part = elector.join();
    try {
      task.run(part.term);
      part.abandoned = false;
    } catch (InterruptedException e) {
      part.abandoned = false; // how a task ends that was asked to
      throw e;
    } finally {
      elector.leave(part);
    }
  }

  /** Who this process is in the lease. */
  public String identity() {
    return settings.identity();
  }

  @Override
  public List<String> reasons() {
    LeaderElectionHealth now = health();
    String failure = now.failure();
    if (!elector.isRunning()) {
      return List.of();
    }
    return now.leaderless() != null
        ? List.of("nobody has led by " + settings.lease() + " for " + now.leaderless() + (failure == null ? "" : ": " + failure))
        : failure == null ? List.of() : List.of(failure);
  }

  @Override
  public @Nullable String defect() {
    return elector.defect();
  }

  /** How it goes; may be called from any thread, and never blocks on the API server. */
  public LeaderElectionHealth health() {
    return new LeaderElectionHealth(
        elector.defect() == null, elector.isLeading(), elector.holder(), events.lastFailure(), elector.leaderless());
  }
}
