package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.clock.Clock;
import io.kooper.controller.OwnWrites.Write;
import io.kooper.controller.Relation.Calls;
import io.kooper.informer.Informer;
import io.kooper.informer.KeyListener;
import io.kooper.informer.ShardKeys;
import io.kooper.informer.SharedInformers;
import io.kooper.informer.State;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.Namespaces;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a controller lists and watches: its own objects, and the kinds that they are related to. */
final class Relations<T extends HasMetadata> {

  private static final Log log = Log.of(DefaultController.class);

  private final String controller;
  private final Clock clock;
  private final MetricsRecorder recorder;
  private final @Nullable BooleanSupplier mayAsk;
  private final SharedInformers shared;
  private final @Nullable Shards shards; // null: each process works on all
  private final Retriever<T> retriever;
  private final @Nullable Object namespaces; // how they are selected; null if they are not
  final Informer<T> primary;
  private final List<Relation<T, ?>> all;
  private final List<KeyListener<T>> listeners;
  private final Deque<Runnable> leaving = new ArrayDeque<>(); // what is left to do at the end; guarded by this

  /**
   * @param calls what a related object's change calls
   */
  Relations(String controller, ControllerBuilder<T> builder, ControllerDefaults defaults, @Nullable Shards shards,
      MetricsRecorder recorder, Calls calls) {
    this.controller = controller;
    this.retriever = builder.retriever;
    this.clock = builder.clock;
    this.recorder = recorder;
    this.mayAsk = defaults.mayAsk();
    this.shards = shards;
    this.shared = defaults.informers() == null ? new SharedInformers() : defaults.informers();
    boolean plain = builder.transform == null && builder.indexes.isEmpty(); // else its store is of use to nobody else
    Supplier<Informer<T>> own = () -> {
      Informer.Builder<T> informer = informer(retriever, controller, shards == null ? null : keys(shards, null));
      if (builder.transform != null) {
        informer.transform(builder.transform);
      }
      builder.indexes.forEach(informer::index);
      return informer.build();
    };
    this.primary = plain ? shared.use(retriever, shards == null ? List.of() : List.of(shards), own) : own.get();
    this.namespaces = selection(retriever);
    this.listeners = builder.listeners.stream().<KeyListener<T>>map(primary::keyListener).toList();
    this.all = builder.related.stream().<Relation<T, ?>>map(kind -> relation(kind, calls)).toList();
  }

  private <R extends HasMetadata> Informer.Builder<R> informer(Retriever<R> retriever, String name, @Nullable ShardKeys keys) {
    Informer.Builder<R> informer = Informer.builder(retriever).name(name).clock(clock).metrics(recorder);
    if (keys != null) {
      informer.shards(keys);
    }
    return mayAsk == null ? informer : informer.mayAsk(mayAsk);
  }

  private static ShardKeys keys(Shards shards, @Nullable Function<ObjectMeta, List<ObjectKey>> owners) {
    return new ShardKeys(shards.count(), key -> shards.of(key.namespace(), key.name()), owners);
  }

  private <R extends HasMetadata> Relation<T, R> relation(Relation.Kind<T, R> kind, Calls calls) {
    String name = kind.name();
    Retriever<R> retriever = kind.retriever();
    var owners = kind.owners();
    // another mapping than by owner is not known before it is asked
    ShardKeys keys = shards == null || owners == null ? null : keys(shards, owners);
    Informer<R> informer = shared.use(retriever, keys == null ? List.of() : List.of(shards, owners),
        () -> informer(retriever, controller + "-" + name, keys).build());
    var function = kind.options().projection;
    Projection<R> projection = function == null ? null : new Projection<>(function, ofObjects(name + ", onlyWhenChanged"));
    boolean together = namespaces != null && namespaces.equals(selection(retriever));
    return new Relation<>(kind, name, together, informer, projection, ofObjects(name + ", its mapping"), calls);
  }

  private static @Nullable Object selection(Retriever<?> retriever) {
    return retriever.listerWatcher() instanceof Namespaces<?> several && several.selected() != null
        ? several.selected().identity() : null;
  }

  /** Of functions that the builder was given. */
  Guard ofObjects(String what) {
    return Guard.ofObjects(log, "controller " + controller + ": " + what);
  }

  /** Tells the ledger first, then the others; {@code synced} once all that is required has been seen. */
  synchronized void listen(Ledger<T> ledger, Runnable synced) {
    leaving.add(() -> shared.release(primary, () -> {
      primary.removeListener(ledger);
      listeners.forEach(primary::removeListener);
    }));
    primary.addListener(ledger);
    all.forEach(relation -> {
      leaving.add(() -> shared.release(relation.informer, relation::leave));
      relation.listen();
    });
    listeners.forEach(primary::addListener);
    AtomicInteger left = new AtomicInteger(required().size());
    required().values().forEach(informer -> signal(informer, left, synced));
  }

  private <R extends HasMetadata> void signal(Informer<R> informer, AtomicInteger left, Runnable synced) {
    KeyListener<R> signal = new KeyListener<>() {
      private boolean counted;

      @Override
      public void changed(ObjectKey key, @Nullable State<R> gone, Origin origin) {}

      @Override
      public void missed(Origin origin) {}

      @Override
      public void synced() {
        if (!counted) {
          counted = true;
          left.decrementAndGet();
        }
        if (left.get() == 0) { // again, if that failed
          synced.run();
        }
      }
    };
    leaving.addFirst(() -> informer.removeListener(signal));
    informer.addListener(signal);
  }

  /** Whether the objects of a shard are listed from now on; false while what was kept of it before is still to be dropped. */
  boolean keep(int shard, Ledger<T> ledger) {
    return primary.keep(shard, ledger) && all.stream().allMatch(relation -> relation.keep(shard));
  }

  /** The objects of a shard are not needed any more. */
  void drop(int shard, Ledger<T> ledger) {
    primary.drop(shard, ledger);
    all.forEach(relation -> relation.drop(shard));
  }

  void start() {
    informers().forEach(shared::start);
  }

  /** Ends what nobody else uses. What fails, as without memory, is done again when this is called again. */
  synchronized void close() {
    for (Runnable next; (next = leaving.peek()) != null; leaving.remove()) {
      next.run();
    }
  }

  T copy(T object) {
    return retriever.copy(object);
  }

  /** Those whose objects must have been seen before a handler is called, and the name of what they inform of. */
  Map<String, Informer<?>> required() {
    Map<String, Informer<?>> required = new LinkedHashMap<>();
    required.put("objects", primary);
    all.stream().filter(relation -> !relation.optional()).forEach(relation -> required.put(relation.name, relation.informer));
    return required;
  }

  /** Whether a version was seen of all kinds; one that need not be there counts once it was. */
  boolean hasSeen(String version) {
    return required().values().stream().allMatch(one -> one.hasSeen(version))
        && informers().allMatch(one -> !one.health().synced() || one.hasSeen(version));
  }

  /** Whether all that must have been seen for this key was seen. */
  boolean ready(ObjectKey key) {
    for (Relation<T, ?> relation : all) { // for each call, as all loops below: a stream costs more than the rest of it
      if (!relation.ready(key)) {
        return false;
      }
    }
    return true;
  }

  /** Whether some objects are handled before all have been seen, since each namespace is listed on its own. */
  boolean byNamespace() {
    return informers().anyMatch(Informer::byNamespace);
  }

  Stream<Informer<?>> informers() {
    return Stream.concat(Stream.of(primary), all.stream().map(relation -> relation.informer));
  }

  /** Of the relation of this name, or the only one of this type. */
  <R extends HasMetadata> List<R> related(ObjectKey key, @Nullable String name, Class<R> wanted, Predicate<R> which) {
    List<Relation<T, ?>> found = all.stream()
        .filter(relation -> name == null ? relation.type() == wanted : relation.name.equals(name)).toList();
    if (found.size() != 1 || found.get(0).type() != wanted) {
      throw new IllegalArgumentException((found.isEmpty() ? "there is no relation" : found.size() > 1 ? "more than one relation"
          : "the relation is of another type than") + " " + wanted.getSimpleName() + (name == null ? "" : " \"" + name + '"')
          + "; there are " + all.stream().map(relation -> relation.name + " of " + relation.type().getSimpleName()).toList()
          + (found.isEmpty() ? ": declare it by owns, watches or references of the controller's builder" : ""));
    }
    @SuppressWarnings("unchecked") // its type is the one that is wanted
    Relation<T, R> relation = (Relation<T, R>) found.get(0);
    return relation.of(key, which);
  }

  /** All that a state references, in a fixed order. */
  List<String> referenced(T object) {
    return all.stream().flatMap(relation -> relation.referenced(object).stream().map(key -> relation.name + " " + key))
        .sorted().toList();
  }

  boolean refersAsBefore(ObjectKey key, T object) {
    for (Relation<T, ?> relation : all) {
      if (!relation.refersAsBefore(key, object)) {
        return false;
      }
    }
    return true;
  }

  void reset(Predicate<ObjectKey> which) {
    all.forEach(relation -> relation.reset(which));
  }

  /** Notes what the object references, before the handler reads the related stores. */
  void refer(ObjectKey key, T object) {
    for (Relation<T, ?> relation : all) {
      relation.refer(key, object);
    }
  }

  void forget(ObjectKey key) {
    all.forEach(relation -> relation.forget(key));
  }

  /** Where handlers see an object of a kind; {@code owned} if it names owners there. */
  private record View(Informer<?> informer, Function<ObjectKey, @Nullable State<?>> states, boolean owned) {}

  /**
   * Null if nobody watches its kind, or its namespace. Of several with selectors of their own it is the one that has the object,
   * or would relate it to an owner.
   */
  private @Nullable View view(HasMetadata object, ObjectKey key) {
    List<View> views = new ArrayList<>();
    if (retriever.isOf(object) && primary.lists(key)) {
      views.add(new View(primary, primary.store()::state, false));
    }
    all.stream().filter(relation -> relation.isOf(object) && relation.informer.lists(key))
        .forEach(relation -> views.add(new View(relation.informer, relation::state, relation.hasOwner(object))));
    return views.stream().filter(view -> view.states.apply(key) != null).findFirst()
        .or(() -> views.stream().filter(View::owned).findFirst())
        .or(() -> views.stream().findFirst()).orElse(null);
  }

  /** What has to be seen of an object that a call has written, surely or perhaps; null if nobody will see it. */
  @Nullable Write write(HasMetadata written, boolean own) {
    ObjectKey key = ObjectKey.of(written);
    String version = written.getMetadata().getResourceVersion();
    View view = version == null ? null : view(written, key);
    if (view == null) {
      return null;
    }
    String uid = written.getMetadata().getUid();
    State<?> before = view.states.apply(key);
    boolean wasThere = before != null && Objects.equals(before.uid(), uid);
    return new Write(view.informer, view.states, key, uid, version, wasThere, own);
  }

  /** The version in which handlers see an object now, or that of the last write if they do not see that yet; null for none. */
  @Nullable String seenVersion(HasMetadata object, List<Write> writes) {
    ObjectKey key = ObjectKey.of(object);
    View view = view(object, key);
    if (view == null) {
      return null;
    }
    for (int i = writes.size() - 1; i >= 0; i--) {
      Write write = writes.get(i);
      if (write.kind() == view.informer && write.key().equals(key) && !write.isSeen()) {
        return write.version();
      }
    }
    State<?> seen = view.states.apply(key);
    return seen == null ? null : seen.resourceVersion();
  }

  static boolean isOwnedBy(HasMetadata child, @Nullable String uid) {
    return uid != null && child.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> Boolean.TRUE.equals(owner.getController()) && uid.equals(owner.getUid()));
  }
}
