package io.kooper.retrieve;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whether an HTTP client is still of any use, or only a restart of the process helps. It is of none
 *
 * <ul>
 *   <li>once it is closed;
 *   <li>once its executor has ended, or a class that it needs could not be initialized: several consecutive requests said so;
 *   <li>when it got no response for a long time, while a new client of the same configuration got a response to {@code GET
 *       /version} twice, and this one none. That proves that the server is not the cause, as a connection alone would not;
 *   <li>when it twice did not keep its own timeout, and a new client gets a response.
 * </ul>
 *
 * <p>A server that is down, slow, refusing or throttling is no reason. From then on nothing is sent any more.
 */
final class ClientLife {

  /** Sends a request and waits for its response. */
  @FunctionalInterface
  interface Opening {
    Exchange open() throws RetrieveException, InterruptedException;
  }

  /** Asks {@code GET /version} once, of this client and of a new one; on a thread that may wait. */
  interface Probe {
    boolean newResponds() throws InterruptedException;

    /** What the client's own request has come to. */
    Answer oldResponds() throws InterruptedException;
  }

  enum Answer { RESPONSE, NONE, MUTE }

  /** A request that the client should have ended by its own timeout, and did not: what ends it does not run any more. */
  static final class MuteException extends Exception {

    private static final long serialVersionUID = 1L;

    MuteException(Throwable cause) {
      super("the HTTP client has not ended the request by its own timeout", cause);
    }
  }

  private static final Log log = Log.of(HttpListerWatcher.class);

  static final Duration LONG = Duration.ofMinutes(5);
  static final int ATTEMPTS = 10;
  static final int REFUSALS = 3; // of several event loops one may have ended: then others are tried
  static final Duration BETWEEN_PROBES = Duration.ofMinutes(1);

  private final String resource;
  private final HttpClient http;
  private final Probe probe;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock(); // guards what follows
  private final Condition never = lock.newCondition();
  private int attempts; // since the last response
  private int refusals; // consecutive, for a reason that does not pass
  private long since; // the first of the attempts
  private long responses;
  private @Nullable Thread probing;
  private @Nullable Long probedAt;
  private volatile @Nullable String end; // why it is of no use any more; never unset

  ClientLife(String resource, HttpClient http, Probe probe, Clock clock) {
    this.resource = resource;
    this.http = http;
    this.probe = probe;
    this.clock = clock;
  }

  static ClientLife of(KubernetesClient client, HttpClient http, String resource) {
    return new ClientLife(resource, http, new VersionProbe(client, http), Clock.system());
  }

  /**
   * Lets a request be sent, and learns from it.
   *
   * @throws RetrieveException that of {@code opening}; or with {@link Reason#CLIENT_CLOSED}, and nothing was sent
   */
  Exchange open(String doing, Opening opening) throws RetrieveException, InterruptedException {
    refuse(doing);
    try {
      Exchange exchange = opening.open();
      responded();
      return exchange;
    } catch (RetrieveException e) {
      failed(e);
      refuse(doing); // as when it was closed meanwhile
      throw e;
    }
  }

  private void refuse(String doing) throws RetrieveException {
    String why = http.isClosed() ? "it is closed" : end;
    if (why != null) {
      throw new RetrieveException(Reason.CLIENT_CLOSED,
          "cannot " + doing + ": the HTTP client is of no use any more, and only a restart helps: " + why);
    }
  }

  private void responded() {
    lock.lock();
    try {
      attempts = 0;
      refusals = 0;
      responses++;
    } finally {
      lock.unlock();
    }
  }

  private void failed(RetrieveException failure) {
    lock.lock();
    try {
      long now = clock.nanoTime();
      since = attempts == 0 ? now : since;
      attempts++;
      refusals = Throwables.anyCause(failure, ClientLife::isForEver) ? refusals + 1 : 0;
      if (refusals >= REFUSALS) {
        end = "its executor has ended, or a class of its could not be initialized, as after an OutOfMemoryError";
      }
      boolean mute = Throwables.anyCause(failure, MuteException.class::isInstance);
      boolean due = mute || attempts >= ATTEMPTS && now - since >= LONG.toNanos();
      if (due && probing == null && (probedAt == null || now - probedAt >= BETWEEN_PROBES.toNanos())) {
        probe(mute);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Netty's executors say "event executor terminated", the JDK's "rejected from ...[Terminated, pool size = 0"; and the JVM
   * initializes a class only once.
   */
  private static boolean isForEver(Throwable thrown) {
    String text = Throwables.text(thrown);
    return thrown instanceof RejectedExecutionException && text.toLowerCase(Locale.ROOT).contains("terminated")
        || thrown instanceof NoClassDefFoundError && text.contains("Could not initialize class");
  }

  private void probe(boolean mute) {
    Thread thread = new Thread(() -> {
      try {
        prove(mute);
      } catch (InterruptedException e) {
        log.debug("the probe of the client for {} was interrupted, which nobody should do", resource);
      } finally {
        probed();
      }
    }, "kooper-" + resource + "-probe");
    thread.setDaemon(true);
    thread.start();
    probing = thread;
  }

  private void probed() {
    lock.lock();
    try {
      probing = null;
      probedAt = clock.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  private void prove(boolean mute) throws InterruptedException {
    long before = responses();
    int rounds = mute ? 1 : 2; // the request that was mute counts as one
    for (int round = 1; round <= rounds; round++) {
      if (round > 1) {
        pause(BETWEEN_PROBES);
      }
      if (!probe.newResponds()) {
        return;
      }
      Answer old = probe.oldResponds();
      if (old == Answer.RESPONSE || mute && old != Answer.MUTE || responses() != before) {
        return;
      }
    }
    end = "a new client of the same configuration got responses to GET /version, and this one none"
        + (mute ? ", nor does it keep its own timeouts" : " for " + LONG.toMinutes() + " minutes and more");
  }

  private long responses() {
    lock.lock();
    try {
      return responses;
    } finally {
      lock.unlock();
    }
  }

  private void pause(Duration duration) throws InterruptedException {
    lock.lock();
    try {
      long due = clock.nanoTime() + duration.toNanos();
      for (long left; (left = due - clock.nanoTime()) > 0; ) {
        clock.await(lock, never, left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The real one. */
  private record VersionProbe(KubernetesClient client, HttpClient old) implements Probe {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** More than what {@link Exchange#isMute} waits: fabric8 gives up by itself after twice as long. */
    private static final Duration OLD_PATIENCE = Duration.ofMillis(3_500);

    @Override
    public boolean newResponds() throws InterruptedException {
      try (KubernetesClient fresh = new KubernetesClientBuilder().withConfig(client.getConfiguration()).build()) {
        return ask(HttpListerWatcher.withoutRetries(fresh), PATIENCE) == Answer.RESPONSE;
      } catch (RuntimeException | Error e) { // no proof
        log.debug("a new client could not be made", e);
        return false;
      }
    }

    @Override
    public Answer oldResponds() throws InterruptedException {
      return ask(old, OLD_PATIENCE);
    }

    private Answer ask(HttpClient http, Duration patience) throws InterruptedException {
      try (Exchange exchange = Exchange.open(
          http, Target.server(client) + "version", Exchange.JSON, patience, "get the version")) {
        log.debug("GET /version: {}", exchange.status()); // whatever it is, it is a response
        return Answer.RESPONSE;
      } catch (RetrieveException e) {
        return Throwables.anyCause(e, MuteException.class::isInstance) ? Answer.MUTE : Answer.NONE;
      }
    }
  }
}
