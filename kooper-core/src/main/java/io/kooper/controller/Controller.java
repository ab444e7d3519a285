package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.handler.Handler;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.util.List;
import java.util.function.Consumer;

/**
 * Watches one kind of object and calls a {@link Handler} for each that was created, has changed or is gone.
 *
 * <p><b>Expected flow.</b> {@link #run()} lists the objects, hands each to the handler, then goes on with what changes,
 * until {@link #close()} is called from another thread, as from a shutdown hook. A controller runs once.
 *
 * <p><b>Guarantees.</b> What {@link Handler} says, for as long as the process lives. {@code run()} returns when the last
 * handler has returned, or says which have not.
 *
 * <p>It is an interface so that operators and tests can have their own.
 *
 * <pre>{@code
 * Controller controller = Controller.sequential(Retriever.of(client, Pod.class),
 *     (context, pod) -> System.out.println("Pod added: " + context.key()));
 * Runtime.getRuntime().addShutdownHook(new Thread(controller::close));
 * controller.run();
 * }</pre>
 */
public interface Controller extends AutoCloseable {

  /** A controller with one worker and otherwise Kooper's defaults, which {@link #builder} tells. */
  static <T extends HasMetadata> Controller sequential(Retriever<T> retriever, Handler<T> handler) {
    return builder(retriever, handler).build();
  }

  /**
   * A controller with several workers and otherwise Kooper's defaults.
   *
   * @throws IllegalArgumentException when there are less than 2 workers
   */
  static <T extends HasMetadata> Controller concurrent(int workers, Retriever<T> retriever, Handler<T> handler) {
    if (workers < 2) {
      throw new IllegalArgumentException(
          "a concurrent controller has 2 or more workers, not " + workers + "; for one there is Controller.sequential");
    }
    return builder(retriever, handler).workers(workers).build();
  }

  /** A controller that is configured step by step. */
  static <T extends HasMetadata> ControllerBuilder<T> builder(Retriever<T> retriever, Handler<T> handler) {
    return new ControllerBuilder<>(retriever, handler);
  }

  /** Names it in logs, threads and metrics. */
  String name();

  /**
   * Works until {@link #close()} or a failure. Blocks the calling thread; handlers are called on the workers' threads. An
   * interrupt of the calling thread stops it like {@code close()}; the thread is still interrupted when this returns.
   *
   * @throws ControllerEndedException if it has run or was closed before: build a new one
   * @throws ControllerException if it could not start, broke, or stopped while handlers did not end; the message says which, the
   *     cause why
   */
  void run();

  /**
   * Stops it, and returns once {@link #run()} is about to return. No new change is taken; what is queued is still handled
   * until the stop deadline, except resyncs and what waits for a later time; then the handlers are interrupted. When
   * called by a handler or a listener it only asks for the stop. Calling it again, or before {@code run()}, is fine.
   */
  @Override
  void close();

  /**
   * Whether the calling thread calls this controller's handler or listeners. Then {@link #close()} does not wait, and an operator
   * must not wait either. A controller that wraps another asks that one. Default: false.
   */
  default boolean isCalledByHandler() {
    return false;
  }

  /**
   * Calls the handler for the object of this key soon, though nothing has changed: for a webhook, a timer or a message. The usual
   * guarantees hold: one call at a time for a key, repeated if it fails. An object that is paused is called when its pause ends.
   * May be called from any thread.
   *
   * @return false if no call follows: there is no such object, or the controller does not lead, has not begun or stops
   */
  default boolean trigger(ObjectKey key) {
    return false;
  }

  /**
   * The keys that it works on now: those whose calls run, then the ready ones, each the longest first; then the delayed ones, the
   * next one first. Looks at every key. May be called from any thread.
   *
   * <pre>{@code
   * controller.queue().stream().limit(100).forEach(System.out::println); // pods: default/web delayed PT2.5S after 3 failures
   * }</pre>
   */
  default List<QueuedKey> queue() {
    return List.of();
  }

  /** How many calls of its handler have begun. May be called from any thread. Default: 0, as for one that cannot say. */
  default long calls() {
    return 0;
  }

  /**
   * Whether it has seen every change that the API server had made by a version, of all kinds that it watches. Of a kind without
   * changes this is known by the bookmarks of its watch, which come about once a minute. For tests that wait for a write's
   * effects. May be called from any thread. Default: false, as for one that cannot say.
   */
  default boolean hasSeen(String resourceVersion) {
    return false;
  }

  /**
   * Tells {@code observer} of each object that readers will share: those of bound stores, and of sources that hand over Java
   * objects. To be called before {@link #run()}. The observer is called on the informers' threads, before any reader sees the
   * object; what it throws is logged. For tests that look later whether a handler has modified one. Default: it is told nothing.
   */
  default void onShared(Consumer<? super HasMetadata> observer) {}

  /** How it is doing; may be asked from any thread at any time. */
  Health health();
}
