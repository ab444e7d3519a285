package io.kooper.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Runs a controller on a thread of its own and remembers what its handler was told last of each object. */
final class Recorder<T extends HasMetadata> implements Handler<T>, AutoCloseable {

  private final Map<ObjectKey, T> added = new ConcurrentHashMap<>();
  private final Map<ObjectKey, T> deleted = new ConcurrentHashMap<>();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final Controller controller;
  private final Thread thread;

  Recorder(Retriever<T> retriever) {
    controller = Controller.builder(retriever, this).noResync().build(); // no resync: nothing else mends a lost change
    thread = new Thread(controller::run, "recorder-" + controller.name());
    thread.start();
  }

  @Override
  public void add(HandlerContext<T> context, T object) {
    events.add("add " + context.key() + " " + object.getMetadata().getUid());
    added.put(context.key(), object);
    deleted.remove(context.key());
  }

  @Override
  public void delete(HandlerContext<T> context, T lastState) {
    events.add("delete " + context.key() + " " + lastState.getMetadata().getUid());
    added.remove(context.key());
    deleted.put(context.key(), lastState);
  }

  Controller controller() {
    return controller;
  }

  /** Every call, in order, such as {@code add default/web UID}. */
  List<String> events() {
    return events;
  }

  boolean knows(HasMetadata object) {
    @Nullable T seen = added.get(ObjectKey.of(object));
    return seen != null
        && seen.getMetadata().getResourceVersion().equals(object.getMetadata().getResourceVersion());
  }

  boolean knowsDeleted(HasMetadata object) {
    @Nullable T seen = deleted.get(ObjectKey.of(object));
    return seen != null && seen.getMetadata().getUid().equals(object.getMetadata().getUid());
  }

  @Override
  public void close() {
    controller.close();
  }
}
