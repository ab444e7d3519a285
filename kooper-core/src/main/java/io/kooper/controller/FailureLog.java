package io.kooper.controller;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.event.Level;

/**
 * Logs the failures of handlers: a thousand keys that fail alike must not drown all else. Of failures alike, the same
 * exceptions from the same place, an API server's with the same code about the same resource, the first in a minute is logged
 * with its stack trace, the next few as a line each, the rest at debug; the first of the next minute says how many those were. A
 * conflict (409), which the next try usually settles, is logged at debug while it is tried again.
 */
final class FailureLog {

  private static final Log log = Log.of(FailureLog.class);

  private static final long WINDOW = Duration.ofMinutes(1).toNanos();
  private static final int LINES = 10;
  private static final int KINDS = 100; // remembered; an exception's type and place are few in any program

  private static final int CONFLICT = 409;

  private static final class Kind {
    long since;
    int seen;
  }

  /** The how manieth of its kind within a minute, and how many were not logged in the minute before. */
  private record Sample(int nth, int before) {

    boolean isQuiet() {
      return nth > LINES;
    }

    String remark() {
      return before > 0 ? " (and " + before + " more alike in the minute before, at debug)"
          : nth == LINES ? " (more alike within this minute are logged at debug)" : "";
    }
  }

  private final Clock clock;
  private final Map<String, Kind> kinds = new LinkedHashMap<>(); // guarded by this

  FailureLog(Clock clock) {
    this.clock = clock;
  }

  void warn(Job<?> job, String what, Throwable cause) {
    boolean conflict = cause instanceof KubernetesClientException e && e.getCode() == CONFLICT;
    write(conflict ? Level.DEBUG : Level.WARN, job, what, cause);
  }

  void error(Job<?> job, String what, Throwable cause) {
    write(Level.ERROR, job, what, cause);
  }

  void timedOut(Job<?> job, Duration timeout) {
    Sample sample = sample("timeout");
    log.write(sample.isQuiet() ? Level.DEBUG : Level.WARN, "{}: {} takes longer than {} and is cancelled{}", job.controller(),
        job, timeout, sample.remark());
  }

  private void write(Level level, Job<?> job, String what, Throwable cause) {
    if (!log.isEnabled(level)) {
      return;
    }
    Sample sample = sample(signature(level, cause));
    String how = job.timedOut() ? what + " when it was cancelled for its handlerTimeout" : what;
    log.write(sample.isQuiet() ? Level.DEBUG : level, "{}: {}, attempt {}, {}: {}{}", job.controller(), job, job.attempt(),
        how, Throwables.text(cause), sample.remark(), sample.nth == 1 || log.isEnabled(Level.DEBUG) ? cause : null);
  }

  private synchronized Sample sample(String signature) {
    Kind kind = kinds.computeIfAbsent(signature, key -> new Kind());
    if (kinds.size() > KINDS) {
      kinds.remove(kinds.keySet().iterator().next());
    }
    int before = 0;
    long now = clock.nanoTime();
    if (kind.seen > 0 && now - kind.since >= WINDOW) {
      before = Math.max(0, kind.seen - LINES);
      kind.seen = 0;
    }
    if (kind.seen == 0) {
      kind.since = now;
    }
    return new Sample(++kind.seen, before);
  }

  private static String signature(Level level, Throwable cause) {
    StringBuilder signature = new StringBuilder(level + " " + Throwables.signature(cause));
    Throwables.anyCause(cause, one -> {
      signature.append(' ').append(one.getClass().getName());
      if (one instanceof KubernetesClientException e) {
        Status status = e.getStatus();
        signature.append(' ').append(e.getCode()).append(' ').append(e.getResourcePlural()).append(' ')
            .append(status == null || status.getDetails() == null ? null : status.getDetails().getKind());
      }
      return false;
    });
    return signature.toString();
  }
}
