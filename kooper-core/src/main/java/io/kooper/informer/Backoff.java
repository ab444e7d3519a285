package io.kooper.informer;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a reflector waits after a failure: client-go's 800 ms, doubled, each stretched by up to its double at random, so
 * that many replicas do not come back together. It grows up to client-go's 30 s while the server says that it has too much
 * to do, else up to 10 s: asking costs nobody much then, and whoever mends the cause wants to see it.
 *
 * <p>Each cause has its own delays, and lists have others than watches: what an outage has earned is not charged to the
 * first 429 of the server that returns. A server that throttles and says when to come back is asked again within one to two
 * times what it says, five minutes at most; of other failures that is a minimum.
 *
 * <p>Unlike client-go's it does not grow in the first {@value #PATIENCE_SECONDS} s of an outage: an API server that
 * restarts is found again within two seconds of its return. Nor does it wait before it lists because a version is gone, as
 * after a restart each is: that answer is how it learns that the server is back.
 */
final class Backoff {

  static final long BASE = Duration.ofMillis(800).toNanos();
  static final long CAP = Duration.ofSeconds(10).toNanos();
  static final long CAP_OF_A_BUSY_SERVER = Duration.ofSeconds(30).toNanos();
  static final int PATIENCE_SECONDS = 10;

  /** A server that asks for more has lost its mind or its clock; it is looked after again nevertheless. */
  static final long LONGEST_ASKED = Duration.ofMinutes(5).toNanos();

  private static final class Growth {
    private final long since;
    private long next = BASE;

    Growth(long since) {
      this.since = since;
    }
  }

  private final Clock clock;
  private final DoubleSupplier random; // in [0, 1)
  private final Map<Reason, Growth> lists = new EnumMap<>(Reason.class); // of the causes since all was well
  private final Map<Reason, Growth> watches = new EnumMap<>(Reason.class);
  private @Nullable Reason last;

  Backoff(Clock clock, DoubleSupplier random) {
    this.clock = clock;
    this.random = random;
  }

  /** All is well: the next failure is a first one again. */
  void reset() {
    last = null;
    lists.clear();
    watches.clear();
  }

  /** A list or a question was answered; watches may fail as before. */
  void listed() {
    lists.clear();
  }

  /**
   * How many nanoseconds to wait after this failure.
   *
   * @param watching whether it is that of a watch
   */
  long after(RetrieveException failure, boolean watching) {
    Reason reason = failure.reason();
    Map<Reason, Growth> growths = watching ? watches : lists;
    boolean first = !growths.containsKey(reason);
    boolean firstGone = reason == Reason.GONE && last != Reason.GONE;
    last = reason;
    Growth growth = growths.computeIfAbsent(reason, r -> new Growth(clock.nanoTime()));
    Duration retryAfter = failure.retryAfter();
    long asked = retryAfter == null ? 0
        : (long) (Math.min(Durations.nanos(retryAfter), LONGEST_ASKED) * (1 + random.getAsDouble()));
    if (firstGone || first && reason == Reason.SILENT) {
      return asked; // half a minute was lost already in finding out about the silence
    }
    if (reason == Reason.THROTTLED && asked >= BASE) {
      return asked; // it knows best, however long it has been saying so
    }
    boolean busy = reason == Reason.THROTTLED || reason == Reason.SERVER_ERROR;
    long half = (busy ? CAP_OF_A_BUSY_SERVER : CAP) / 2; // stretched, it stays below the cap
    long delay = (long) (Math.min(growth.next, half) * (1 + random.getAsDouble()));
    if (clock.nanoTime() - growth.since >= Duration.ofSeconds(PATIENCE_SECONDS).toNanos()) {
      growth.next = Math.min(2 * growth.next, CAP_OF_A_BUSY_SERVER / 2);
    }
    return Math.max(asked, delay);
  }
}
