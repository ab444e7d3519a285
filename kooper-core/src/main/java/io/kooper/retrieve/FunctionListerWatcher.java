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

  private record News<T>(Watcher.Action action, @Nullable T object) {}

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
  public String list(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    Pages pages = next -> {
      KubernetesResourceList<T> answer = call("list", next, list);
      List<T> items = answer == null ? null : answer.getItems();
      if (items == null) {
        throw new RetrieveException(Reason.UNDECODABLE, "cannot list " + name + ": the function gave no list");
      }
      items.forEach(object -> events.accept(event(SourceEvent.Type.ADDED, object)));
      return answer.getMetadata();
    };
    return pages.all(options);
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    long seconds = options.getTimeoutSeconds() == null
        ? HttpListerWatcher.DEFAULT_WATCH_SECONDS : options.getTimeoutSeconds();
    long end = CLOCK.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Handoff<News<T>> handoff = new Handoff<>(ON_THE_WAY);
    // a function that gives no Watch has ended by itself, as a test's may
    Watch open = call("watch", options, o -> watch.apply(o, new Receiver<>(handoff)));
    try {
      events.accept(SourceEvent.opened());
      News<T> news;
      while ((news = handoff.take(end - CLOCK.nanoTime())) != null) {
        deliver(news, events);
      }
    } catch (TimeoutException e) {
      LOG.debug("the watch of {} has lasted long enough", name);
    } catch (ExecutionException e) {
      throw Failures.ofCause("watch " + name, e);
    } finally {
      handoff.close();
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

  private void deliver(News<T> news, Consumer<SourceEvent<T>> events) {
    T object = news.object();
    if (object == null) {
      return;
    }
    switch (news.action()) {
      case ADDED, MODIFIED, DELETED -> events.accept(event(SourceEvent.Type.valueOf(news.action().name()), object));
      case BOOKMARK -> {
        if (object.getMetadata() != null && object.getMetadata().getResourceVersion() != null) {
          events.accept(SourceEvent.bookmark(object.getMetadata().getResourceVersion()));
        }
      }
      default -> LOG.debug("ignoring an event {} of {}", news.action(), name);
    }
  }

  /** Without managed fields. One that is none, or whose class is broken, is reported: it must not hide the others. */
  private static <T extends HasMetadata> SourceEvent<T> event(SourceEvent.Type type, T object) {
    try {
      if (object.getMetadata() != null) {
        object.getMetadata().setManagedFields(null);
      }
      return new SourceEvent.Item<>(type, object);
    } catch (Throwable t) {
      Throwables.throwIfNoMemory(t);
      return SourceEvent.unreadable(new Undecodable(null, null, null, type == SourceEvent.Type.DELETED, t));
    }
  }

  /** Called on the client's threads. */
  private record Receiver<T>(Handoff<News<T>> handoff) implements Watcher<T> {

    @Override
    public void eventReceived(Action action, @Nullable T object) {
      try {
        handoff.put(new News<>(action, object));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        handoff.end(e); // an event is lost: the watch has to end, and not as if all were well
      }
    }

    @Override
    public void onClose() {
      handoff.end(null);
    }

    @Override
    public void onClose(WatcherException cause) {
      handoff.end(cause);
    }
  }
}
