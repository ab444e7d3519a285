package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.kooper.clock.Clock;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lists and watches by two functions, as Kooper's {@code ListFunc} and {@code WatchFunc}.
 *
 * <p>Events come on fabric8's threads, which wait while a few of them are on their way to the calling thread. fabric8's
 * own watch opens itself again behind our back when it breaks, so it is closed after {@code timeoutSeconds}: whatever it
 * missed is then found by the next one.
 */
final class FunctionListerWatcher<T extends HasMetadata> implements ListerWatcher<T> {

  private static final Log LOG = Log.of(FunctionListerWatcher.class);
  private static final Clock CLOCK = Clock.system();
  private static final int ON_THE_WAY = 64;

  private record Event<T>(Watcher.Action action, @Nullable T object) {}

  private final String name;
  private final Guard closing;
  private final Function<ListOptions, ? extends KubernetesResourceList<T>> list;
  private final BiFunction<ListOptions, Watcher<T>, Watch> watch;

  /** @param name what is listed and watched, for messages */
  FunctionListerWatcher(
      String name, Function<ListOptions, ? extends KubernetesResourceList<T>> list,
      BiFunction<ListOptions, Watcher<T>, Watch> watch) {
    this.name = name;
    this.closing = new Guard(LOG, "closing the watch of " + name);
    this.list = list;
    this.watch = watch;
  }

  @Override
  public String list(ListOptions options, ListSink<T> sink) throws RetrieveException, InterruptedException {
    Pages pages = next -> {
      KubernetesResourceList<T> answer = call("list", next, list);
      List<T> items = answer == null ? null : answer.getItems();
      if (items == null) {
        throw new RetrieveException(Reason.UNDECODABLE, "cannot list " + name + ": the function gave no list");
      }
      items.forEach(object -> give(object, false, sink::item, sink::undecodable));
      return answer.getMetadata();
    };
    return pages.all(options);
  }

  @Override
  public void watch(ListOptions options, WatchSink<T> sink) throws RetrieveException, InterruptedException {
    long seconds = options.getTimeoutSeconds() == null
        ? HttpListerWatcher.DEFAULT_WATCH_SECONDS : options.getTimeoutSeconds();
    long end = CLOCK.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Handoff<Event<T>> events = new Handoff<>(ON_THE_WAY);
    // a function that gives no Watch has ended by itself, as a test's may
    Watch open = call("watch", options, o -> watch.apply(o, new Receiver<>(events)));
    try {
      sink.opened();
      Event<T> event;
      while ((event = events.take(end - CLOCK.nanoTime())) != null) {
        deliver(event, sink);
      }
    } catch (TimeoutException e) {
      LOG.trace("the watch of {} has lasted long enough", name);
    } catch (ExecutionException e) {
      throw Failures.ofCause("watch " + name, e);
    } finally {
      events.close();
      if (open != null) {
        closing.run(open::close);
      }
    }
  }

  private <R> R call(String verb, ListOptions options, Function<ListOptions, R> function)
      throws RetrieveException, InterruptedException {
    try {
      return function.apply(options);
    } catch (Throwable t) { // user code
      if (Failures.isInterrupt(t)) {
        InterruptedException interrupted = new InterruptedException("interrupted while asked to " + verb + " " + name);
        interrupted.initCause(t);
        throw interrupted;
      }
      throw Failures.ofCause(verb + " " + name, t);
    }
  }

  private void deliver(Event<T> event, WatchSink<T> sink) {
    T object = event.object();
    if (object == null) {
      return;
    }
    switch (event.action()) {
      case ADDED -> give(object, false, sink::added, sink::undecodable);
      case MODIFIED -> give(object, false, sink::modified, sink::undecodable);
      case DELETED -> give(object, true, sink::deleted, sink::undecodable);
      case BOOKMARK -> {
        if (object.getMetadata() != null && object.getMetadata().getResourceVersion() != null) {
          sink.bookmark(object.getMetadata().getResourceVersion());
        }
      }
      default -> LOG.debug("ignoring an event {} of {}", event.action(), name);
    }
  }

  /** Without managed fields. One that is none, or whose class is broken, is reported: it must not hide the others. */
  private static <T extends HasMetadata> void give(
      T object, boolean deleted, Consumer<T> sink, Consumer<Undecodable> undecodable) {
    try {
      if (object.getMetadata() != null) {
        object.getMetadata().setManagedFields(null);
      }
    } catch (Throwable t) {
      Throwables.throwIfNoMemory(t);
      undecodable.accept(new Undecodable(null, null, null, deleted, t));
      return;
    }
    sink.accept(object);
  }

  /** Called on the client's threads. */
  private static final class Receiver<T> implements Watcher<T> {
    private final Handoff<Event<T>> events;

    Receiver(Handoff<Event<T>> events) {
      this.events = events;
    }

    @Override
    public void eventReceived(Action action, @Nullable T object) {
      try {
        events.put(new Event<>(action, object));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        events.end(e); // an event is lost: the watch has to end, and not as if all were well
      }
    }

    @Override
    public void onClose() {
      events.end(null);
    }

    @Override
    public void onClose(WatcherException cause) {
      events.end(cause);
    }
  }
}
