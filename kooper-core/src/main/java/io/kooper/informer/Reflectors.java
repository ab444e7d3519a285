package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.kooper.clock.Clock;
import io.kooper.informer.Reflector.Connection;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.internal.Threads;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The reflectors of one informer, each on a thread of its own: one, or one for each namespace. If the namespaces are selected,
 * an informer of them starts and ends reflectors.
 */
final class Reflectors<T extends HasMetadata> {

  private static final Log log = Log.of(Informer.class);

  /** A list or watch that heeds interrupts ends at once; this is for the others. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** How long until a listener that failed to take deletes is told them again. */
  private static final long AGAIN = Duration.ofSeconds(5).toNanos();

  private static final Clock OF_THREADS = Clock.system(); // which end in their own time

  private static final class Running<T extends HasMetadata> {
    private final Reflector<T> reflector;
    private @Nullable Thread before; // listed the namespace when it was selected earlier: it ends first
    private @Nullable Thread thread; // null before the start
    private volatile boolean dropped; // the namespace is no longer selected

    Running(Reflector<T> reflector, @Nullable Thread before) {
      this.reflector = reflector;
      this.before = before;
    }

    @Nullable Thread last() {
      return thread == null ? before : thread;
    }

    void stop() {
      reflector.stop();
      if (thread != null) {
        thread.interrupt();
      }
    }

    boolean ended() {
      return thread != null && thread.getState() == Thread.State.TERMINATED;
    }
  }

  private final String name;
  private final Cache<T> cache;
  private final Clock clock;
  private final BooleanSupplier mayAsk;
  private final Function<String, ListerWatcher<T>> source;
  private final @Nullable Informer<Namespace> selected;

  private final Monitor monitor;
  private final Map<String, Running<T>> running = new LinkedHashMap<>(); // by the part of the store; guarded by the monitor
  private final Set<String> chosen = new HashSet<>(); // the parts that are to be listed; guarded by the monitor
  private final Set<Thread> threads = new HashSet<>(); // that have not ended; guarded by the monitor
  private volatile boolean closed;

  Reflectors(String name, ListerWatcher<T> source, Cache<T> cache, Clock clock, MetricsRecorder recorder,
      BooleanSupplier mayAsk) {
    this.name = name;
    this.cache = cache;
    this.clock = clock;
    this.mayAsk = mayAsk;
    this.monitor = new Monitor(clock);
    cache.told = monitor::signal;
    if (source instanceof Namespaces<T> several) {
      this.source = several.source();
      several.names().forEach(this::add);
      this.selected = several.selected() == null ? null : namespaces(several.selected(), recorder);
      if (selected == null) {
        cache.expectNoMore();
      }
    } else {
      this.source = all -> source;
      this.selected = null;
      add(ObjectStore.ALL);
    }
  }

  private Informer<Namespace> namespaces(Retriever<Namespace> namespaces, MetricsRecorder recorder) {
    Informer<Namespace> informer = Informer.builder(namespaces)
        .name(name + "-namespaces").clock(clock).metrics(recorder).mayAsk(mayAsk).build();
    informer.cache.dependent = cache;
    informer.addListener(new InformerListener<Namespace>() {
      @Override
      public void added(Namespace namespace, boolean initial) {
        begin(namespace.getMetadata().getName());
      }

      @Override
      public void updated(Namespace before, Namespace after) {}

      @Override
      public void deleted(Namespace namespace) {
        drop(namespace.getMetadata().getName());
      }

      @Override
      public void synced() {
        cache.expectNoMore();
      }
    });
    return informer;
  }

  private void add(String part) {
    chosen.add(part);
    cache.store.expect(part);
    running.put(part, new Running<>(reflector(part), null));
  }

  private Reflector<T> reflector(String part) {
    return new Reflector<>(part.isEmpty() ? name : name + " in " + part, part, source.apply(part), cache, clock, mayAsk);
  }

  void start() {
    monitor.run(() -> running.forEach(this::start));
    if (selected != null) {
      selected.start();
    }
  }

  /** In the monitor. */
  private void start(String part, Running<T> one) {
    if (one.thread != null) {
      return;
    }
    String thread = "kooper-" + name + "-informer" + (part.isEmpty() ? "" : "-" + part);
    one.thread = Threads.start(thread, () -> run(part, one)); // its end waits for the monitor
    threads.add(one.thread);
  }

  private void run(String part, Running<T> one) {
    Loop.Step end = () -> end(part, one); // now, since at the end there may be no memory
    try {
      if (one.before != null) {
        awaitEnd(one.before); // it tells the deletes first, whoever drops this one meanwhile
        one.before = null;
      }
      one.reflector.run(); // which returns at once if it was stopped before
    } finally {
      Loop.run(log, "informer {}: the end of a reflector failed; it is tried again", name, end);
    }
  }

  /** Whether there is more to do. */
  private boolean end(String part, Running<T> one) {
    Thread.interrupted(); // what it interrupted has ended: the listeners are told more
    if (one.dropped && !leave(part)) {
      return true;
    }
    monitor.run(() -> {
      if (one.dropped) {
        running.remove(part, one);
      }
      threads.remove(Thread.currentThread());
      if (closed && threads.isEmpty()) {
        cache.close();
      }
    });
    return false;
  }

  /** Tells the deletes of a part that was dropped. Returns whether all have taken them, or somebody else will see to it. */
  private boolean leave(String part) {
    monitor.run(() -> expect(part));
    if (cache.drop(part)) {
      return true;
    }
    try { // this may be the last thread, and nobody else would tell them again
      return monitor.await(() -> closed || chosen.contains(part), AGAIN);
    } catch (InterruptedException e) { // the one that ended the reflector, or that of close()
      return closed;
    }
  }

  /** From now on a part is missing if it is selected: what the store has of it is dropped. In the monitor. */
  private void expect(String part) {
    if (chosen.contains(part)) {
      cache.store.expect(part); // again, since an earlier list of it may just have come
    } else {
      cache.store.expectNot(part);
    }
  }

  private static void awaitEnd(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A namespace is selected. On the thread of their informer, as {@link #drop}. */
  private void begin(String namespace) {
    boolean isNew = monitor.change(() -> {
      Running<T> known = running.get(namespace);
      if (closed || known != null && !known.dropped && known.thread != null) {
        return false;
      }
      chosen.add(namespace);
      cache.store.expect(namespace); // first: if what follows fails, nothing of it was listed
      return true;
    });
    if (isNew) {
      Reflector<T> next = reflector(namespace); // without the monitor: it asks code of users
      monitor.run(() -> {
        Running<T> known = running.get(namespace);
        Running<T> one = new Running<>(next, known == null ? null : known.last());
        running.put(namespace, one);
        if (!closed) {
          start(namespace, one);
        }
      });
    }
  }

  /** A namespace is no longer selected: its objects are told as deletes once its reflector has ended. */
  private void drop(String namespace) {
    boolean begun = monitor.change(() -> {
      chosen.remove(namespace);
      Running<T> one = running.get(namespace);
      if (one != null) {
        one.dropped = true;
        one.stop();
      }
      expect(namespace);
      return one != null && one.thread != null;
    });
    if (!begun) {
      cache.drop(namespace);
    }
  }

  boolean awaitSynced(long nanos) throws InterruptedException {
    monitor.await(() -> cache.syncedAndTold() || closed, nanos);
    return cache.syncedAndTold();
  }

  boolean hasSeen(ObjectKey key, String version) {
    return monitor.get(() -> {
      Running<T> one = running.get(cache.store.partOf(key));
      return one != null && one.reflector.hasSeen(version);
    });
  }

  boolean hasSeen(String version) {
    return monitor.get(() -> (selected == null || selected.hasSeen(version))
        && running.values().stream().allMatch(one -> one.dropped || one.reflector.hasSeen(version)));
  }

  boolean lists(ObjectKey key) {
    Running<T> one = monitor.get(() -> lister(key));
    return one != null && one.reflector.mayHave(key); // without the monitor: it asks code of users
  }

  /** Whether it lists the part of a key and has done so once: at one moment, since namespaces come and go. */
  boolean hasListed(ObjectKey key) {
    return monitor.get(() -> lister(key) != null && cache.synced(key, false));
  }

  /** Whether all that may be related to an object of this key has been listed: what is in no namespace of ours, to any. */
  boolean synced(ObjectKey key) {
    return monitor.get(() -> cache.synced(key, lister(key) == null));
  }

  private @Nullable Running<T> lister(ObjectKey key) {
    Running<T> one = running.get(cache.store.partOf(key));
    return one == null || one.dropped ? null : one;
  }

  /** A shard was gained. */
  void gained() {
    monitor.run(() -> running.values().forEach(one -> one.reflector.gained()));
  }

  boolean isOfThis(Thread thread) {
    return monitor.get(() -> threads.contains(thread)) || selected != null && selected.isOfThis(thread);
  }

  /** Of all: watching if all are, and the failure that matters most. */
  InformerHealth health() {
    List<Connection> each = new ArrayList<>(monitor.get(() -> running.values().stream().filter(one -> !one.dropped)
        .map(one -> one.reflector.connection()).toList()));
    if (selected != null) {
      InformerHealth ofThem = selected.health();
      each.add(new Connection(ofThem.watching(), ofThem.since(), ofThem.lastEvent(), ofThem.lastError()));
    }
    boolean watching = each.stream().allMatch(Connection::watching);
    Instant since = each.stream().filter(one -> one.watching() == watching).map(Connection::since)
        .max(watching ? Comparator.naturalOrder() : Comparator.reverseOrder()).orElseGet(clock::now);
    Instant heard = each.stream().anyMatch(one -> one.lastEvent() == null) ? null
        : each.stream().map(Connection::lastEvent).min(Comparator.naturalOrder()).orElse(null);
    RetrieveException error = each.stream().map(Connection::lastError).filter(Objects::nonNull)
        .max(Comparator.comparing(failure -> failure.reason() == Reason.CLIENT_CLOSED)).orElse(null);
    return new InformerHealth(cache.synced(), cache.store.missing(), watching, since, heard, error, cache.applying(),
        cache.store.size(), cache.undecodable());
  }

  boolean ended() {
    return selected != null && selected.ended()
        || monitor.get(() -> running.values().stream().anyMatch(Running::ended)); // one that ends well is out before
  }

  /** @param waits for the threads, at most a few seconds, unless it is called by one of them, as when a listener closes */
  void close(boolean waits) {
    closed = true; // first: for the lock there may be no memory
    boolean joins = waits && !isOfThis(Thread.currentThread());
    List<Thread> ending = new ArrayList<>(); // taken now: one that says it has ended may take a moment more
    List<Running<T>> all = monitor.change(() -> {
      if (threads.isEmpty()) {
        cache.close();
      }
      ending.addAll(threads);
      return List.copyOf(running.values());
    });
    all.forEach(Running::stop);
    if (selected != null) {
      selected.close(joins);
    }
    if (joins) {
      join(ending);
    }
  }

  private void join(List<Thread> others) {
    long end = OF_THREADS.nanoTime() + CLOSE_PATIENCE.toNanos();
    others.forEach(thread -> Threads.join(thread, Duration.ofNanos(end - OF_THREADS.nanoTime())));
    others.stream().filter(Thread::isAlive).forEach(thread ->
        log.warn("informer {} was closed, but its ListerWatcher ignores interrupts and still runs on thread {}",
            name, thread.getName()));
  }
}
