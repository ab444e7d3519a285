package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.controller.Causes.Change;
import io.kooper.controller.Projection.Hash;
import io.kooper.informer.Informer;
import io.kooper.informer.KeyListener;
import io.kooper.informer.State;
import io.kooper.informer.State.Read;
import io.kooper.internal.Guard;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A kind whose changes call the keys of the controller's own objects.
 *
 * <p>Invariant: a change of a related object is followed by a call for every key that it mapped to before or maps to now. So
 * what it mapped to is remembered, and what is to be called until it was.
 *
 * <p>The mapping of {@code owns} is computed from the related object's metadata, so also of one that cannot be bound; that of
 * {@code watches} from the object; both on its informer's thread. That of
 * {@code references} is computed from the primary, on the worker, before the handler reads the related store: a change that the
 * store shows later finds it.
 *
 * @param <T> the type of the controller's own objects
 * @param <R> the type of the related objects
 */
final class Relation<T extends HasMetadata, R extends HasMetadata> implements KeyListener<R> {

  /** What a builder was told of a related kind; one of the three functions is there. */
  record Kind<T extends HasMetadata, R extends HasMetadata>(
      Retriever<R> retriever, Related<R> options, @Nullable Function<ObjectMeta, List<ObjectKey>> owners,
      @Nullable Function<? super R, ? extends Collection<ObjectKey>> toPrimaries,
      @Nullable Function<? super T, ? extends Collection<ObjectKey>> references) {

    String name() {
      return options.name == null ? retriever.plural() : options.name;
    }
  }

  /** What is called, for a related object that changed. */
  interface Calls {
    void related(ObjectKey primary, String text, Change change, Origin origin);

    /** A related object of this key has changed in nothing that matters. */
    void passedOver(ObjectKey primary);
  }

  private final Kind<T, R> kind;
  private final @Nullable Function<? super T, ? extends Collection<ObjectKey>> references; // of the kind
  final String name;
  private final boolean together; // with the primaries: their namespaces are selected in the same way
  final Informer<R> informer;
  private final @Nullable Projection<R> projection;
  private final Guard guard;
  private final Calls calls;

  /** From related keys to primary keys; by {@link #references} from primary keys to related ones. */
  private final KeyMap keys = new KeyMap();

  /** The state that the mapping has seen last; unused by {@link #references}. */
  private final Map<ObjectKey, State<R>> noted = new ConcurrentHashMap<>();

  // used under the informer's lock alone

  private final Map<ObjectKey, Hash> seen = new HashMap<>();

  /** The keys to call for a related object, until all were: should one fail, all are called again. */
  private final Map<ObjectKey, Set<ObjectKey>> owed = new HashMap<>();

  Relation(Kind<T, R> kind, String name, boolean together, Informer<R> informer, @Nullable Projection<R> projection,
      Guard guard, Calls calls) {
    this.kind = kind;
    this.references = kind.references();
    this.name = name;
    this.together = together;
    this.informer = informer;
    this.projection = projection;
    this.guard = guard;
    this.calls = calls;
  }

  Class<R> type() {
    return kind.retriever().objectType();
  }

  boolean isOf(HasMetadata object) {
    return kind.retriever().isOf(object);
  }

  /** Whether it is by its metadata one that {@code owns} relates. */
  boolean hasOwner(HasMetadata object) {
    var owners = kind.owners();
    return owners != null && !owners.apply(object.getMetadata()).isEmpty();
  }

  boolean optional() {
    return kind.options().optional;
  }

  /**
   * Whether all that must have been seen for this primary was seen. One whose namespace the related kind's informer does not
   * know yet, or no more, waits: the primary's informer will say the same soon.
   */
  boolean ready(ObjectKey primary) {
    return optional() || (together ? informer.hasListed(primary) : informer.synced(primary));
  }

  /** Whether the objects of a shard are kept from now on. */
  boolean keep(int shard) {
    return informer.keep(shard, this);
  }

  void drop(int shard) {
    informer.drop(shard, this);
  }

  void listen() {
    informer.addListener(this);
  }

  void leave() {
    informer.removeListener(this);
  }

  // on the informer's thread

  @Override
  public void changed(ObjectKey key, @Nullable State<R> gone, Origin origin) {
    State<R> now = informer.store().state(key);
    Read<R> read = now == null || kind.toPrimaries() == null && projection == null ? null : now.read();
    Set<ObjectKey> before = references != null ? keys.sources(key) : keys.targets(key);
    Set<ObjectKey> mapped = mapped(now, read, before);
    Hash hash = projection == null || read == null ? null : projection.of(read.object(), null);
    if (gone != null || hash == null || !hash.equals(seen.get(key)) || !mapped.equals(before) || owed.containsKey(key)) {
      Set<ObjectKey> all = new HashSet<>(before);
      all.addAll(mapped);
      all.addAll(owed.getOrDefault(key, Set.of()));
      owed.put(key, all);
    }
    if (references == null) { // before the calls, which read it
      keys.put(key, mapped);
      noted.compute(key, (same, old) -> now);
    }
    seen.compute(key, (same, old) -> hash);
    Change change = new Change(informer, key, now == null ? null : now.resourceVersion());
    owed.getOrDefault(key, Set.of()).forEach(primary -> calls.related(primary, "related " + name + " " + key, change, origin));
    if (owed.remove(key) == null) {
      mapped.forEach(calls::passedOver);
    }
  }

  private Set<ObjectKey> mapped(@Nullable State<R> now, @Nullable Read<R> read, Set<ObjectKey> before) {
    var owners = kind.owners();
    var toPrimaries = kind.toPrimaries();
    if (references != null) {
      return before;
    } else if (now == null) {
      return Set.of();
    } else if (owners != null) {
      ObjectMeta metadata = now.metadata();
      return metadata == null ? before : guard.ask(() -> copy(owners.apply(metadata)), before);
    }
    return toPrimaries == null || read == null ? before // what cannot be read says nothing
        : guard.ask(() -> copy(toPrimaries.apply(read.object())), before);
  }

  /** What is owed is called all the same: it may be of a shard that stays. */
  @Override
  public void dropped(ObjectKey key) {
    if (references == null) {
      keys.put(key, Set.of());
      noted.remove(key);
    }
    seen.remove(key);
  }

  @Override
  public void missed(Origin origin) {
    Set<ObjectKey> all = new HashSet<>(informer.store().keys());
    all.addAll(references != null ? keys.targets() : keys.sources());
    all.addAll(owed.keySet());
    seen.clear();
    all.forEach(key -> changed(key, null, origin));
  }

  private static Set<ObjectKey> copy(Collection<ObjectKey> mapped) {
    return Set.copyOf(Objects.requireNonNull(mapped, "the mapping gave null"));
  }

  // on a worker

  /** The state of a related object, once {@link #of} reflects it; null for none. */
  @Nullable State<R> state(ObjectKey key) {
    return references != null ? informer.store().state(key) : noted.get(key);
  }

  /** The keys that a state of a primary references. Throws what the function throws. */
  Set<ObjectKey> referenced(T object) {
    return references == null ? Set.of() : copy(references.apply(object));
  }

  /** Whether what it references is what counts already. */
  boolean refersAsBefore(ObjectKey primary, T object) {
    return references == null || referenced(object).equals(keys.targets(primary));
  }

  /** Of these no primary is known any more. */
  void reset(Predicate<ObjectKey> which) {
    if (references != null) {
      keys.clear(which);
    }
  }

  /** The primary's newest state is about to be handled: what it references now counts. */
  void refer(ObjectKey primary, T object) {
    if (references != null) {
      keys.put(primary, referenced(object));
    }
  }

  /** The primary is gone. */
  void forget(ObjectKey primary) {
    if (references != null) {
      keys.put(primary, Set.of());
    }
  }

  /**
   * The related objects of a primary.
   *
   * @throws RuntimeException when one exists that cannot be read: it must not be taken for missing
   */
  List<R> of(ObjectKey primary, Predicate<R> which) {
    Set<ObjectKey> related = references != null ? keys.targets(primary) : keys.sources(primary);
    return related.stream().map(this::get).flatMap(Optional::stream).filter(which).toList();
  }

  private Optional<R> get(ObjectKey key) {
    Optional<R> found = informer.store().get(key);
    if (found.isEmpty() && informer.isUndecodable(key)) {
      throw new IllegalStateException(
          name + " " + key + " exists, but cannot be bound to " + type().getName() + ": the log of its informer says why");
    }
    return found;
  }
}
