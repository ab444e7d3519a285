package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.internal.ClientLife;
import io.kooper.internal.Deadline;
import io.kooper.internal.Log;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lists and watches through fabric8's HTTP client, one object at a time: a list of any length takes no more memory than
 * its largest object and a few chunks.
 *
 * <p>It never tries again by itself, so that every failure is seen by the one that decides what to do about it.
 */
final class HttpListerWatcher<T extends HasMetadata> implements ListerWatcher<T> {

  private static final Log LOG = Log.of(HttpListerWatcher.class);
  private static final Clock CLOCK = Clock.system(); // as Exchange's

  /** How long a watch is asked to last when its options do not say. */
  static final long DEFAULT_WATCH_SECONDS = 30;

  /**
   * When a connection counts as dead, at first: each grows while it is too short, to {@value #GROWTH} times as much, a list's
   * headers further. A connection whose other side has vanished stays open and silent for a quarter of
   * an hour, and the API server's bookmarks come only once a minute: so each watch is asked to end soon, and one that does
   * not is dead.
   *
   * @param headers until a response begins: the first request after an outage may be sent on such a connection
   * @param slowestHeaders a list's grows to this: a busy server may take long to begin a large one
   * @param silence between two chunks of a list, while we wait for one
   * @param watchGrace how long a watch may outlast the time it was asked to last
   */
  record Deadlines(Duration headers, Duration slowestHeaders, Duration silence, Duration watchGrace) {

    static final Deadlines DEFAULT = new Deadlines(
        Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(15), Duration.ofSeconds(4));

    private static final int GROWTH = 4;

    Deadline growing(Duration first) {
      return new Deadline(first, first.multipliedBy(GROWTH));
    }
  }

  /** How the objects are asked for and kept. */
  enum Form {
    /** As bytes. */
    PACKED,
    /** As Java objects. */
    BOUND,
    /** As bytes, of which there is nothing but the metadata. */
    METADATA;

    /** A server that does not know a list or an object of metadata sends whole ones. */
    private String accept(String kind) {
      return this == METADATA ? "application/json;as=" + kind + ";g=meta.k8s.io;v=v1," + Exchange.JSON : Exchange.JSON;
    }
  }

  private final ClientLife life;
  private final Target target;
  private final Binder<T> binder;
  private final Bodies<T> bodies;
  private final Form form;
  private final FunctionListerWatcher<T> webSocket;
  private final Duration watchGrace;
  private final Deadline watchHeaders;
  private final Deadline listHeaders;
  private final Deadline questionHeaders;
  private final Deadline silence;
  private final Deadline errorBody;

  /**
   * @param kind what objects that do not say it are; null to learn it from lists
   */
  HttpListerWatcher(
      KubernetesClient client, Class<T> type, Target target, @Nullable String kind, Form form, Deadlines deadlines) {
    this.life = ClientLife.of(client);
    this.target = target;
    this.binder = new Binder<>(client.getKubernetesSerialization(), type, target.apiVersion(), kind);
    this.form = form;
    this.bodies = new Bodies<>(target, binder, form);
    this.webSocket = WebSocketWatch.of(client, type, target);
    this.watchGrace = deadlines.watchGrace();
    this.watchHeaders = deadlines.growing(deadlines.headers());
    this.listHeaders = new Deadline(deadlines.headers(), deadlines.slowestHeaders());
    this.questionHeaders = deadlines.growing(deadlines.headers());
    this.silence = deadlines.growing(deadlines.silence());
    this.errorBody = deadlines.growing(deadlines.headers());
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<T>> events)
      throws RetrieveException, InterruptedException {
    boolean question = Pages.isQuestion(options);
    Target asked = question ? target.withoutLabels() : target;
    Pages pages = next -> page(asked.listUrl(next), question ? questionHeaders : listHeaders, events);
    return pages.all(options);
  }

  private ListMeta page(String url, Deadline headers, Consumer<SourceEvent<T>> events)
      throws RetrieveException, InterruptedException {
    try (Exchange exchange = open("list", url, form.accept("PartialObjectMetadataList"), headers)) {
      if (exchange.status() != 200) {
        throw failure("list", exchange, ErrorBody.read(exchange, errorBody, binder.serialization));
      }
      ListMeta meta = list(exchange, events);
      drain(exchange);
      return meta;
    }
  }

  private ListMeta list(Exchange exchange, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    try {
      ListMeta meta = bodies.list(() -> exchange.next(silence.nanos()), events);
      silence.met(exchange.longest());
      return meta;
    } catch (RetrieveException e) {
      if (e.reason() == Reason.SILENT) {
        silence.passed();
      }
      throw e;
    }
  }

  @Override
  public boolean mayHave(ObjectKey key) {
    return target.namespace() == null || target.namespace().equals(key.namespace());
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<T>> events)
      throws RetrieveException, InterruptedException {
    long seconds = options.getTimeoutSeconds() == null ? DEFAULT_WATCH_SECONDS : options.getTimeoutSeconds();
    try (Exchange exchange = open(
        "watch", target.watchUrl(options, seconds), form.accept("PartialObjectMetadata"), watchHeaders)) {
      if (exchange.status() == 200) {
        long end = CLOCK.nanoTime() + TimeUnit.SECONDS.toNanos(seconds) + watchGrace.toNanos();
        events.accept(SourceEvent.opened());
        bodies.watch(() -> exchange.next(watchPatience(end)), events);
        return;
      }
      ErrorBody body = ErrorBody.read(exchange, errorBody, binder.serialization);
      if (exchange.status() != 400 || !body.isForeign()) {
        throw failure("watch", exchange, body);
      }
    }
    watchByWebSocket(new ListOptionsBuilder(options).withTimeoutSeconds(seconds).build(), events);
  }

  /** A consumer that took its time may have let the end pass with chunks still on the way: those are not taken for silence. */
  private long watchPatience(long end) {
    return Math.max(end - CLOCK.nanoTime(), watchGrace.toNanos());
  }

  /**
   * For fabric8's mock server, which refuses every watch that is not a WebSocket. It replays everything on each watch,
   * whatever the version, and tells nobody what was deleted in between: so each end is told as GONE, and the caller lists.
   */
  private void watchByWebSocket(ListOptions options, Consumer<SourceEvent<T>> events)
      throws RetrieveException, InterruptedException {
    LOG.debug("{} cannot be watched over HTTP, using a WebSocket and listing again after it", target);
    webSocket.watch(options, events);
    throw new RetrieveException(Reason.GONE, "the WebSocket watch of " + target + " ended, list again");
  }

  private Exchange open(String verb, String url, String accept, Deadline headers)
      throws RetrieveException, InterruptedException {
    return Exchange.open(life, url, accept, headers, verb + " " + target);
  }

  /** Reads the few bytes after a complete list, so that the connection returns to the pool. */
  private void drain(Exchange exchange) throws InterruptedException {
    try {
      while (exchange.next(watchGrace.toNanos()) != null) {
        // white space
      }
    } catch (RetrieveException e) {
      LOG.debug("the connection of a complete list did not end well", e);
    }
  }

  private RetrieveException failure(String verb, Exchange exchange, ErrorBody body) {
    return Failures.ofStatus(verb, target, exchange.status(), body.status(), exchange.header("Retry-After"));
  }
}
