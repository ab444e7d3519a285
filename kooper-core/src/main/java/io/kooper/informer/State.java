package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.internal.Throwables;
import io.kooper.internal.Versions;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One state of one object, as a {@link Store} keeps it: known by its identity, bound when somebody reads it. Two states are the
 * same only if they are the same instance. All methods may be called from any thread.
 *
 * @param <T> the type of the object
 */
public abstract class State<T extends HasMetadata> {

  /**
   * What could be read.
   *
   * @param state the one that was read; an earlier one of the same object if the newest cannot be bound
   */
  public record Read<T extends HasMetadata>(State<T> state, T object) {}

  private static final int UUID_LENGTH = 36;
  private static final int LONG_DIGITS = 18; // that fit for sure

  private final ObjectKey key;

  // a cluster's objects all have one of each, and as text they would take a third of a packed state
  private final @Nullable Object uid; // a UUID if it is spelled like one
  private final @Nullable Object resourceVersion; // a Long if it is spelled like one

  /** What each index lists it under, in the order of the indexes. */
  final List<Set<String>> indexed;

  State(ObjectKey key, @Nullable String uid, @Nullable String resourceVersion, List<Set<String>> indexed) {
    this.key = key;
    this.uid = uid == null ? null : compactUid(uid);
    this.resourceVersion = resourceVersion == null ? null : compactVersion(resourceVersion);
    this.indexed = indexed;
  }

  private static Object compactUid(String uid) {
    if (uid.length() == UUID_LENGTH) {
      try {
        UUID compact = UUID.fromString(uid);
        return compact.toString().equals(uid) ? compact : uid;
      } catch (IllegalArgumentException e) {
        return uid; // just as long
      }
    }
    return uid;
  }

  private static Object compactVersion(String version) {
    boolean number = Versions.isNumber(version) && version.length() <= LONG_DIGITS
        && (version.charAt(0) != '0' || version.length() == 1);
    return number ? (Object) Long.valueOf(version) : version;
  }

  /** A state of an object that is bound already. */
  public static <T extends HasMetadata> State<T> of(T object) {
    return new Held<>(ObjectKey.of(object), object, List.of());
  }

  public final ObjectKey key() {
    return key;
  }

  public final @Nullable String uid() {
    return uid == null ? null : uid.toString();
  }

  public final @Nullable String resourceVersion() {
    return resourceVersion == null ? null : resourceVersion.toString();
  }

  /** Whether both are states of one object, not of two that had the same name. */
  public final boolean isOfSameObject(State<?> other) {
    return Objects.equals(uid, other.uid);
  }

  /**
   * The object: of a source of bytes a new one at each call, which is the caller's own.
   *
   * @throws UnreadableException when it cannot be bound
   */
  public abstract T get();

  /** The metadata, without binding the object, which may be impossible; null if it cannot be read. Not to be modified. */
  public abstract @Nullable ObjectMeta metadata();

  /**
   * The object in this state; if that cannot be bound, in the last earlier one that could; null if there is none. What cannot be
   * bound is reported once.
   */
  public abstract @Nullable Read<T> read();

  /** This one comes after {@code before}, of the same object or not. */
  void follow(State<T> before) {}

  /** Whether it is known that it can be bound. */
  boolean isReadable() {
    return true;
  }

  /** Whether the source shows this state once more. One that could not be bound may look better the next time. */
  boolean is(@Nullable String otherUid, @Nullable String otherVersion) {
    return resourceVersion != null && otherVersion != null && resourceVersion.equals(compactVersion(otherVersion))
        && Objects.equals(uid(), otherUid);
  }

  /** Whether another state of this object, of the same version, says the same: a server that was set back uses versions again. */
  abstract boolean isAlike(State<T> other);

  /** Of a source that hands over objects: shared by all readers. */
  static final class Held<T extends HasMetadata> extends State<T> {

    private final T object;

    Held(ObjectKey key, T object, List<Set<String>> indexed) {
      super(key, object.getMetadata().getUid(), object.getMetadata().getResourceVersion(), indexed);
      this.object = object;
    }

    @Override
    public T get() {
      return object;
    }

    @Override
    public ObjectMeta metadata() {
      return object.getMetadata();
    }

    @Override
    public Read<T> read() {
      return new Read<>(this, object);
    }

    @Override
    boolean isAlike(State<T> other) {
      try {
        return other instanceof Held<T> held && object.equals(held.object);
      } catch (Throwable t) { // code of users: its class
        Throwables.throwIfNoMemory(t);
        return false;
      }
    }
  }
}
