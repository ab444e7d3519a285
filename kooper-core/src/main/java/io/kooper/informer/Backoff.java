package io.kooper.informer;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long a reflector waits after a failure: client-go's 800 ms, doubled, each stretched by up to its double at random, so
 * that many replicas do not come back together. It grows up to client-go's 30 s while the server says that it has too much
 * to do, else up to 10 s: asking costs nobody much then, and whoever mends the cause wants to see it.
 *
 * <p>Unlike client-go's it does not grow in the first {@value #PATIENCE_SECONDS} s of an outage: an API server that
 * restarts is found again within two seconds of its return. Nor does it wait before it lists because a version is gone, as
 * after a restart each is: that answer is how it learns that the server is back. A server's Retry-After is a minimum, up to
 * five minutes.
 */
final class Backoff {

  static final long BASE = Duration.ofMillis(800).toNanos();
  static final long CAP = Duration.ofSeconds(10).toNanos();
  static final long CAP_OF_A_BUSY_SERVER = Duration.ofSeconds(30).toNanos();
  static final int PATIENCE_SECONDS = 10;

  /** A server that asks for more has lost its mind or its clock; it is looked after again nevertheless. */
  static final long LONGEST_ASKED = Duration.ofMinutes(5).toNanos();

  private final Clock clock;
  private final DoubleSupplier random; // in [0, 1)
  private boolean failing;
  private long failingSince; // meaningful while failing
  private boolean gone; // the last failure was that a version is gone
  private long next = BASE;

  Backoff(Clock clock, DoubleSupplier random) {
    this.clock = clock;
    this.random = random;
  }

  /** All is well: the next failure is a first one again. */
  void reset() {
    failing = false;
    gone = false;
    next = BASE;
  }

  /** How many nanoseconds to wait after this failure. */
  long after(RetrieveException failure) {
    boolean first = !failing;
    if (first) {
      failing = true;
      failingSince = clock.nanoTime();
    }
    Duration retryAfter = failure.retryAfter();
    long asked = retryAfter == null ? 0 : Math.min(Durations.nanos(retryAfter), LONGEST_ASKED);
    boolean firstGone = !gone && failure.reason() == Reason.GONE;
    gone = failure.reason() == Reason.GONE;
    if (firstGone || first && failure.reason() == Reason.SILENT) {
      return asked; // half a minute was lost already in finding out about the silence
    }
    boolean busy = failure.reason() == Reason.THROTTLED || failure.reason() == Reason.SERVER_ERROR;
    long half = (busy ? CAP_OF_A_BUSY_SERVER : CAP) / 2; // stretched, it stays below the cap
    long delay = (long) (Math.min(next, half) * (1 + random.getAsDouble()));
    if (clock.nanoTime() - failingSince >= Duration.ofSeconds(PATIENCE_SECONDS).toNanos()) {
      next = Math.min(2 * next, CAP_OF_A_BUSY_SERVER / 2);
    }
    return Math.max(asked, delay);
  }
}
