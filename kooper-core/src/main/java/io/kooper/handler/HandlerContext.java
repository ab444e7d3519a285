package io.kooper.handler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.Store;
import io.kooper.leaderelection.Leadership;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;

/**
 * What a handler may know and ask for during one call. Valid until the call returns. A test mocks it.
 *
 * @param <T> the type of the objects
 */
public interface HandlerContext<T extends HasMetadata> {

  /** The name of the controller that calls. */
  String controller();

  /** The namespace and name of the object. */
  ObjectKey key();

  /** 1 at the first call, and one more for each failure since the last success with this key. */
  int attempt();

  /**
   * Whether the call is to end as soon as it can, because the controller stops, the call took longer than it may, or this
   * process does not lead any more. The thread is interrupted as well. May be asked from any thread.
   */
  boolean cancelled();

  /** The term as the leader in which this call was made; {@link Leadership#ALWAYS} for a controller without election. */
  Leadership leadership();

  /**
   * A copy of the object that this call is about, which may be modified; made as the controller's {@code Retriever} says. What
   * its serialization throws, this throws.
   */
  T copy();

  /** All objects that the controller watches, as last seen. */
  Store<T> store();

  /**
   * Asks to be called again for this key after a time, though nothing changes; a change or a resync in between calls
   * sooner, and instead. The last request of a call counts, and only if it returns normally: a failure is repeated as
   * failures are. At delete: the same delete is told again.
   *
   * @throws IllegalArgumentException when the delay is zero or negative
   */
  void requeueAfter(Duration delay);
}
