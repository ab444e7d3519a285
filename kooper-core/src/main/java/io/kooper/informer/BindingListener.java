package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.State.Read;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Undecodable;
import org.jspecify.annotations.Nullable;

/** Binds the states for a listener of objects. A state that cannot be bound is none to it: it hears of the last that could. */
final class BindingListener<T extends HasMetadata> implements StateListener<T> {

  private final InformerListener<? super T> listener;
  private @Nullable Read<T> last; // what was read last is usually told next

  BindingListener(InformerListener<? super T> listener) {
    this.listener = listener;
  }

  boolean isOf(InformerListener<? super T> other) {
    return listener == other;
  }

  /** The state that can be bound in place of this one; null if there is none. */
  @Nullable State<T> readable(State<T> state) {
    last = state.read();
    return last == null ? null : last.state();
  }

  private T object(State<T> state) {
    Read<T> read = last;
    last = null;
    return read != null && read.state() == state ? read.object() : state.get();
  }

  @Override
  public void added(State<T> state, boolean initial) {
    listener.added(object(state), initial);
  }

  @Override
  public void updated(State<T> before, State<T> after) {
    T now = object(after);
    listener.updated(before.get(), now);
  }

  @Override
  public void deleted(State<T> lastState) {
    listener.deleted(object(lastState));
  }

  @Override
  public void synced() {
    listener.synced();
  }

  @Override
  public void undecodable(Undecodable object) {
    listener.undecodable(object);
  }

  @Override
  public void failed(RetrieveException cause) {
    listener.failed(cause);
  }
}
