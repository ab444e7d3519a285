package io.kooper.controller;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.event.Level;

/**
 * Logs the failures of handlers, so that a thousand keys that fail alike do not drown all else. Of failures alike, the same
 * exception (of a request: with the same status) from the same place, the first in a minute is logged with its stack trace,
 * the next few as a line each, the rest at debug; the first of the next minute says how many those were. A conflict (409),
 * which the next try usually settles, is logged at debug while it is tried again.
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

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Kind> kinds = new LinkedHashMap<>(); // guarded by lock

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

  private void write(Level level, Job<?> job, String what, Throwable cause) {
    if (!log.isEnabled(level)) {
      return;
    }
    int before = 0;
    int nth;
    lock.lock();
    try {
      Kind kind = kinds.computeIfAbsent(signature(level, cause), key -> new Kind());
      if (kinds.size() > KINDS) {
        kinds.remove(kinds.keySet().iterator().next());
      }
      long now = clock.nanoTime();
      if (kind.seen > 0 && now - kind.since >= WINDOW) {
        before = Math.max(0, kind.seen - LINES);
        kind.seen = 0;
      }
      if (kind.seen == 0) {
        kind.since = now;
      }
      nth = ++kind.seen;
    } finally {
      lock.unlock();
    }
    log.write(nth > LINES ? Level.DEBUG : level, "{}: {}, attempt {}, {}: {}{}", job.controller(), job, job.attempt(), what,
        Throwables.text(cause),
        before > 0 ? " (and " + before + " more alike in the minute before, at debug)"
            : nth == LINES ? " (more alike within this minute are logged at debug)" : "",
        nth == 1 || log.isEnabled(Level.DEBUG) ? cause : null);
  }

  private static String signature(Level level, Throwable cause) {
    int status = cause instanceof KubernetesClientException e ? e.getCode() : 0;
    return level + " " + status + " " + Throwables.signature(cause);
  }
}
