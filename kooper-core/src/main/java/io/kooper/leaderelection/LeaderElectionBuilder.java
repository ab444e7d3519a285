package io.kooper.leaderelection;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Names;
import io.kooper.metrics.MetricsRecorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link LeaderElection} needs. The times are client-go's and Kooper's; {@link #build()} refuses what makes no
 * sense, all of it at once. Not for several threads at once.
 */
public final class LeaderElectionBuilder {

  private static final int MOST_SHARDS = 256;
  private static final int LONGEST_OF_SHARDS = 40;

  private final @Nullable KubernetesClient client;
  private final @Nullable String name;
  private @Nullable String namespace;
  private @Nullable String identity;
  private Duration leaseDuration = Duration.ofSeconds(15);
  private Duration renewDeadline = Duration.ofSeconds(10);
  private Duration retryPeriod = Duration.ofSeconds(2);
  private Duration healthTolerance = Duration.ofSeconds(20);
  private boolean releaseOnStop = true;
  private boolean recordEvents;
  private final List<LeaderElectionListener> listeners = new ArrayList<>();
  private MetricsRecorder metrics = MetricsRecorder.NONE;
  private Clock clock = Clock.system();
  private Path namespaceFile = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
  private @Nullable LeaseStore store;
  private @Nullable Leases leases;

  LeaderElectionBuilder(KubernetesClient client, String name) {
    this.client = client;
    this.name = name;
  }

  /** Of the lease. Default: that of the pod, by its service account; outside of a cluster the client's. */
  public LeaderElectionBuilder namespace(String namespace) {
    this.namespace = Objects.requireNonNull(namespace, "namespace");
    return this;
  }

  /** Who this process is: unlike all others, and best unlike its earlier lives. Default: HOSTNAME and a random UUID. */
  public LeaderElectionBuilder identity(String identity) {
    this.identity = Objects.requireNonNull(identity, "identity");
    return this;
  }

  /** How long others wait after the last renewal that they saw; whole seconds. Default: 15 s. */
  public LeaderElectionBuilder leaseDuration(Duration duration) {
    this.leaseDuration = Objects.requireNonNull(duration, "duration");
    return this;
  }

  /**
   * How long leadership lasts after the last successful renewal was sent. The gap to the lease's duration is what clocks may
   * differ by. Each request is given half of it, but at most 2 s until two consecutive ones took longer. Default: 10 s.
   */
  public LeaderElectionBuilder renewDeadline(Duration deadline) {
    this.renewDeadline = Objects.requireNonNull(deadline, "deadline");
    return this;
  }

  /** How often the lease is renewed; a standby looks at it every 1 to 2.2 of these periods. Default: 2 s. */
  public LeaderElectionBuilder retryPeriod(Duration period) {
    this.retryPeriod = Objects.requireNonNull(period, "period");
    return this;
  }

  /** Whether the lease is given back when all tasks have returned; else it expires. Default: true. */
  public LeaderElectionBuilder releaseOnStop(boolean release) {
    this.releaseOnStop = release;
    return this;
  }

  /** How long beyond the lease's duration renewals may hang before health says so. Default: 20 s, as client-go's users do. */
  public LeaderElectionBuilder healthTolerance(Duration tolerance) {
    this.healthTolerance = Objects.requireNonNull(tolerance, "tolerance");
    return this;
  }

  /** Hears what happens. Default: nobody. */
  public LeaderElectionBuilder listener(LeaderElectionListener listener) {
    this.listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /** Takes the election's figures. Default: nothing is recorded. */
  public LeaderElectionBuilder metrics(MetricsRecorder metrics) {
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    return this;
  }

  /** Writes a Kubernetes Event on the lease for each change here; needs the right to create events. Default: none. */
  public LeaderElectionBuilder recordEvents() {
    this.recordEvents = true;
    return this;
  }

  /** Default: {@link Clock#system()}. */
  public LeaderElectionBuilder clock(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /** For tests. */
  LeaderElectionBuilder store(LeaseStore store) {
    this.store = store;
    return this;
  }

  /** For tests. */
  LeaderElectionBuilder leases(Leases leases) {
    this.leases = leases;
    return this;
  }

  /** For tests. */
  LeaderElectionBuilder namespaceFile(Path file) {
    this.namespaceFile = file;
    return this;
  }

  /**
   * Makes the election.
   *
   * @throws IllegalArgumentException when something is missing or makes no sense; the message names everything that is
   */
  public LeaderElection build() {
    LeaderElection.Settings settings = check("a leader election", new ArrayList<>());
    List<LeaderElectionListener> all = new ArrayList<>(listeners);
    if (recordEvents) {
      all.add(new LeaderEventRecorder(Objects.requireNonNull(client), settings));
    }
    return new LeaderElection(settings, store != null ? store : clientStore(settings), all, metrics);
  }

  /**
   * Makes shards by namespace and name instead of an election: {@code count} of them, for as many replicas as want to work at
   * once. More than there will ever be replicas, by a factor, that shares are even; they cost a write a retry period each.
   *
   * @throws IllegalArgumentException as {@link #build()}, and for a number that is not from 1 to 256, a listener, or events
   */
  public Shards shards(int count) {
    return shards(count, ShardBy.NAME);
  }

  /** As {@link #shards(int)}, by what decides on a key's shard. */
  public Shards shards(int count, ShardBy by) {
    Objects.requireNonNull(by, "by");
    List<String> errors = new ArrayList<>();
    refuse(errors, count < 1 || count > MOST_SHARDS, "there must be from 1 to " + MOST_SHARDS + " shards, not " + count);
    refuse(errors, !listeners.isEmpty() || recordEvents, "listeners and events are for one leader, not for shards");
    refuse(errors, name != null && name.length() > LONGEST_OF_SHARDS,
        "name must have at most " + LONGEST_OF_SHARDS + " characters, since it is a label of the shards' leases");
    LeaderElection.Settings settings = check("shards", errors);
    Leases leases = this.leases != null ? this.leases : new ClientLeases(clientStore(settings), settings.name());
    return new LeaseShards(settings, count, by, leases, metrics);
  }

  private ClientLeaseStore clientStore(LeaderElection.Settings settings) {
    return new ClientLeaseStore(Objects.requireNonNull(client), settings.namespace(), settings.name(), settings.longestRequest());
  }

  private LeaderElection.Settings check(String what, List<String> errors) {
    String space = namespace != null ? namespace : defaultNamespace();
    String self = identity != null ? identity : Names.host() + "_" + UUID.randomUUID();
    refuse(errors, client == null && store == null && leases == null, "client is null");
    refuse(errors, !Names.isSubdomain(name),
        "name must be of lower case letters, digits, '-' and single '.', at most 253, not \"" + name + '"');
    refuse(errors, space == null, "namespace must be set: the client has none, and this does not run in a pod");
    refuse(errors, space != null && !Names.isLabel(space),
        "namespace must be of lower case letters, digits and '-', at most 63, not \"" + space + '"');
    refuse(errors, self.isBlank() || !self.equals(self.strip()),
        "identity must not be blank, or begin or end with a blank, not \"" + self + '"');
    refuse(errors, leaseDuration.toSeconds() < 1 || leaseDuration.toSeconds() > Integer.MAX_VALUE
        || leaseDuration.getNano() != 0, "leaseDuration must be whole seconds and at least one, not " + leaseDuration);
    refuse(errors, !Durations.isPositive(renewDeadline), "renewDeadline must be more than zero, not " + renewDeadline);
    refuse(errors, !Durations.isPositive(retryPeriod), "retryPeriod must be more than zero, not " + retryPeriod);
    refuse(errors, healthTolerance.isNegative(), "healthTolerance must not be negative, not " + healthTolerance);
    refuse(errors, leaseDuration.compareTo(renewDeadline) <= 0,
        "leaseDuration must be more than renewDeadline, not " + leaseDuration + " and " + renewDeadline);
    refuse(errors, Durations.nanos(renewDeadline) <= Durations.nanos(retryPeriod) / 5 * 6,
        "renewDeadline must be more than 1.2 times retryPeriod, not " + renewDeadline + " and " + retryPeriod);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("cannot build " + what + ": " + String.join("; ", errors));
    }
    return new LeaderElection.Settings(Objects.requireNonNull(space),
        Objects.requireNonNull(name), self, leaseDuration, renewDeadline, retryPeriod, healthTolerance, releaseOnStop, clock);
  }

  private @Nullable String defaultNamespace() {
    try {
      if (Files.isReadable(namespaceFile)) {
        return Files.readString(namespaceFile).strip();
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot build a leader election: cannot read " + namespaceFile, e);
    }
    return client == null ? null : client.getNamespace();
  }

  private static void refuse(List<String> errors, boolean wrong, String error) {
    if (wrong) {
      errors.add(error);
    }
  }
}
