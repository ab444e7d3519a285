package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import java.util.function.Consumer;

/**
 * Lists and watches one kind of object: what an informer is fed from, and what a test replaces.
 *
 * <p>Both methods work in the calling thread and hand over each event in it, one at a time: a consumer that takes its time
 * slows the source down. Both end early with {@link InterruptedException} when the calling thread is interrupted, which
 * is how an informer stops them. An informer calls them one after the other, never at once.
 *
 * <pre>{@code
 * class OnePod implements ListerWatcher<Pod> {
 *   public String list(ListOptions options, Consumer<SourceEvent<Pod>> events) {
 *     events.accept(SourceEvent.added(pod));
 *     return "1";
 *   }
 *
 *   public void watch(ListOptions options, Consumer<SourceEvent<Pod>> events) throws InterruptedException {
 *     Thread.sleep(30_000); // nothing happens, then the server ends the watch
 *   }
 * }
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public interface ListerWatcher<T extends HasMetadata> {

  /**
   * Hands over an event for every object that is there, in no order, and returns the version of the whole list. Of two events
   * for one object the later one counts.
   *
   * <p>The list counts only if this method returns: after an exception whatever was handed over is thrown away.
   *
   * @param options {@code resourceVersion}: {@code "0"} asks for any version, a version for one at least as new, null for
   *     the newest; {@code limit}, if set: how many objects a page should have. A limit of 1 is a question: the server need
   *     not be asked for more than one object, since only an exception with {@link
   *     RetrieveException.Reason#VERSION_TOO_LARGE} matters, which says that it does not know the version. A source without
   *     versions may ignore all of them
   * @return the list's {@code resourceVersion}, to watch from
   * @throws RetrieveException when the list failed, with the reason; any other exception counts as
   *     {@link RetrieveException.Reason#UNKNOWN}
   */
  String list(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException;

  /**
   * Hands over every change after a version, in order, until the watch ends.
   *
   * <p>Returning means that the server ended the watch as it does from time to time, and that another one from the last
   * version seen goes on without a gap. Every other end is an exception.
   *
   * @param options {@code resourceVersion} to start after, {@code timeoutSeconds} after which the server is to end the
   *     watch, {@code allowWatchBookmarks}
   * @throws RetrieveException when the watch could not be opened or ended other than by the server's choice, with the
   *     reason; any other exception counts as {@link RetrieveException.Reason#UNKNOWN}
   */
  void watch(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException;

  /**
   * Whether this source may list an object of this key. If not, a handler's own write to such an object never shows here, and
   * nobody waits for it.
   */
  default boolean mayHave(ObjectKey key) {
    return true;
  }
}
