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
    if (source instanceof Namespaces<T> several) {
      this.source = several.source();
      several.names().forEach(part -> add(part, null));
      this.selected = several.selected() == null ? null : namespaces(several.selected(), recorder);
      if (selected == null) {
        cache.expectNoMore();
      }
    } else {
      this.source = all -> source;
      this.selected = null;
      add(ObjectStore.ALL, null);
    }
  }

  private Informer<Namespace> namespaces(Retriever<Namespace> namespaces, MetricsRecorder recorder) {
    Informer<Namespace> informer = Informer.builder(namespaces)
        .name(name + "-namespaces").clock(clock).metrics(recorder).mayAsk(mayAsk).build();
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
        monitor.signal();
      }
    });
    return informer;
  }

  private Running<T> add(String part, @Nullable Thread before) {
    chosen.add(part);
    cache.store.expect(part); // first: if what follows fails, nothing of it was listed
    Running<T> added = new Running<>(new Reflector<>(part.isEmpty() ? name : name + " in " + part, part,
        source.apply(part), cache, clock, mayAsk, monitor::signal), before);
    running.put(part, added);
    return added;
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
    try {
      if (one.before != null) {
        awaitEnd(one.before); // it tells the deletes first, whoever drops this one meanwhile
        one.before = null;
      }
      one.reflector.run(); // which returns at once if it was stopped before
    } finally {
      Loop.run(log, "informer {}: to tell the deletes of a namespace failed; it is tried again", name,
          () -> one.dropped && !leave(part));
      monitor.run(() -> {
        if (one.dropped) {
          running.remove(part, one);
        }
        threads.remove(Thread.currentThread());
        if (closed && threads.isEmpty()) {
          cache.close();
        }
      });
    }
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
      cache.store.listed(part);
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

  /** A namespace is selected. */
  private void begin(String namespace) {
    monitor.run(() -> {
      Running<T> known = running.get(namespace);
      if (closed || known != null && !known.dropped && known.thread != null) {
        return;
      }
      start(namespace, add(namespace, known == null ? null : known.last()));
    });
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
      monitor.signal();
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
    return lists(key, () -> true);
  }

  /** Whether it lists a key and has done so once: at one moment, since namespaces come and go. */
  boolean hasListed(ObjectKey key) {
    return lists(key, () -> cache.synced(key));
  }

  private boolean lists(ObjectKey key, BooleanSupplier and) {
    @Nullable Reflector<T> lister = monitor.get(() -> {
      Running<T> one = running.get(cache.store.partOf(key));
      return one == null || one.dropped || !and.getAsBoolean() ? null : one.reflector;
    });
    return lister != null && lister.mayHave(key); // without the monitor: it asks code of users
  }

  /** A shard was gained. */
  void gained() {
    monitor.run(() -> running.values().forEach(one -> one.reflector.gained()));
  }

  boolean isOfThis(Thread thread) {
    return monitor.get(() -> threads.contains(thread));
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
        || monitor.get(() -> running.values().stream().anyMatch(one -> !one.dropped && one.ended()));
  }

  /** Waits for the threads, at most a few seconds, unless it is called by one of them. */
  void close() {
    closed = true; // first: for the lock there may be no memory
    List<Running<T>> all = monitor.change(() -> {
      if (threads.isEmpty()) {
        cache.close();
      }
      return List.copyOf(running.values());
    });
    all.forEach(Running::stop);
    if (selected != null) {
      selected.close();
    }
    List<Thread> others = monitor.get(() -> List.copyOf(threads));
    if (!others.contains(Thread.currentThread())) { // a listener closes its own informer
      join(others);
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
