package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.Json.Binding;
import io.kooper.retrieve.Json.Identity;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Undecodable;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A state that is kept as packed bytes. */
final class PackedState<T extends HasMetadata> extends State<T> {

  /** How it is read; most states of a store share it. */
  record Form<T extends HasMetadata>(
      Binding<T> binding, byte @Nullable [] dictionary, Packer packer, Unreadables<T> unreadables) {}

  private final Form<T> form;
  private final byte[] packed;
  private final int length; // unpacked

  /** The last state before this one that could be bound; needed until this one has been bound. Of the same object. */
  private volatile @Nullable State<T> previous;

  private volatile boolean readable;
  private volatile @Nullable UnreadableException unreadable;

  PackedState(ObjectKey key, Identity identity, Packer.Packed packed, Form<T> form, List<Set<String>> indexed, boolean readable) {
    super(key, identity.uid(), identity.resourceVersion(), indexed);
    this.packed = packed.bytes();
    this.length = packed.length();
    this.form = form;
    this.readable = readable;
  }

  @Override
  void follow(State<T> before) {
    if (readable || !isOfSameObject(before)) {
      return;
    }
    if (before instanceof PackedState<T> packedBefore) {
      State<T> beforeThat = packedBefore.previous; // read first: it goes once the state itself is known to be readable
      previous = packedBefore.readable ? before : beforeThat;
    } else {
      previous = before;
    }
  }

  @Override
  boolean isReadable() {
    return readable;
  }

  @Override
  boolean is(@Nullable String otherUid, @Nullable String otherVersion) {
    return unreadable == null && super.is(otherUid, otherVersion);
  }

  @Override
  public T get() {
    UnreadableException known = unreadable;
    if (known != null) {
      throw known;
    }
    T object;
    try {
      object = form.binding.bind(unpacked(), length);
      ObjectKey bound = ObjectKey.of(object);
      if (!bound.equals(key())) {
        throw new IllegalStateException("its name is another one when it is bound");
      }
    } catch (Throwable t) { // code of users: its class
      Throwables.throwIfNoMemory(t);
      UnreadableException failed =
          new UnreadableException(new Undecodable(key(), uid(), resourceVersion(), false, t));
      unreadable = failed;
      form.unreadables.unreadable(this, failed.object());
      throw failed;
    }
    if (!readable) {
      readable = true;
      previous = null;
      form.unreadables.readable(this);
    }
    return object;
  }

  private byte[] unpacked() {
    return form.packer.unpack(new Packer.Packed(packed, form.dictionary, length));
  }

  @Override
  boolean isAlike(State<T> other) {
    return other instanceof PackedState<T> state && Arrays.equals(unpacked(), state.unpacked());
  }

  @Override
  public @Nullable ObjectMeta metadata() {
    try {
      return form.binding.metadata(unpacked(), length);
    } catch (Throwable t) { // whatever is wrong with it is found out when the object is read
      Throwables.throwIfNoMemory(t);
      return null;
    }
  }

  @Override
  public @Nullable Read<T> read() {
    try {
      return new Read<>(this, get());
    } catch (UnreadableException e) {
      State<T> before = previous;
      return before == null ? null : before.read();
    }
  }
}
