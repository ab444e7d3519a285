package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.Json.Binding;
import io.kooper.retrieve.Json.Identity;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes the states that a store keeps, on the informer's thread: an object as it is, JSON as packed bytes. Only a transform and
 * indexes need the object at once; else it is bound when it is read.
 */
final class States<T extends HasMetadata> implements AutoCloseable {

  private static final long MEAN_OF = 10_000; // objects, about

  private final @Nullable UnaryOperator<T> transform;
  private final List<Index<T>> indexes;
  private final Unreadables<T> unreadables;
  private final Packer packer = new Packer();
  // the last ones: most objects share theirs with the one before
  private String namespace = "";
  private PackedState.@Nullable Form<T> form;

  private volatile Consumer<? super T> observer = object -> { };

  private long made;
  private volatile double meanBytes; // written by the informer's thread

  States(@Nullable UnaryOperator<T> transform, List<Index<T>> indexes, Unreadables<T> unreadables) {
    this.transform = transform;
    this.indexes = indexes;
    this.unreadables = unreadables;
  }

  /** What was handed over; null if it is no object, or is one without a name, which is reported. */
  @Nullable Arrival<T> arrival(SourceEvent<T> event, Consumer<Undecodable> report) {
    if (event instanceof Json<T> json) {
      Identity identity = json.identity();
      return identity == null ? arrival(json.bind(), report) // only binding it can tell
          : new OfJson(json, identity);
    } else if (event instanceof SourceEvent.Item<T> item) {
      return arrival(item.object(), item.type() == SourceEvent.Type.DELETED, report);
    } else if (event instanceof SourceEvent.Unreadable<T> unreadable) {
      report.accept(unreadable.object());
    }
    return null;
  }

  private @Nullable Arrival<T> arrival(T object, boolean deleted, Consumer<Undecodable> report) {
    ObjectKey key;
    try {
      key = ObjectKey.of(object);
    } catch (Throwable t) { // the class of the objects is the user's
      Throwables.throwIfNoMemory(t);
      report.accept(new Undecodable(null, null, t instanceof IllegalArgumentException ? versionOf(object) : null, deleted, t));
      return null;
    }
    return new OfObject(key, object, deleted);
  }

  private final class OfObject extends Arrival<T> {

    private final T object;

    OfObject(ObjectKey key, T object, boolean deleted) {
      super(key, object.getMetadata().getUid(), versionOf(object), deleted);
      this.object = object;
    }

    @Override
    ObjectMeta metadata() {
      return object.getMetadata();
    }

    @Override
    @Nullable State<T> state(@Nullable State<T> before, Consumer<Undecodable> report) {
      T result = transformed(key, object, deleted, report);
      return result == null ? null : held(key, result, indexed(key, result));
    }
  }

  private final class OfJson extends Arrival<T> {

    private final Json<T> json;
    private final Identity identity;

    OfJson(Json<T> json, Identity identity) {
      super(identity.key(), identity.uid(), identity.resourceVersion(), json.type() == SourceEvent.Type.DELETED);
      this.json = json;
      this.identity = identity;
    }

    @Override
    @Nullable ObjectMeta metadata() {
      return json.binding().metadata(json.bytes(), json.length());
    }

    @Override
    @Nullable State<T> state(@Nullable State<T> before, Consumer<Undecodable> report) {
      return States.this.state(identity, json, before, report);
    }
  }

  static @Nullable String versionOf(HasMetadata object) {
    return object.getMetadata() == null ? null : object.getMetadata().getResourceVersion();
  }

  private @Nullable State<T> state(
      Identity identity, Json<T> json, @Nullable State<T> before, Consumer<Undecodable> report) {
    count(json.length());
    ObjectKey key = before == null ? shared(identity.key()) : before.key();
    boolean needed = transform != null || !indexes.isEmpty();
    SourceEvent<T> event = needed || json.bound() ? json.bind() : json;
    if (event instanceof SourceEvent.Unreadable<T> unreadable && needed) {
      report.accept(unreadable.object());
      return null;
    }
    if (!(event instanceof SourceEvent.Item<T> item)) { // should it turn out to be unreadable, its reader gets the cause
      return packed(key, identity, json.binding(), json.bytes(), json.length(), List.of(), false);
    }
    T result = transformed(key, item.object(), json.type() == SourceEvent.Type.DELETED, report);
    if (result == null) {
      return null;
    }
    List<Set<String>> indexed = indexed(key, result);
    if (json.bound()) {
      return held(key, result, indexed);
    }
    byte[] bytes = transform == null ? json.bytes() : json.binding().json(result);
    return packed(key, identity, json.binding(), bytes, transform == null ? json.length() : bytes.length, indexed, true);
  }

  private State<T> held(ObjectKey key, T object, List<Set<String>> indexed) {
    observer.accept(object);
    return new State.Held<>(key, object, indexed);
  }

  private State<T> packed(ObjectKey key, Identity identity, Binding<T> binding, byte[] json, int length,
      List<Set<String>> indexed, boolean readable) {
    Packer.Packed packed = packer.pack(json, length);
    PackedState.Form<T> now = form;
    if (now == null || now.binding() != binding || now.dictionary() != packed.dictionary()) {
      now = new PackedState.Form<>(binding, packed.dictionary(), packer, unreadables);
      form = now;
    }
    return new PackedState<>(key, identity, packed, now, indexed, readable);
  }

  private @Nullable T transformed(ObjectKey key, T object, boolean deleted, Consumer<Undecodable> report) {
    String uid = object.getMetadata().getUid();
    String version = object.getMetadata().getResourceVersion();
    try {
      T result = transform == null ? object
          : Objects.requireNonNull(transform.apply(object), "the transform returned null");
      if (!key.equals(ObjectKey.of(result)) || !Objects.equals(uid, result.getMetadata().getUid())
          || !Objects.equals(version, result.getMetadata().getResourceVersion())) {
        throw new IllegalStateException("the transform changed name, namespace, uid or resourceVersion");
      }
      return result;
    } catch (Throwable t) { // user code: one object it cannot take must not stop the others
      Throwables.throwIfNoMemory(t);
      report.accept(new Undecodable(key, uid, version, deleted, t));
      return null;
    }
  }

  private List<Set<String>> indexed(ObjectKey key, T object) {
    return indexes.isEmpty() ? List.of() : indexes.stream().map(index -> index.valuesOf(key, object)).toList();
  }

  /** The same key, with the same string for the same namespace. */
  private ObjectKey shared(ObjectKey key) {
    if (!namespace.equals(key.namespace())) {
      namespace = key.namespace();
    }
    return new ObjectKey(namespace, key.name());
  }

  private void count(int bytes) {
    made++;
    double mean = meanBytes;
    meanBytes = mean + (bytes - mean) / Math.min(made, MEAN_OF);
  }

  /** Has somebody told of each object that all readers will share. */
  void onShared(Consumer<? super T> by) {
    observer = by;
  }

  /** About the size of an object as JSON; 0 when the source hands over none. */
  double meanBytes() {
    return meanBytes;
  }

  /** On the informer's thread, or once it has ended. What is packed can still be read. */
  @Override
  public void close() {
    packer.close();
  }
}
