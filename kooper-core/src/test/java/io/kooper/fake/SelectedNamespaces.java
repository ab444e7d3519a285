package io.kooper.fake;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** Namespaces that are selected by labels: those that are there from the start, and those that join and leave later. */
public final class SelectedNamespaces implements ListerWatcher<Namespace> {

  private final String[] first;
  private final BlockingQueue<SourceEvent<Namespace>> news = new LinkedBlockingQueue<>();

  public SelectedNamespaces(String... first) {
    this.first = first;
  }

  private static Namespace namespace(String name) {
    return new NamespaceBuilder().withNewMetadata().withName(name).withUid(name).withResourceVersion("1").endMetadata().build();
  }

  public void join(String name) {
    news.add(SourceEvent.added(namespace(name)));
  }

  public void leave(String name) {
    news.add(SourceEvent.deleted(namespace(name)));
  }

  /** The watch ends, as one at a server does after half a minute. */
  public void endWatch() {
    news.add(SourceEvent.bookmark("1"));
  }

  /** All of them have one identity, as if they were selected by the same labels. */
  public Retriever<Namespace> retriever() {
    return new Retriever<>() {
      @Override
      public ListerWatcher<Namespace> listerWatcher() {
        return SelectedNamespaces.this;
      }

      @Override
      public Class<Namespace> objectType() {
        return Namespace.class;
      }

      @Override
      public Object identity() {
        return SelectedNamespaces.class;
      }
    };
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<Namespace>> events) {
    for (String name : first) {
      events.accept(SourceEvent.added(namespace(name)));
    }
    return "1";
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<Namespace>> events) throws InterruptedException {
    events.accept(SourceEvent.opened());
    SourceEvent<Namespace> next;
    do {
      next = news.take();
      events.accept(next);
    } while (!(next instanceof SourceEvent.Bookmark));
  }
}
