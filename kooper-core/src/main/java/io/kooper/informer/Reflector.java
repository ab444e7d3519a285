package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.metrics.InformerMetrics;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Undecodable;
import io.kooper.retrieve.WatchSink;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lists, then watches from the list's version, for ever: the loop on the informer's thread.
 *
 * <p>Invariant: every state up to {@link #version} has been applied to the cache. The version advances only after what
 * it stands for was applied, so whatever fails, going on from it misses nothing.
 */
final class Reflector<T extends HasMetadata> implements Runnable {

  private static final Log log = Log.of(Reflector.class);

  /**
   * The server is asked to end each watch after about half a minute, so that one that does not end in time is known to be
   * dead. client-go asks for 5 to 10 minutes and leaves dead connections to TCP.
   */
  private static final int WATCH_SECONDS_MIN = 22;
  private static final int WATCH_SECONDS_MAX = 26;

  /** As client-go's very short watch: one that ends sooner, without an event, is no sign of health. */
  private static final long SHORT_WATCH = Duration.ofSeconds(1).toNanos();
  private static final int SHORT_WATCHES_BEFORE_LIST = 3;

  private static final long LOG_AGAIN = Duration.ofMinutes(1).toNanos();

  private record Status(boolean watching, Instant since, @Nullable RetrieveException lastError) {}

  private final String name;
  private final ListerWatcher<T> source;
  private final Cache<T> cache;
  private final Clock clock;
  private final InformerMetrics metrics;
  private final Backoff backoff;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition(); // stopped or syncTold
  private boolean syncTold; // guarded by lock: the first list is in the store, and the listeners were told
  private volatile boolean stopped;
  private volatile Status status;
  private volatile @Nullable Long lastEvent; // nanoTime

  // used by the reflector's thread alone
  private @Nullable String version; // null before the first list
  private boolean listDue = true;
  private boolean newestDue; // the next list must not ask for a version
  private int shortWatches;
  private @Nullable Reason lastLogged;
  private long lastLoggedAt;

  Reflector(String name, ListerWatcher<T> source, UnaryOperator<T> transform, List<Index<T>> indexes, Clock clock,
      InformerMetrics metrics) {
    this.name = name;
    this.source = source;
    this.cache = new Cache<>(name, transform, indexes, clock, metrics);
    this.metrics = metrics;
    this.clock = clock;
    this.backoff = new Backoff(clock, () -> ThreadLocalRandom.current().nextDouble());
    this.status = new Status(false, clock.now(), null);
  }

  Store<T> store() {
    return cache.store();
  }

  void addListener(InformerListener<? super T> listener) {
    cache.addListener(listener);
  }

  void removeListener(InformerListener<? super T> listener) {
    cache.removeListener(listener);
  }

  InformerHealth health() {
    Status now = status;
    Long event = lastEvent;
    Instant lastEventAt = event == null ? null : clock.now().minusNanos(clock.nanoTime() - event);
    return new InformerHealth(cache.synced(), now.watching, now.since, lastEventAt, now.lastError,
        cache.applying(), store().size(), cache.undecodable());
  }

  long storeBytes() {
    return cache.storeBytes();
  }

  boolean awaitSynced(long nanos) throws InterruptedException {
    long deadline = clock.nanoTime() + nanos;
    lock.lock();
    try {
      while (!syncTold && !stopped) {
        long left = deadline - clock.nanoTime();
        if (left <= 0) {
          return false;
        }
        clock.await(lock, changed, left);
      }
      return syncTold;
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    stopped = true; // first: for the lock there may be no memory
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    Loop.run(log, "informer {}: dealing with a failure failed; it goes on", name, () -> {
      if (!stopped) {
        listAndWatch();
      }
      return !stopped;
    });
    setWatching(false, status.lastError);
  }

  private void listAndWatch() {
    boolean watching = false;
    try {
      cache.catchUp();
      if (listDue) {
        list();
      }
      if (!stopped) { // a listener may have swallowed the interrupt
        watching = true;
        watch();
      }
    } catch (RetrieveException e) {
      pauseAfter(e, watching);
    } catch (InterruptedException e) { // by stop(), or by somebody who has no business here
      pauseAfter(new RetrieveException(Reason.UNKNOWN, "the informer's thread was interrupted", null, e), watching);
    } catch (Throwable t) { // a source may throw anything; if one event makes it throw, watching on would end there again
      listDue = true;
      pauseAfter(new RetrieveException(Reason.UNKNOWN, "unexpected: " + t, null, t), watching);
    }
  }

  private void list() throws RetrieveException, InterruptedException {
    // "0" lets the server answer from its cache. It may be behind what was seen before, so later lists ask for at least
    // the last version; the newest is for when that version is unknown to the server.
    String atLeast = newestDue ? null : version == null ? "0" : version;
    setWatching(false, status.lastError);
    Cache<T>.Staging staging = cache.stage();
    String listed;
    try {
      listed = source.list(new ListOptionsBuilder().withResourceVersion(atLeast).build(), staging);
    } catch (RetrieveException e) {
      newestDue |= switch (e.reason()) {
        case GONE, VERSION_TOO_LARGE, REJECTED -> true;
        default -> false;
      };
      throw e;
    }
    Objects.requireNonNull(listed, "the ListerWatcher returned no version for its list");
    boolean first = !cache.synced();
    metrics.listed(first);
    listDue = !cache.replace(staging); // what a list leaves open is for the next one, after this watch
    version = listed;
    newestDue = false;
    shortWatches = 0;
    lastEvent = clock.nanoTime();
    log.info(first ? "informer {}: synced with {} objects at version {}"
        : "informer {}: listed again with {} objects at version {}", name, store().size(), listed);
    lock.lock();
    try {
      syncTold = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void watch() throws RetrieveException, InterruptedException {
    ListOptions options = new ListOptionsBuilder()
        .withResourceVersion(version)
        .withAllowWatchBookmarks(true)
        .withTimeoutSeconds(ThreadLocalRandom.current().nextLong(WATCH_SECONDS_MIN, WATCH_SECONDS_MAX + 1))
        .build();
    Events events = new Events();
    long start = clock.nanoTime();
    try {
      source.watch(options, events);
      events.accepted = true;
    } catch (RetrieveException e) {
      // none of these is mended by watching on from the same version
      listDue |= switch (e.reason()) {
        case GONE, NOT_FOUND, REJECTED, UNDECODABLE -> true;
        case VERSION_TOO_LARGE -> newestDue = true;
        default -> false;
      };
      throw e;
    } finally {
      // an opening that took long to fail is no sign of health
      events.healthy |= events.accepted && clock.nanoTime() - start >= SHORT_WATCH;
      if (events.healthy) {
        shortWatches = 0;
        backoff.reset();
        lastLogged = null;
      }
    }
    if (!events.healthy) {
      listDue |= ++shortWatches % SHORT_WATCHES_BEFORE_LIST == 0;
      throw new RetrieveException(Reason.CONNECTION_LOST,
          "the server ended the watch of " + name + " at once and without an event");
    }
    events.opened(); // also of a source that never said so
    metrics.watchEnded(null);
  }

  private void pauseAfter(RetrieveException failure, boolean watching) {
    if (stopped) {
      return;
    }
    if (watching) {
      metrics.watchEnded(failure.reason());
    } else {
      metrics.listFailed(failure.reason());
    }
    setWatching(false, failure);
    cache.failed(failure);
    boolean over = failure.reason() == Reason.CLIENT_CLOSED; // then it waits for stop()
    long delay = over ? Durations.LONGEST : backoff.after(failure);
    if (over) {
      log.error("informer {}: {}: {}; it does not try again", name, failure.reason(), failure.getMessage());
    } else {
      log(failure, delay);
    }
    lock.lock();
    try {
      long end = clock.nanoTime() + delay;
      for (long left = delay; left > 0 && !stopped; left = end - clock.nanoTime()) {
        clock.await(lock, changed, left);
      }
    } catch (InterruptedException e) {
      log.debug("informer {}: interrupted", name);
    } finally {
      lock.unlock();
    }
  }

  /** Says each new reason at once, the same one once a minute. */
  private void log(RetrieveException failure, long delay) {
    long now = clock.nanoTime();
    if (failure.reason() == lastLogged && now - lastLoggedAt < LOG_AGAIN) {
      log.debug("informer {}: {}: {}", name, failure.reason(), failure.getMessage());
      return;
    }
    lastLogged = failure.reason();
    lastLoggedAt = now;
    log.warn("informer {}: {}: {}; trying again in {} ms", name, failure.reason(), failure.getMessage(),
        Duration.ofNanos(delay).toMillis(), failure.reason() == Reason.UNKNOWN ? failure : null);
  }

  private void setWatching(boolean watching, @Nullable RetrieveException error) {
    Status before = status;
    status = new Status(watching, before.watching == watching ? before.since : clock.now(), error);
  }

  private final class Events implements WatchSink<T> {

    private boolean accepted;
    private boolean healthy;

    @Override
    public void opened() {
      accepted = true;
      if (!status.watching) {
        log.info("informer {}: watching from version {}", name, version);
        setWatching(true, null);
      }
    }

    private void seen(@Nullable String newVersion) {
      opened();
      healthy = true;
      lastEvent = clock.nanoTime();
      if (stopped) {
        Thread.currentThread().interrupt(); // once more, for the source: a listener may have swallowed the first
      }
      if (newVersion == null) {
        return;
      }
      if (version != null && isOlder(newVersion, version)) {
        // a server that was set back to an older state, or one that knows no versions
        listDue = true;
        newestDue = true;
      }
      version = newVersion;
    }

    @Override
    public void decoded(int bytes, long nanos) {
      cache.decoded(bytes, nanos);
    }

    @Override
    public void added(T object) {
      cache.put(object);
      seen(Cache.versionOf(object));
    }

    @Override
    public void modified(T object) {
      added(object);
    }

    @Override
    public void deleted(T object) {
      listDue |= !cache.delete(object);
      seen(Cache.versionOf(object));
    }

    @Override
    public void bookmark(String resourceVersion) {
      seen(resourceVersion);
    }

    @Override
    public void undecodable(Undecodable object) {
      listDue |= !cache.undecodable(object);
      seen(object.resourceVersion());
    }
  }

  /** Whether both are decimal numbers, as KEP-5504 promises, and {@code a} is the smaller; versions may be of any size. */
  static boolean isOlder(String a, String b) {
    if (!isNumber(a) || !isNumber(b)) {
      return false;
    }
    return a.length() != b.length() ? a.length() < b.length() : a.compareTo(b) < 0;
  }

  private static boolean isNumber(String version) {
    for (int i = 0; i < version.length(); i++) { // for each event: a stream took a fifth of the informer's time
      if (version.charAt(i) < '0' || version.charAt(i) > '9') {
        return false;
      }
    }
    return !version.isEmpty();
  }
}
