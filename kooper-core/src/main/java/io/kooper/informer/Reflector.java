package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.kooper.clock.Clock;
import io.kooper.informer.Course.Step;
import io.kooper.internal.Durations;
import io.kooper.internal.Hook;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.internal.Pace;
import io.kooper.internal.Throwables;
import io.kooper.internal.Versions;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lists, then watches from the list's version, for ever: the loop on a thread of the informer.
 *
 * <p>Invariant: every state up to {@link #version} has been applied to the cache. The version advances only after what
 * it stands for was applied, so whatever fails, going on from it misses nothing.
 */
final class Reflector<T extends HasMetadata> {

  private static final Log log = Log.of(Reflector.class);

  /** Of a list that comes while watches do not work: it is to be easy on the server. */
  private static final long PAGE = 500;

  private static final String AT_LEAST = "NotOlderThan"; // without it, a limit would ask for exactly the version
  private static final long LOG_AGAIN = Duration.ofMinutes(1).toNanos();

  private record Status(boolean watching, Instant since, @Nullable RetrieveException lastError) {}

  /** How it gets on with the server: as in {@link InformerHealth}. */
  record Connection(boolean watching, Instant since, @Nullable Instant lastEvent, @Nullable RetrieveException lastError) {}

  private final String name;
  private final String part;
  private final ListerWatcher<T> source;
  private final Cache<T> cache;
  private final Clock clock;
  private final Hook<InformerMetrics> metrics;
  private final Backoff backoff;
  private final Course course; // of the reflector's thread
  private final Wakeup gains;

  private final Monitor pause;
  private volatile boolean stopped;
  private volatile Status status;
  private volatile long lastHeard; // nanoTime, once it has
  private volatile boolean heard; // written last

  // used by the reflector's thread alone
  private volatile @Nullable String version; // null before the first list; read by others too
  private final Map<String, Pace> lines = new HashMap<>(); // by what failed and why: a few dozen at most

  /**
   * @param name for messages
   * @param part of the store, which the source lists
   */
  Reflector(String name, String part, ListerWatcher<T> source, Cache<T> cache, Clock clock, BooleanSupplier mayAsk) {
    this.name = name;
    this.part = part;
    this.source = source;
    this.cache = cache;
    this.metrics = cache.metrics;
    this.clock = clock;
    this.pause = new Monitor(clock);
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    this.backoff = new Backoff(clock, random);
    this.course = new Course(clock, random, mayAsk);
    this.gains = new Wakeup(() -> stopped);
    this.status = new Status(false, clock.now(), null);
  }

  Connection connection() {
    Status now = status;
    Instant lastEvent = heard ? clock.now().minusNanos(clock.nanoTime() - lastHeard) : null;
    return new Connection(now.watching, now.since, lastEvent, now.lastError);
  }

  boolean mayHave(ObjectKey key) {
    return source.mayHave(key);
  }

  boolean hasSeen(String other) {
    String seen = version;
    return seen != null && (seen.equals(other) || Versions.isOlder(other, seen));
  }

  void stop() {
    stopped = true; // first: for the lock there may be no memory
    pause.signal();
  }

  /** A shard was gained: if its objects are lacking, a list comes at once. */
  void gained() {
    if (cache.isLacking(part)) {
      gains.ring();
    }
  }

  /** Until it is stopped. */
  void run() {
    Loop.run(log, "informer {}: dealing with a failure failed; it goes on", name, () -> {
      if (!stopped) {
        step();
      }
      return !stopped;
    });
    setWatching(false, status.lastError);
  }

  private void step() {
    Step step = Step.LIST;
    try {
      cache.catchUp();
      course.lacks(cache.isLacking(part));
      step = course.next();
      switch (step) {
        case LIST -> list();
        case ASK -> ask();
        case WATCH -> watch();
      }
    } catch (RetrieveException e) {
      pauseAfter(e, step);
    } catch (InterruptedException e) { // by stop(), or by somebody who has no business here
      pauseAfter(new RetrieveException(Reason.UNKNOWN, "the informer's thread was interrupted", null, e), step);
    } catch (Throwable t) { // a source may throw anything; if one event makes it throw, watching on would end there again
      course.requireList();
      pauseAfter(new RetrieveException(Throwables.isBinding(t) ? Reason.UNDECODABLE : Reason.UNKNOWN,
          "unexpected: " + Throwables.words(t, Reflector.class), null, t), step);
    }
  }

  private void list() throws RetrieveException, InterruptedException {
    // "0" lets the server answer from its cache. It may be behind what was seen before, so later lists ask for at least
    // the last version; the newest is for when that version is unknown to the server.
    // What a shard is gained with has to be the newest as well: it was written by another process.
    gains.reset();
    Staging<T> staging = new Staging<>(cache, part, course.isSetBack());
    boolean lacking = cache.isLacking(part);
    String atLeast = course.isNewestDue() || lacking || staging.isForNothing() ? null : version == null ? "0" : version;
    ListOptionsBuilder options = new ListOptionsBuilder().withResourceVersion(atLeast);
    if (staging.isForNothing()) {
      options.withLimit(1L);
    } else if (course.isInstead() || lacking && !course.isNewestDue()) {
      options.withLimit(PAGE).withResourceVersionMatch(atLeast == null ? null : AT_LEAST);
    }
    setWatching(false, status.lastError);
    long start = clock.nanoTime();
    String listed;
    try {
      listed = source.list(options.build(), staging);
    } catch (RetrieveException e) {
      course.listFailed(e.reason(), clock.nanoTime() - start);
      throw e;
    }
    Objects.requireNonNull(listed, "the ListerWatcher returned no version for its list");
    boolean first = version == null;
    metrics.tell(told -> told.listed(first));
    long took = clock.nanoTime() - start;
    course.listed(took, cache.replace(staging)); // what a list leaves open is for the next one, after this watch
    backoff.listed();
    version = listed;
    hear();
    log.info(first ? "informer {}: synced with {} objects at version {}"
        : "informer {}: listed again with {} objects at version {}", name, staging.objects.size(), listed);
  }

  /** Asks the server whether it knows the version; what it has at it is of no interest. */
  private void ask() throws RetrieveException, InterruptedException {
    ListOptions question = new ListOptionsBuilder()
        .withResourceVersion(version)
        .withResourceVersionMatch(AT_LEAST)
        .withLimit(1L)
        .build();
    try {
      source.list(question, event -> {});
    } catch (RetrieveException e) {
      if (course.askFailed(e.reason())) {
        throw e;
      }
      log.debug("informer {}: whether the server knows version {} remains open", name, version, e);
      return;
    }
    course.answered();
    backoff.listed();
  }

  private void watch() throws RetrieveException, InterruptedException {
    if (!gains.tryBegin(() -> cache.isLacking(part))) {
      return;
    }
    try {
      watchOn();
    } catch (RetrieveException | InterruptedException e) {
      if (!gains.end()) {
        throw e;
      }
      metrics.tell(told -> told.watchEnded(null)); // by us, for a list
    } finally {
      gains.end();
    }
  }

  private void watchOn() throws RetrieveException, InterruptedException {
    ListOptions options = new ListOptionsBuilder()
        .withResourceVersion(version)
        .withAllowWatchBookmarks(true)
        .withTimeoutSeconds((long) course.watchSeconds())
        .build();
    Events events = new Events();
    long start = clock.nanoTime();
    try {
      source.watch(options, events);
    } catch (RetrieveException e) {
      if (course.watchEnded(e.reason(), events.accepted, events.told, clock.nanoTime() - start)) {
        backoff.reset();
      }
      throw e;
    }
    if (!course.watchEnded(null, true, events.told, clock.nanoTime() - start)) {
      throw new RetrieveException(Reason.CONNECTION_LOST,
          "the server ended the watch of " + name + " at once and without an event");
    }
    backoff.reset();
    events.opened(); // also of a source that never said so
    hear();
    metrics.tell(told -> told.watchEnded(null));
  }

  private void pauseAfter(RetrieveException failure, Step step) {
    if (stopped) {
      return;
    }
    boolean watching = step == Step.WATCH;
    if (watching) {
      metrics.tell(told -> told.watchEnded(failure.reason()));
    } else {
      metrics.tell(told -> told.listFailed(failure.reason()));
    }
    setWatching(false, failure);
    cache.failed(failure);
    boolean over = failure.reason() == Reason.CLIENT_CLOSED; // then it waits for stop()
    long delay = over ? Durations.LONGEST : backoff.after(failure, watching);
    if (over) {
      log.error("informer {}: {}: {}; it does not try again", name, failure.reason(), failure.getMessage());
    } else {
      log(failure, step, delay);
    }
    try {
      pause.await(() -> stopped, delay);
    } catch (InterruptedException e) {
      log.debug("informer {}: interrupted", name);
    }
  }

  /** Says each reason at once, and the same one of the same step once a minute, whatever else fails in between. */
  private void log(RetrieveException failure, Step step, long delay) {
    long now = clock.nanoTime();
    if (!lines.computeIfAbsent(step + " " + failure.reason(), what -> new Pace(LOG_AGAIN, now)).passes(now)) {
      log.debug("informer {}: {}: {}", name, failure.reason(), failure.getMessage());
      return;
    }
    log.warn("informer {}: {}: {}; trying again in {} ms", name, failure.reason(), failure.getMessage(),
        Duration.ofNanos(delay).toMillis(), failure.reason() == Reason.UNKNOWN ? failure : null);
  }

  private void hear() {
    lastHeard = clock.nanoTime();
    heard = true;
  }

  private void setWatching(boolean watching, @Nullable RetrieveException error) {
    Status before = status;
    status = new Status(watching, before.watching == watching ? before.since : clock.now(), error);
  }

  private final class Events implements Consumer<SourceEvent<T>> {

    private final Consumer<Undecodable> report = this::undecodable;
    private boolean accepted;
    private boolean told;

    @Override
    public void accept(SourceEvent<T> event) {
      gains.end();
      try {
        take(event);
      } finally {
        gains.begin();
      }
    }

    private void take(SourceEvent<T> event) {
      if (event instanceof SourceEvent.Opened) {
        opened();
      } else if (event instanceof SourceEvent.Bookmark<T> bookmark) {
        seen(bookmark.resourceVersion());
      } else {
        Arrival<T> arrival = cache.states.arrival(event, report);
        if (arrival != null) {
          apply(arrival);
        }
      }
    }

    private void opened() {
      accepted = true;
      if (!status.watching) {
        log.info("informer {}: watching from version {}", name, version);
        setWatching(true, null);
      }
      hear();
    }

    private void seen(@Nullable String newVersion) {
      opened();
      told = true;
      if (stopped) {
        Thread.currentThread().interrupt(); // once more, for the source: a listener may have swallowed the first
      }
      if (newVersion == null) {
        return;
      }
      if (version != null && Versions.isOlder(newVersion, version)) {
        course.requireNewest(); // a server that was set back to an older state, or one that knows no versions
      } else if (version != null && Versions.isOlder(version, newVersion)) {
        course.known();
      }
      version = newVersion;
    }

    private void apply(Arrival<T> arrival) {
      if (!arrival.deleted) {
        cache.put(arrival);
      } else if (!cache.delete(arrival)) {
        course.requireList();
      }
      seen(arrival.resourceVersion);
    }

    private void undecodable(Undecodable object) {
      if (!cache.undecodable(object)) {
        course.requireList();
      }
      seen(object.resourceVersion());
    }
  }
}
