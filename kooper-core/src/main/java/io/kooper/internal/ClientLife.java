package io.kooper.internal;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.clock.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Whether an HTTP client is still of any use, or only a restart of the process helps. It is of none
 *
 * <ul>
 *   <li>once it is closed;
 *   <li>once its executor or its selector has ended, or a class that it needs could not be initialized: several consecutive
 *       requests said so;
 *   <li>when it got no response for a long time, while a new client of the same configuration got a response to {@code GET
 *       /version} twice, and this one none. That proves that the server is not the cause, as a connection alone would not;
 *   <li>when it twice did not keep its own timeout, and a new client gets a response.
 * </ul>
 *
 * <p>A server that is down, slow, refusing or throttling is no reason. From then on nothing is to be sent any more.
 */
public final class ClientLife {

  /** Asks {@code GET /version} once, of a new client and of this one. */
  interface Probe {
    boolean newResponds() throws InterruptedException;

    /** What the client's own request has come to. */
    Answer oldResponds() throws InterruptedException;
  }

  enum Answer { RESPONSE, NONE, MUTE }

  /** A request that the client should have ended by its own timeout, and did not: what ends it does not run any more. */
  public static final class MuteException extends Exception {

    private static final long serialVersionUID = 1L;

    public MuteException(@Nullable Throwable cause) {
      super("the HTTP client has not ended the request by its own timeout", cause);
    }
  }

  private static final Log log = Log.of(ClientLife.class);

  static final Duration LONG = Duration.ofMinutes(5);
  static final int ATTEMPTS = 10;
  static final int REFUSALS = 3; // of several event loops one may have ended: then others are tried
  static final int SILENCES = 3;
  static final Duration APART = Duration.ofMinutes(1); // the two responses of new clients
  static final Duration BETWEEN_PROBES = Duration.ofSeconds(20);

  private final HttpClient http;
  private final Probe probe;
  private final Clock clock;
  // guarded by this
  private int attempts; // since the last response
  private int refusals; // consecutive, for a reason that does not pass
  private int silences; // consecutive
  private boolean mute; // the last request
  private long since; // the first of the attempts
  private volatile boolean probing;
  private @Nullable Long probedAt;
  private @Nullable Long provedAt; // the first of two proofs that it gets no response where a new one does
  private volatile @Nullable String end; // why it is of no use any more; never unset

  ClientLife(HttpClient http, Probe probe, Clock clock) {
    this.http = http;
    this.probe = probe;
    this.clock = clock;
  }

  /** Of the HTTP client of {@code client}, from which {@link #http()} derives. */
  public static ClientLife of(KubernetesClient client) {
    HttpClient http = withoutRetries(client);
    return new ClientLife(http, new VersionProbe(client, http), Clock.system());
  }

  /** Never closed: it is the user's client in all but its retries, which would hide the cause of a failure for long. */
  private static HttpClient withoutRetries(KubernetesClient client) {
    return client.getHttpClient().newBuilder().tag(requestConfig(client)).build();
  }

  /** That of the client, without its retries. */
  public static RequestConfig requestConfig(KubernetesClient client) {
    // from the client's own: a blank one would drop impersonation
    return new RequestConfigBuilder(client.getConfiguration().getRequestConfig()).withRequestRetryBackoffLimit(0).build();
  }

  /** The client without its retries; not to be closed. */
  public HttpClient http() {
    return http;
  }

  /** Why the client is of no use any more; null while it may be of some. */
  public @Nullable String end() {
    String why = http.isClosed() ? "it is closed" : end;
    return why == null ? null : "the HTTP client is of no use any more, and only a restart helps: " + why;
  }

  /** A request got a response, whatever it says. */
  public synchronized void responded() {
    attempts = 0;
    refusals = 0;
    silences = 0;
    mute = false;
    provedAt = null;
  }

  /**
   * A request got no response.
   *
   * @param silent it waited until its time was over, and nothing is known of the client's own timeout
   */
  public synchronized void failed(Throwable failure, boolean silent) {
    since = attempts == 0 ? clock.nanoTime() : since;
    attempts++;
    silences = silent ? silences + 1 : 0;
    mute = Throwables.anyCause(failure, MuteException.class::isInstance);
    refusals = Throwables.anyCause(failure, ClientLife::isForEver) ? refusals + 1 : 0;
    if (refusals >= REFUSALS) {
      end = "its executor or its selector has ended, or a class of its could not be initialized, as after an OutOfMemoryError";
    }
  }

  /**
   * Netty's executors say "event executor terminated", the JDK's "rejected from ...[Terminated, pool size = 0"; the JDK's client
   * says "selector manager closed" once its only thread has ended (since JDK 21; before, it is mute); and the JVM initializes a
   * class only once.
   */
  private static boolean isForEver(Throwable thrown) {
    String text = Throwables.text(thrown);
    return thrown instanceof RejectedExecutionException && text.toLowerCase(Locale.ROOT).contains("terminated")
        || thrown instanceof IOException && text.contains("selector manager closed")
        || thrown instanceof NoClassDefFoundError && text.contains("Could not initialize class");
  }

  /**
   * Asks a new client and this one, if failures give a reason to; that may take a quarter of a minute. To be called on the thread
   * whose requests fail: Vert.x serves a thread by one of its event loops, always the same, and only that one may have died.
   */
  public void prove() throws InterruptedException {
    boolean wasMute;
    boolean suspect;
    boolean lasting;
    synchronized (this) {
      long now = clock.nanoTime();
      wasMute = mute;
      suspect = mute || silences >= SILENCES;
      lasting = attempts >= ATTEMPTS && now - since >= LONG.toNanos();
      boolean soon = probedAt != null && now - probedAt < (suspect ? BETWEEN_PROBES : APART).toNanos();
      if (end != null || probing || soon || !suspect && !lasting) {
        return;
      }
      probing = true;
    }
    try {
      boolean newResponds = probe.newResponds();
      Answer old = newResponds ? probe.oldResponds() : Answer.NONE;
      boolean deaf = suspect && old == Answer.MUTE && (wasMute || probe.oldResponds() == Answer.MUTE);
      proved(deaf, lasting && newResponds && old != Answer.RESPONSE);
    } catch (RuntimeException | Error e) { // as without memory for a new client: the next failure asks again
      log.debug("whether the HTTP client is still of use could not be found out", e);
    } finally {
      probing = false;
    }
  }

  private synchronized void proved(boolean deaf, boolean once) {
    long now = clock.nanoTime();
    probedAt = now;
    Long first = provedAt;
    provedAt = once && first == null ? Long.valueOf(now) : once ? first : null;
    String proof = "a new client of the same configuration got responses to GET /version, and this one none";
    if (deaf) {
      end = proof + ", nor does it keep its own timeouts";
    } else if (once && first != null && now - first >= APART.toNanos()) {
      end = proof + " for " + LONG.toMinutes() + " minutes and more";
    }
  }

  /** The real one. */
  private record VersionProbe(KubernetesClient client, HttpClient old) implements Probe {

    /** With {@link #LATE} less than twice as much, after which fabric8 ends a request in the client's place. */
    private static final Duration TIMEOUT = Duration.ofMillis(3_500);
    private static final Duration LATE = Duration.ofSeconds(3);
    private static final int SLICES = 10;

    @Override
    public boolean newResponds() throws InterruptedException {
      try (KubernetesClient fresh = new KubernetesClientBuilder().withConfig(client.getConfiguration()).build()) {
        return ask(withoutRetries(fresh)) == Answer.RESPONSE;
      }
    }

    @Override
    public Answer oldResponds() throws InterruptedException {
      return ask(old);
    }

    private Answer ask(HttpClient http) throws InterruptedException {
      String url = client.getMasterUrl().toString();
      CompletableFuture<?> response = http.sendAsync(http.newHttpRequestBuilder()
          .uri(url + (url.endsWith("/") ? "" : "/") + "version")
          .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).build(), byte[].class);
      try {
        return await(response);
      } finally {
        response.cancel(false);
      }
    }

    /** Waits in slices: a process that stood still meanwhile loses one of them, and not the whole time. */
    private static Answer await(CompletableFuture<?> response) throws InterruptedException {
      for (int i = 0; i < SLICES; i++) {
        try {
          response.get(TIMEOUT.plus(LATE).toMillis() / SLICES, TimeUnit.MILLISECONDS);
          return Answer.RESPONSE; // whatever it says
        } catch (ExecutionException e) {
          return Answer.NONE;
        } catch (TimeoutException e) {
          log.debug("GET /version: no response yet");
        }
      }
      return Answer.MUTE;
    }
  }
}
