package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.clock.Clock;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Runs a reflector in the test's own thread, against lists and watches that the test wrote down: time passes only as the
 * script says or as the reflector waits, and the reflector is stopped when it asks for more than there is.
 */
final class Script implements ListerWatcher<ConfigMap>, Clock {

  interface Listing {
    String list(Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException;
  }

  interface Asking {
    void ask() throws RetrieveException, InterruptedException;
  }

  interface Watching {
    void watch(Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException;
  }

  /** What the reflector did: {@code list 0}, {@code watch 5}, {@code pause}. */
  final List<String> calls = new ArrayList<>();
  final List<Duration> pauses = new ArrayList<>();
  final List<Duration> listedAt = new ArrayList<>();
  final List<ListOptions> watchOptions = new ArrayList<>();
  final Recorder recorder = new Recorder();
  final Cache<ConfigMap> cache;
  final Reflector<ConfigMap> reflector;
  private final Deque<Listing> listings = new ArrayDeque<>();
  private final Deque<Asking> askings = new ArrayDeque<>();
  Asking otherwise = () -> {}; // the server knows the version
  private final Deque<Watching> watchings = new ArrayDeque<>();
  private long nanos;

  InformerHealth health() {
    Reflector.Connection now = reflector.connection();
    return new InformerHealth(cache.synced(), cache.store.missing(), now.watching(), now.since(), now.lastEvent(),
        now.lastError(), cache.applying(), cache.store.size(), cache.undecodable());
  }

  Script() {
    this(UnaryOperator.identity());
  }

  Script(UnaryOperator<ConfigMap> transform) {
    cache = new Cache<>("test", transform, List.of(), false, this, null);
    cache.addListener(recorder);
    reflector = new Reflector<>("test", ObjectStore.ALL, this, cache, this, Informer.oneASecond(this));
  }

  Script list(Listing listing) {
    listings.add(listing);
    return this;
  }

  /** A list of these at that version. */
  Script list(Object version, ConfigMap... objects) {
    return list(sink -> {
      List.of(objects).forEach(object -> sink.accept(SourceEvent.added(object)));
      return version.toString();
    });
  }

  /** What the next question meets; when there is no more of these, it meets {@link #otherwise}. */
  Script ask(Asking asking) {
    askings.add(asking);
    return this;
  }

  Script watch(Watching watching) {
    watchings.add(watching);
    return this;
  }

  /** A watch that lasts for half a minute and brings nothing. */
  Script quietWatch() {
    return watch(sink -> {
      sink.accept(SourceEvent.opened());
      pass(Duration.ofSeconds(25));
    });
  }

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  static RetrieveException fault(Reason reason) {
    return new RetrieveException(reason, "scripted " + reason);
  }

  /** Runs to the end of the script and returns what the reflector did. */
  List<String> run() {
    reflector.run();
    boolean interrupted = Thread.interrupted();
    if (interrupted) {
      calls.add("interrupted");
    }
    return calls;
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    if (options.getLimit() != null && options.getLimit() == 1) {
      calls.add("ask " + options.getResourceVersion());
      Asking question = askings.poll();
      (question == null ? otherwise : question).ask();
      return "whatever";
    }
    Listing next = listings.poll();
    if (next == null) {
      reflector.stop();
      throw new InterruptedException("the script is over");
    }
    calls.add((options.getLimit() == null ? "list " : "paged list ") + options.getResourceVersion());
    listedAt.add(Duration.ofNanos(nanos));
    return next.list(sink);
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
    Watching next = watchings.poll();
    if (next == null) {
      reflector.stop();
      throw new InterruptedException("the script is over");
    }
    calls.add("watch " + options.getResourceVersion());
    watchOptions.add(options);
    next.watch(sink);
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public void await(Lock lock, Condition condition, long timeout) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    calls.add("pause");
    pauses.add(Duration.ofNanos(timeout));
    nanos += timeout;
  }
}
