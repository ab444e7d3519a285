package io.kooper.handler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.Store;
import io.kooper.informer.UnreadableException;
import io.kooper.leaderelection.Leadership;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a handler can read and ask for during one call. Valid until the call returns. Tests mock it.
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
   * A copy of this call's object, which may be modified. The controller's {@code Retriever} makes it, and this throws what that
   * throws.
   */
  T copy();

  /** All objects that the controller watches, as last seen; with shards, those of the shards that this process holds. */
  Store<T> store();

  /**
   * Asks to be called again for this key after a time, though nothing changes. A change or a resync in between calls sooner, and
   * replaces it. Only the last request of a call counts, and only if the call returns normally: failures have their own delays.
   * In {@code delete}, the same delete is told again.
   *
   * @throws IllegalArgumentException when the delay is zero or negative
   */
  void requeueAfter(Duration delay);

  /** Whether this call has asked to be called again, by {@link #requeueAfter}; for code around a handler. */
  default boolean requeued() {
    return false;
  }

  /**
   * The related objects of this call's object, from the store, without a request: those that map to it, as {@code owns} or
   * {@code watches} of the controller's builder says, or those that it {@code references} and that exist.
   *
   * @throws IllegalArgumentException when no kind of this type is related, or several are: name the relation then
   * @throws UnreadableException when one of them cannot be bound: it must not be taken for missing
   */
  default <R extends HasMetadata> List<R> related(Class<R> type) {
    throw new IllegalArgumentException("no " + type.getSimpleName() + " is related to the objects of " + controller());
  }

  /** As {@link #related(Class)}, of the relation of this name; by default that is the plural of the related kind. */
  default <R extends HasMetadata> List<R> related(String relation, Class<R> type) {
    return related(type);
  }

  /** Of {@link #related(Class)} those whose controller owner reference has the uid of this call's object. */
  default <R extends HasMetadata> List<R> owned(Class<R> type) {
    return related(type);
  }

  /**
   * Why this call is made, as {@code added}, {@code related deployments default/web} or {@code retry}; at most eight reasons,
   * then a count of the others. For logs; the words may change.
   */
  default List<String> reasons() {
    return List.of();
  }

  /**
   * Reports that this call has written an object that the controller watches, such as its own object's status or a related
   * object. Give what the API server returned. The next call of this key waits until the store has that state or a newer one, at
   * most five seconds. If nothing else has changed, the write itself makes no call. Report only what this call has changed: the
   * response to a write without effect is somebody else's state, whose change would not be called for. {@link #seenVersion} in
   * the write tells the two apart; in doubt, {@link #waitFor} it.
   *
   * <pre>{@code
   * context.wrote(client.resource(copy).patchStatus());
   * }</pre>
   */
  default void wrote(HasMetadata written) {}

  /**
   * As {@link #wrote}, of a state that somebody else may have written: the next call waits for it as well, and its change makes a
   * call.
   */
  default void waitFor(HasMetadata state) {}

  /**
   * The version of an object that the controller watches, as handlers see it now, or as this call has reported it if they do not
   * see that yet; null if there is none. Only kind and name of {@code object} count. A write for this version is refused with 409
   * if the object has changed meanwhile; if not, and the response has another version, the write has made that.
   */
  default @Nullable String seenVersion(HasMetadata object) {
    return null;
  }
}
