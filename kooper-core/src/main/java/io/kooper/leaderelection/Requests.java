package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.LeaseException.Kind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one thread, one at a time: a watchdog interrupts those that take too long.
 *
 * <p>Invariant: an interrupt hits the request that was late, and none after it.
 */
final class Requests {

  /** Consecutive requests not answered in time: reads, and writes. Threads that ask the same server share it. By the monitor. */
  static final class Late {
    private final int[] kinds = new int[2];

    private static int kind(boolean read) {
      return read ? 0 : 1;
    }
  }

  private final LeaderElection.Settings settings;
  private final Monitor monitor;
  private final Clock clock;
  private final Late late;
  private final long slow;

  // guarded by monitor
  private @Nullable Thread thread;
  private boolean underWay;
  private boolean interruptible; // it is under way, and the watchdog has not interrupted it
  private boolean interrupted; // the last one
  private long startedAt;
  private long endsAt;

  Requests(LeaderElection.Settings settings, Monitor monitor, Late late) {
    this.settings = settings;
    this.monitor = monitor;
    this.clock = settings.clock();
    this.late = late;
    this.slow = Durations.nanos(settings.requestTimeout());
  }

  /** This thread sends a request; returns its limit. With the monitor. */
  Duration begin(boolean read, long mostNanos) {
    Duration limit = late.kinds[Late.kind(read)] < 2 ? settings.requestTimeout() : settings.longestRequest();
    thread = Thread.currentThread();
    startedAt = clock.nanoTime();
    endsAt = startedAt + Math.min(Durations.nanos(limit), mostNanos);
    underWay = true;
    interruptible = true;
    interrupted = false;
    return limit;
  }

  /** It is over; whether it was interrupted. */
  boolean end(boolean read) {
    return monitor.get(() -> {
      underWay = false;
      interruptible = false;
      Thread.interrupted(); // it must not hit the next one
      int kind = Late.kind(read);
      late.kinds[kind] = interrupted ? late.kinds[kind] + 1 : clock.nanoTime() - startedAt >= slow ? late.kinds[kind] : 0;
      return interrupted;
    });
  }

  /**
   * What a request has thrown, in words.
   *
   * @param limit that was passed, or null
   * @param passed what may have happened if it was
   */
  LeaseException failure(String what, Throwable thrown, @Nullable Duration limit, String passed) {
    return thrown instanceof LeaseException known && (limit == null || known.kind() == Kind.CLIENT_CLOSED) ? known
        : new LeaseException(Kind.UNKNOWN, what + (limit == null ? " failed: " + thrown
            : " was not answered within " + limit.toMillis() + " ms" + passed), thrown);
  }

  // of the watchdog, with the monitor

  /** How long until a request is late, in nanoseconds; {@link Long#MAX_VALUE} if none is under way. */
  long untilLate() {
    return interruptible ? endsAt - clock.nanoTime() : Long.MAX_VALUE;
  }

  void interruptIfLate() {
    if (untilLate() <= 0) {
      interruptible = false;
      interrupted = true;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /** Whether one has been under way for longer, in nanoseconds: it ignores its interrupt. */
  boolean hangs(long limit) {
    return underWay && clock.nanoTime() - startedAt > limit;
  }
}
