package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Pace;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import io.kooper.metrics.ElectionMetrics;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells log, metrics and listeners what happens: a line for each change, and for failures one a minute. Listeners are called
 * on a thread of their own, as are the actions of users at the end of a term.
 */
final class ElectionEvents {

  private static final Log log = Log.of(LeaderElection.class);

  /** How long a stop waits for listeners. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private final String lease;
  private final String identity;
  private final List<LeaderElectionListener> listeners;
  private ElectionMetrics metrics = ElectionMetrics.NONE; // set once, before the first campaign
  private final Clock clock;
  private final Callbacks told;
  private final Callbacks ends;
  private final Guard listenerGuard;
  private final Guard metricsGuard;
  private final Pace lines;

  private volatile boolean untold; // the start of the term that is under way: neither is its end
  // of the campaign's thread
  private @Nullable String leader;
  private int failures; // consecutive attempts
  private boolean warned; // of these
  private volatile @Nullable String lastFailure;

  ElectionEvents(LeaderElection.Settings settings, List<LeaderElectionListener> listeners) {
    this.lease = settings.namespace() + "/" + settings.name();
    this.identity = settings.identity();
    this.listeners = List.copyOf(listeners);
    this.clock = settings.clock();
    this.told = new Callbacks("kooper-" + settings.name() + "-listener", clock);
    this.ends = new Callbacks("kooper-" + settings.name() + "-ended", clock);
    this.listenerGuard = new Guard(log, "a listener of the election on lease " + lease);
    this.lines = new Pace(Duration.ofMinutes(1).toNanos(), clock.nanoTime());
    this.metricsGuard = new Guard(log, "the metrics of the election on lease " + lease);
  }

  void metrics(ElectionMetrics recorded) {
    metrics = recorded;
  }

  void started(long token) {
    log.info("leading by lease {} as {}, term {}", lease, identity, token);
    untold = !tell(listener -> listener.startedLeading(token));
  }

  void stopped(long token, Reason reason) {
    switch (reason) {
      case STOPPED -> log.info("stopped leading by lease {}, term {}: the work is done", lease, token);
      case EXPIRED -> log.error("lost the leadership of term {}: lease {} could not be renewed in time{}", token, lease,
          lastFailure == null ? "" : "; last failure: " + lastFailure);
      case TAKEN -> log.error("lost the leadership of term {}: somebody else holds lease {}", token, lease);
    }
    if (!untold) {
      tell(listener -> listener.stoppedLeading(token, reason));
    }
  }

  /** Calls the actions that users gave a term that has ended. */
  void ended(Runnable actions) {
    ends.call(actions);
  }

  /** Waits until users have been told all; not for longer than they may take. */
  void awaitTold() throws InterruptedException {
    long end = clock.nanoTime() + PATIENCE.toNanos();
    if (!told.await(PATIENCE) || !ends.await(Duration.ofNanos(Math.max(1, end - clock.nanoTime())))) {
      log.warn("a listener of the election on lease {}, or an action at the end of its term, has not returned within {};"
          + " the stop does not wait for it any longer", lease, PATIENCE);
    }
  }

  void waitsForRelease() {
    log.info("stopping; lease {} is being given back{}", lease, lastFailure == null ? "" : ": " + lastFailure);
  }

  void released() {
    log.info("gave lease {} back", lease);
  }

  /** The lease was seen to be held by this identity. */
  void holder(@Nullable String holder) {
    if (holder != null && !holder.isEmpty() && !holder.equals(leader)) {
      if (leader != null) {
        tellMetrics(ElectionMetrics::newLeader);
      }
      leader = holder;
      if (!holder.equals(identity)) {
        log.info("{} holds lease {}", holder, lease);
      }
      tell(listener -> listener.newLeader(holder));
    }
  }

  void renewed(Duration took) {
    tellMetrics(one -> one.renewed(took));
    tell(listener -> listener.renewed(took));
  }

  /** An attempt went through, from the first request to the last. */
  void worked() {
    if (warned) {
      log.info("requests about lease {} succeed again after {} failures", lease, failures);
    }
    warned = false;
    failures = 0;
    lastFailure = null;
  }

  void failed(LeaseException failure, @Nullable Duration leaderless) {
    if (failure.kind() == LeaseException.Kind.CONFLICT) { // somebody was faster, as is usual
      log.debug("somebody else has written the lease", failure);
      return;
    }
    failures++;
    lastFailure = failure.getMessage();
    if (failure.kind() == LeaseException.Kind.CLIENT_CLOSED) {
      log.error("{}; the election does not try again", failure.getMessage());
    } else if (lines.passes(clock.nanoTime())) {
      warned = true;
      log.warn("{} (consecutive failure {}; trying again{})", failure.getMessage(), failures,
          leaderless == null ? "" : "; nobody has led for " + leaderless);
    }
    log.debug("a request about the lease failed", failure);
    tellMetrics(ElectionMetrics::attemptFailed);
    tell(listener -> listener.attemptFailed(failure));
  }

  /** An attempt is over, and nobody has led for so long. */
  void leaderless(Duration time) {
    if (lines.passes(clock.nanoTime())) {
      log.warn("nobody has led by lease {} for {}", lease, time);
    }
  }

  @Nullable String lastFailure() {
    return lastFailure;
  }

  /** On a thread for that: code of users may hang, and this one has to renew. */
  private void tellMetrics(Consumer<ElectionMetrics> figure) {
    if (metrics != ElectionMetrics.NONE) {
      told.tell(metricsGuard, () -> figure.accept(metrics));
    }
  }

  private boolean tell(Consumer<LeaderElectionListener> event) {
    return listeners.isEmpty() || told.call(() -> listeners.forEach(
        listener -> listenerGuard.run(() -> event.accept(listener))));
  }
}
