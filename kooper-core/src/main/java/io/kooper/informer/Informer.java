package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Pace;
import io.kooper.internal.Refusals;
import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link Store} true to what a {@link Retriever} lists and watches, and tells {@link InformerListener}s of every
 * change. The package's page says exactly what is promised.
 *
 * <p>It works from {@link #start()} to {@link #close()} on a thread of its own, or on one for each namespace that is listed on
 * its own. It heals itself: a failed list or watch is tried again for ever, with a back-off. A closed informer cannot be started
 * again. All methods may be called from any thread.
 *
 * <pre>{@code
 * try (Informer<Pod> informer = Informer.builder(Retriever.of(client, Pod.class)).build()) {
 *   informer.start();
 *   informer.awaitSynced(Duration.ofSeconds(30));
 *   informer.store().list().forEach(pod -> System.out.println(pod.getMetadata().getName()));
 * }
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public final class Informer<T extends HasMetadata> implements AutoCloseable {

  private enum Life { NEW, STARTED, CLOSED }

  private final String name;
  private final Clock clock;
  private final MetricsRecorder recorder;
  final Cache<T> cache;
  private final Reflectors<T> reflectors;
  private final boolean byNamespace;
  private volatile Life state = Life.NEW; // written under this

  private Informer(Builder<T> builder) {
    this.name = builder.name;
    this.clock = builder.clock;
    this.recorder = builder.recorder;
    this.byNamespace = builder.source instanceof Namespaces;
    this.cache = new Cache<>(name, builder.transform, builder.indexes, byNamespace, builder.clock, builder.shards);
    this.reflectors = new Reflectors<>(name, builder.source, cache, builder.clock, builder.recorder,
        builder.mayAsk == null ? oneASecond(builder.clock) : builder.mayAsk);
  }

  /** Says yes once a second: for several informers to share as {@link Builder#mayAsk}. */
  public static BooleanSupplier oneASecond(Clock clock) {
    Pace pace = new Pace(Duration.ofSeconds(1).toNanos(), clock.nanoTime());
    return () -> pace.passes(clock.nanoTime());
  }

  /** An informer of what {@code retriever} retrieves. */
  public static <T extends HasMetadata> Builder<T> builder(Retriever<T> retriever) {
    return new Builder<>(retriever);
  }

  /**
   * Starts to list and watch, and returns at once.
   *
   * @throws IllegalStateException when it was started or closed before
   */
  public synchronized void start() {
    if (state != Life.NEW) {
      throw new IllegalStateException("informer " + name + " was " + (state == Life.CLOSED ? "closed" : "started")
          + " before: build a new one");
    }
    cache.metrics.tryOpen(() -> recorder.informer(name, new Figures()));
    reflectors.start();
    state = Life.STARTED;
  }

  /** Names it in logs, threads and metrics. */
  public String name() {
    return name;
  }

  /** What is in the cluster, as last seen. Empty until the first list is complete. */
  public Store<T> store() {
    return cache.store;
  }

  /** As {@code Controller.onShared}; of several observers the last one is told. */
  public void onShared(Consumer<? super T> observer) {
    Guard guard = Guard.ofObjects(Log.of(Informer.class), "informer " + name + ": who is told of shared objects");
    cache.states.onShared(object -> guard.run(() -> observer.accept(object)));
  }

  /** Whether a version of this key, or a newer one, was seen; false when the two cannot be compared. */
  public boolean hasSeen(ObjectKey key, String version) {
    return reflectors.hasSeen(key, version);
  }

  /** Whether this version, or a newer one, was seen of all that it lists and watches; false when the two cannot be compared. */
  public boolean hasSeen(String version) {
    return reflectors.hasSeen(version);
  }

  /** How it is doing. */
  public InformerHealth health() {
    return reflectors.health();
  }

  /** Whether the object of this key is in {@link InformerHealth#undecodable}. */
  public boolean isUndecodable(ObjectKey key) {
    return cache.isUndecodable(key);
  }

  /** The size of the store's objects as JSON, estimated from those that came; 0 if the source hands over Java objects. */
  public long storeBytes() {
    return Math.round(cache.states.meanBytes() * cache.store.size());
  }

  /**
   * Waits until the store has been complete once and every listener was told of it.
   *
   * @return whether it is so; false when the time is over or the informer was closed
   */
  public boolean awaitSynced(Duration timeout) throws InterruptedException {
    return reflectors.awaitSynced(Durations.nanos(timeout));
  }

  /**
   * Whether what is listed together with {@code key} has been listed, its namespace if each is listed on its own, else all, and
   * the listeners were told of it. If its namespace is not listed, or it has none, all have to be. With {@link Builder#shards},
   * of the objects of its shard.
   */
  public boolean synced(ObjectKey key) {
    return reflectors.synced(key);
  }

  /** Whether an object of this key may be listed. False in a namespace that is not selected, or not yet known to be. */
  public boolean lists(ObjectKey key) {
    return reflectors.lists(key);
  }

  /** Whether the namespace of {@code key} is listed, and {@link #synced}: at one moment, since it might be selected meanwhile. */
  public boolean hasListed(ObjectKey key) {
    return reflectors.hasListed(key);
  }

  /**
   * Keeps the objects of a shard until {@link #drop} or the removal of {@code user}, and tells them once a list has brought
   * them. Without {@link Builder#shards} it keeps all anyway.
   *
   * @param user who needs them: a shard is kept for as long as somebody does
   * @return false when what the store had of this shard is still to be dropped: then ask again
   */
  public boolean keep(int shard, KeyListener<T> user) {
    boolean kept = cache.keep(shard, user);
    if (kept) {
      reflectors.gained();
    }
    return kept;
  }

  /** This user needs the objects of a shard no more. If nobody does they are dropped, which is not told as deletes. */
  public void drop(int shard, KeyListener<T> user) {
    cache.drop(shard, user);
  }

  /** The shards that are kept, and whose objects have not all been listed yet. */
  public Set<Integer> lacking() {
    return cache.lacking();
  }

  /** Whether the calling thread is one of the informer's, as in a listener. */
  public boolean isCalledByListener() {
    return isOfThis(Thread.currentThread());
  }

  boolean isOfThis(Thread thread) {
    return reflectors.isOfThis(thread);
  }

  /** Whether each namespace is listed on its own, so that some objects are told long before others. */
  public boolean byNamespace() {
    return byNamespace;
  }

  /**
   * Tells {@code listener} of every object in the store, in this thread, then of every change.
   *
   * @throws IllegalStateException when the informer was closed
   */
  public void addListener(InformerListener<? super T> listener) {
    refuseIfClosed();
    cache.addListener(Objects.requireNonNull(listener, "listener"));
  }

  /** As {@link #addListener(InformerListener)}, without binding anything. It is told until the informer is closed. */
  public void addListener(KeyListener<T> listener) {
    refuseIfClosed();
    cache.addListener(Objects.requireNonNull(listener, "listener"));
  }

  private void refuseIfClosed() {
    if (state == Life.CLOSED) {
      throw new IllegalStateException("informer " + name + " is closed: a listener would never hear anything");
    }
  }

  /** Removes a listener. Does not wait: a call that has begun goes on. */
  public void removeListener(KeyListener<T> listener) {
    cache.removeListener(listener);
  }

  /** A listener of objects as one of keys, for this informer. */
  public KeyListener<T> keyListener(InformerListener<? super T> listener) {
    return new ObjectListener<T>(listener, cache.store);
  }

  /** After this returns, {@code listener} is told nothing more. */
  public void removeListener(InformerListener<? super T> listener) {
    cache.removeListener(listener);
  }

  /** Whether one of its threads has ended. Before {@link #close()} that means that something is broken. */
  public boolean ended() {
    return reflectors.ended();
  }

  /** Stops listing and watching. The store stays readable. Waits for its threads, at most a few seconds. */
  @Override
  public void close() {
    close(true);
  }

  /** @param waits for its threads, if it is none of these that calls */
  void close(boolean waits) {
    synchronized (this) {
      state = Life.CLOSED;
    }
    reflectors.close(waits);
    cache.metrics.close("kooper-" + name + "-metrics");
  }

  private final class Figures implements InformerFigures {

    @Override
    public int objects() {
      return store().size();
    }

    @Override
    public long storeBytes() {
      return Informer.this.storeBytes();
    }

    @Override
    public boolean synced() {
      return cache.synced();
    }

    @Override
    public boolean watching() {
      return health().watching();
    }

    @Override
    public @Nullable Duration sinceLastEvent() {
      Instant last = health().lastEvent();
      return last == null ? null : Duration.between(last, clock.now());
    }
  }

  /**
   * Collects what an informer needs.
   *
   * @param <T> the type of the objects
   */
  public static final class Builder<T extends HasMetadata> {

    private final ListerWatcher<T> source;
    private String name;
    private @Nullable UnaryOperator<T> transform;
    private final List<Index<T>> indexes = new ArrayList<>();
    private Clock clock = Clock.system();
    private MetricsRecorder recorder = MetricsRecorder.NONE;
    private @Nullable BooleanSupplier mayAsk;
    private @Nullable ShardKeys shards;

    private Builder(Retriever<T> retriever) {
      this.source = Objects.requireNonNull(retriever.listerWatcher(), "the retriever has no ListerWatcher");
      this.name = retriever.plural();
    }

    /** For its thread and its log lines. Default: the resource's plural. */
    public Builder<T> name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * What to do with each object before it is stored, usually to drop what nobody reads. It may modify and return its
     * argument; it must leave name, namespace, uid and resourceVersion alone. An object for which it throws counts as
     * undecodable. Default: nothing.
     */
    public Builder<T> transform(UnaryOperator<T> transform) {
      this.transform = Objects.requireNonNull(transform, "transform");
      return this;
    }

    /**
     * Lets {@link Store#byIndex} find objects by values that {@code values} takes from them; called on the informer's thread. An
     * object for which it throws is stored and told of all the same, and a warning logged. Default: no index.
     */
    public Builder<T> index(String name, Function<? super T, ? extends Collection<String>> values) {
      this.indexes.add(new Index<>(
          Objects.requireNonNull(name, "name"), Objects.requireNonNull(values, "values"), indexes.size()));
      return this;
    }

    /** Default: {@link Clock#system()}. */
    public Builder<T> clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /** What takes its figures from the start to the end. What it throws is logged. Default: nothing. */
    public Builder<T> metrics(MetricsRecorder recorder) {
      this.recorder = Objects.requireNonNull(recorder, "metrics");
      return this;
    }

    /**
     * Whether a question may be sent to the API server now. After a failure, and of a source that has long been quiet, the
     * informer asks whether the server still knows the last version. Default: {@link #oneASecond} of its own.
     */
    public Builder<T> mayAsk(BooleanSupplier mayAsk) {
      this.mayAsk = Objects.requireNonNull(mayAsk, "mayAsk");
      return this;
    }

    /**
     * Keeps only objects of the shards that {@link Informer#keep} names: the others are dropped from their bytes. Default: all
     * are kept.
     */
    public Builder<T> shards(ShardKeys shards) {
      this.shards = Objects.requireNonNull(shards, "shards");
      return this;
    }

    /**
     * Makes the informer.
     *
     * @throws IllegalArgumentException when the name is blank, or two indexes have one name
     */
    public Informer<T> build() {
      Refusals wrong = new Refusals();
      wrong.unlessName("name", name);
      Set<String> names = new HashSet<>();
      indexes.forEach(index -> wrong.unlessName("the name of an index", index.name));
      indexes.forEach(index -> wrong.addIf(!names.add(index.name), "there are two indexes \"" + index.name + '"'));
      wrong.refuse("an informer");
      return new Informer<>(this);
    }
  }
}
