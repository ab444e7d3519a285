package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.kooper.clock.Clock;
import io.kooper.internal.Versions;
import io.kooper.retrieve.Json.Identity;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Several namespaces as one source. Its version is made of theirs, {@code shop=12,stock=15}: each has its own history, so
 * after each event a bookmark tells the whole.
 *
 * <p>A watch has a thread for each namespace, which hands what comes to the one that called. The first that ends ends all.
 */
final class NamespacesListerWatcher<T extends HasMetadata> implements ListerWatcher<T> {

  private static final int WAITING = 64; // events on their way; then the watches wait
  private static final long CLOSE_PATIENCE = 5_000; // milliseconds for all; a source that heeds its interrupt ends at once

  private static final Clock CLOCK = Clock.system(); // threads end in their own time

  private final String resource;
  private final Map<String, ListerWatcher<T>> sources;

  /** @param sources by their namespaces */
  NamespacesListerWatcher(String resource, Map<String, ListerWatcher<T>> sources) {
    this.resource = resource;
    this.sources = sources;
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    String asked = options.getResourceVersion();
    Map<String, String> known = versions(asked);
    if (known != null && Pages.isQuestion(options)) {
      return ask(known, options, events);
    }
    Map<String, String> listed = new LinkedHashMap<>();
    for (Map.Entry<String, ListerWatcher<T>> source : sources.entrySet()) {
      String version = "0".equals(asked) ? asked : known == null ? null : known.get(source.getKey());
      listed.put(source.getKey(), source.getValue().list(at(options, version), events));
    }
    return join(listed);
  }

  /** One server has them all: if it knows the newest version, it knows the others. */
  private String ask(Map<String, String> known, ListOptions options, Consumer<SourceEvent<T>> events)
      throws RetrieveException, InterruptedException {
    Map.Entry<String, ListerWatcher<T>> asked = null;
    String newest = "";
    for (Map.Entry<String, ListerWatcher<T>> source : sources.entrySet()) {
      String version = known.getOrDefault(source.getKey(), "");
      if (asked == null || Versions.isOlder(newest, version)) {
        asked = source;
        newest = version;
      }
    }
    if (asked != null) {
      asked.getValue().list(at(options, newest), events);
    }
    return join(known);
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    Map<String, String> versions = versions(options.getResourceVersion());
    if (versions == null) { // a failure came between an event and its bookmark
      throw new RetrieveException(Reason.GONE, "cannot watch " + resource + " from version "
          + options.getResourceVersion() + ", which says nothing of namespaces " + sources.keySet() + "; they are listed again");
    }
    Handoff<Consumer<Consumer<SourceEvent<T>>>> news = new Handoff<>(WAITING);
    List<Thread> threads = new ArrayList<>();
    Set<String> unopened = new HashSet<>(sources.keySet());
    try {
      sources.forEach((namespace, source) -> {
        var one = new OneNamespace(namespace, versions, unopened, news);
        Thread thread = new Thread(() -> one.watch(source, at(options, versions.get(namespace))),
            "kooper-" + resource + "-watch-" + namespace);
        thread.setDaemon(true);
        threads.add(thread);
      });
      threads.forEach(Thread::start);
      Consumer<Consumer<SourceEvent<T>>> one;
      while ((one = news.take(Long.MAX_VALUE)) != null) {
        one.accept(events);
      }
    } catch (TimeoutException | ExecutionException e) {
      throw Failures.ofCause("watch " + resource, e);
    } finally {
      news.close();
      threads.forEach(Thread::interrupt);
      join(threads);
    }
  }

  private static void join(List<Thread> threads) {
    long end = CLOCK.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_PATIENCE);
    boolean interrupted = false;
    for (Thread thread : threads) {
      try {
        TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, end - CLOCK.nanoTime()));
      } catch (InterruptedException e) {
        interrupted = true; // they end all the same
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static ListOptions at(ListOptions options, @Nullable String version) {
    return new ListOptionsBuilder(options).withResourceVersion(version).build();
  }

  /** The versions that {@link #join(Map)} has put together, by namespace; null when that is something else. */
  private @Nullable Map<String, String> versions(@Nullable String joined) {
    Map<String, String> versions = new LinkedHashMap<>();
    for (String part : joined == null ? new String[0] : joined.split(",")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        versions.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    return versions.keySet().equals(sources.keySet()) ? versions : null;
  }

  private static String join(Map<String, String> versions) {
    return versions.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue()).collect(Collectors.joining(","));
  }

  /** The watch of one namespace: on its own thread, but for what it hands over. */
  private final class OneNamespace implements Consumer<SourceEvent<T>> {

    private final String namespace;
    private final Map<String, String> versions; // of the thread that called, as is unopened
    private final Set<String> unopened;
    private final Handoff<Consumer<Consumer<SourceEvent<T>>>> news;
    private String at; // the version, of this watch's thread

    OneNamespace(
        String namespace, Map<String, String> versions, Set<String> unopened, Handoff<Consumer<Consumer<SourceEvent<T>>>> news) {
      this.namespace = namespace;
      this.versions = versions;
      this.at = Objects.requireNonNull(versions.get(namespace));
      this.unopened = unopened;
      this.news = news;
    }

    void watch(ListerWatcher<T> source, ListOptions options) {
      try {
        end(source, options);
      } catch (Throwable t) { // an Error too: nobody else would end the watch
        news.fail(t);
      }
    }

    private void end(ListerWatcher<T> source, ListOptions options) {
      try {
        source.watch(options, this);
        news.end(null);
      } catch (RetrieveException e) {
        news.end(e);
      } catch (InterruptedException e) {
        // another one has ended
      } catch (Throwable t) {
        news.end(Failures.ofCause("watch " + resource + " in namespace " + namespace, t));
      }
    }

    private void put(Consumer<Consumer<SourceEvent<T>>> one) {
      try {
        news.put(one);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // for the source, which ends then
      }
    }

    private void tell(@Nullable String version, Consumer<Consumer<SourceEvent<T>>> event) {
      if (version != null && Versions.isOlder(version, at)) {
        news.end(new RetrieveException(Reason.VERSION_TOO_LARGE, "cannot watch " + resource + " in namespace " + namespace
            + " from version " + at + ": the API server is at version " + version));
        return;
      }
      at = version == null ? at : version;
      put(sink -> {
        event.accept(sink);
        if (version != null) {
          versions.put(namespace, version);
          sink.accept(SourceEvent.bookmark(join(versions)));
        }
      });
    }

    @Override
    public void accept(SourceEvent<T> event) {
      if (event instanceof SourceEvent.Opened) {
        put(sink -> {
          if (unopened.remove(namespace) && unopened.isEmpty()) {
            sink.accept(event);
          }
        });
      } else if (event instanceof SourceEvent.Bookmark<T> bookmark) {
        tell(bookmark.resourceVersion(), sink -> {});
      } else if (event instanceof SourceEvent.Item<T> item) {
        tell(item.object().getMetadata().getResourceVersion(), sink -> sink.accept(item));
      } else if (event instanceof SourceEvent.Unreadable<T> unreadable) {
        tell(unreadable.object().resourceVersion(), sink -> sink.accept(unreadable));
      } else if (event instanceof Json<T> json) {
        Identity identity = json.identity();
        if (identity == null) {
          accept(json.bind());
          return;
        }
        // it is handed over to another thread, and the bytes are used again
        byte[] bytes = Arrays.copyOf(json.bytes(), json.length());
        Json<T> copy = new Json<>(json.type(), bytes, bytes.length, json.binding(), json.bound());
        tell(identity.resourceVersion(), sink -> sink.accept(copy));
      }
    }
  }
}
