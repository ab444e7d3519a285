package io.kooper.test;

import io.kooper.clock.Clock;
import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import io.kooper.controller.QueuedKey;
import io.kooper.queue.WorkQueue.Item.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Waits until a controller, or an operator, is steady: it is ready, no call runs, no key is ready, and no failed call waits for
 * its next attempt. A key that is delayed without a failure, as by {@code requeueAfter}, is no reason to wait; it is returned.
 *
 * <p><b>Guarantees.</b> With the server ({@link #on}) all that was written before is seen and handled, and all that the
 * controller wrote itself, as far as it watches it. Without it a controller counts as steady when nothing has happened for a
 * tenth of a second: what the API server has not told it by then is not known. The same holds while {@link
 * EmbeddedApiServer#hold} holds watches.
 *
 * <p>May be called from any thread but a handler's.
 *
 * <pre>{@code
 * client.resource(shop).create();
 * Steady.on(server).await(controller);
 * assertThat(client.apps().deployments().list().getItems()).hasSize(1);
 * }</pre>
 */
public final class Steady {

  private static final Clock CLOCK = Clock.system();
  private static final Duration PAUSE = Duration.ofMillis(2);
  private static final Duration QUIET = Duration.ofMillis(100);
  private static final int NAMED = 20; // keys; more do not help a reader
  private static final Wait DEFAULT = new Wait(null, Duration.ofSeconds(10), 1000, false);

  private Steady() {}

  /**
   * Waits until a controller is steady, for at most 10 s and 1000 calls, without knowing the server.
   *
   * @return the keys that are delayed then
   * @throws AssertionError when it ends, calls its handler too often, or is not steady in time; the message says what was there
   */
  public static List<QueuedKey> await(Controller controller) {
    return DEFAULT.await(controller);
  }

  /** A wait that knows what the controller has still to be told: that of this server. At most 10 s and 1000 calls. */
  public static Wait on(EmbeddedApiServer server) {
    return new Wait(server, DEFAULT.time, DEFAULT.calls, DEFAULT.delayed);
  }

  /** A wait for no longer than this, and at most 1000 calls. */
  public static Wait within(Duration most) {
    return DEFAULT.within(most);
  }

  /** How to wait. Immutable. */
  public static final class Wait {

    private final @Nullable EmbeddedApiServer server;
    private final Duration time;
    private final long calls;
    private final boolean delayed;

    private Wait(@Nullable EmbeddedApiServer server, Duration time, long calls, boolean delayed) {
      this.server = server;
      this.time = time;
      this.calls = calls;
      this.delayed = delayed;
    }

    /** No longer than this. */
    public Wait within(Duration most) {
      return new Wait(server, most, calls, delayed);
    }

    /** For no more calls of the handler than this. */
    public Wait calls(long most) {
      return new Wait(server, time, most, delayed);
    }

    /** For delayed keys too. */
    public Wait delayedToo() {
      return new Wait(server, time, calls, true);
    }

    /**
     * Waits until a controller is steady.
     *
     * @return the keys that are delayed then
     * @throws AssertionError when it ends, calls its handler too often, or is not steady in time; the message says what was there
     */
    public List<QueuedKey> await(Controller controller) {
      long began = CLOCK.nanoTime();
      long callsBefore = controller.calls();
      Look quiet = null; // the first of those that are steady, with nothing between them
      long quietSince = began;
      while (true) {
        Look look = Look.at(controller, server);
        long now = CLOCK.nanoTime();
        if (!look.health.live()) {
          throw failed(controller, "has ended, or has to be restarted", look);
        }
        if (look.calls - callsBefore > calls) {
          throw failed(controller, "has called its handler " + (look.calls - callsBefore)
              + " times and goes on; does it call itself by what it writes?", look);
        }
        if (!look.isSteady(delayed)) {
          quiet = null;
        } else if (look.version != null && server != null && look.version.equals(server.version())) {
          return look.queue;
        } else if (quiet == null || quiet.calls != look.calls) {
          quiet = look;
          quietSince = now;
        } else if (look.version == null && now - quietSince >= QUIET.toNanos()) {
          return look.queue;
        }
        if (now - began >= time.toNanos()) {
          throw failed(controller, "is not steady after " + time, look);
        }
        if (server != null && !look.seen) {
          server.bookmark();
        }
        pause();
      }
    }

    private AssertionError failed(Controller controller, String what, Look look) {
      List<QueuedKey> owed = look.owed(delayed);
      StringBuilder text = new StringBuilder("controller " + controller.name() + " " + what);
      if (!look.health.reasons().isEmpty()) {
        text.append("\n  health: ").append(String.join("; ", look.health.reasons()));
      }
      if (!look.seen) {
        text.append("\n  it has not seen all changes up to version ").append(look.version);
      }
      if (!owed.isEmpty()) {
        text.append(owed.stream().limit(NAMED).map(key -> "\n  " + key).collect(Collectors.joining()));
      }
      if (owed.size() > NAMED) {
        text.append("\n  and ").append(owed.size() - NAMED).append(" more");
      }
      return new AssertionError(text.toString());
    }
  }

  /** What was seen of a controller at one moment. */
  private record Look(@Nullable String version, boolean seen, Health health, List<QueuedKey> queue, long calls) {

    static Look at(Controller controller, @Nullable EmbeddedApiServer server) {
      // in this order: what is told after the version was read is not looked for, and what was told before is in the queue
      String version = server == null || server.isHeld() ? null : server.version();
      boolean seen = version == null || controller.hasSeen(version);
      return new Look(version, seen, controller.health(), controller.queue(), controller.calls());
    }

    List<QueuedKey> owed(boolean delayed) {
      return queue.stream().filter(key -> delayed || key.status() != Status.DELAYED || key.failures() > 0).toList();
    }

    boolean isSteady(boolean delayed) {
      return seen && health.ready() && owed(delayed).isEmpty();
    }
  }

  private static void pause() {
    ReentrantLock lock = new ReentrantLock();
    Condition never = lock.newCondition();
    lock.lock();
    try {
      CLOCK.await(lock, never, PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while it waited for a steady controller", e);
    } finally {
      lock.unlock();
    }
  }
}
