package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells log and listener what happens: a line for each change, and for a row of failures one a minute. */
final class ElectionEvents {

  private static final Log log = Log.of(LeaderElection.class);
  private static final long QUIET = Duration.ofMinutes(1).toNanos();

  private final String lease;
  private final String identity;
  private final List<LeaderElectionListener> listeners;
  private final Clock clock;
  private final AtomicBoolean listenerFailed = new AtomicBoolean();

  // of the campaign's thread
  private @Nullable String leader;
  private int failures;
  private long logged;
  private volatile @Nullable String lastFailure;

  ElectionEvents(String lease, String identity, List<LeaderElectionListener> listeners, Clock clock) {
    this.lease = lease;
    this.identity = identity;
    this.listeners = List.copyOf(listeners);
    this.clock = clock;
  }

  void started(long token) {
    log.info("leading by lease {} as {}, term {}", lease, identity, token);
    tell(told -> told.startedLeading(token));
  }

  void stopped(long token, Reason reason) {
    switch (reason) {
      case STOPPED -> log.info("stopped leading by lease {}, term {}: the work is done", lease, token);
      case EXPIRED -> log.error("lost the leadership of term {}: lease {} could not be renewed in time{}", token, lease,
          lastFailure == null ? "" : "; last failure: " + lastFailure);
      case TAKEN -> log.error("lost the leadership of term {}: somebody else holds lease {}", token, lease);
    }
    tell(told -> told.stoppedLeading(token, reason));
  }

  void released() {
    log.info("gave lease {} back", lease);
  }

  /** The lease was seen to be held by this identity. */
  void holder(@Nullable String holder) {
    if (holder != null && !holder.isEmpty() && !holder.equals(leader)) {
      leader = holder;
      if (!holder.equals(identity)) {
        log.info("{} holds lease {}", holder, lease);
      }
      tell(told -> told.newLeader(holder));
    }
  }

  void renewed(Duration took) {
    tell(told -> told.renewed(took));
  }

  /** An attempt went through. */
  void worked() {
    if (failures > 0) {
      log.info("requests about lease {} succeed again after {} failures", lease, failures);
      failures = 0;
    }
    lastFailure = null;
  }

  void failed(LeaseException failure) {
    if (failure.kind() == LeaseException.Kind.CONFLICT) { // somebody was faster, as is usual
      log.debug("somebody else has written the lease", failure);
      tell(told -> told.attemptFailed(failure));
      return;
    }
    failures++;
    lastFailure = failure.getMessage();
    if (failures == 1 || clock.nanoTime() - logged >= QUIET) {
      logged = clock.nanoTime();
      log.warn("{} (failure {} in a row; trying again)", failure.getMessage(), failures);
      log.debug("the failure", failure);
    }
    tell(told -> told.attemptFailed(failure));
  }

  @Nullable String lastFailure() {
    return lastFailure;
  }

  private void tell(Consumer<LeaderElectionListener> event) {
    for (LeaderElectionListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (Throwable t) { // an Error too
        if (listenerFailed.compareAndSet(false, true)) {
          log.error("a listener of the election on lease {} failed; further failures are not logged", lease, t);
        }
      }
    }
  }
}
