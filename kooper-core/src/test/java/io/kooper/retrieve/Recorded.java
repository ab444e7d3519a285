package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Writes down what a source says, as {@code ADDED x/a@1}. */
final class Recorded<T extends HasMetadata> implements Consumer<SourceEvent<T>> {

  final List<T> objects = new CopyOnWriteArrayList<>();
  final List<Undecodable> undecodable = new CopyOnWriteArrayList<>();
  final List<String> told = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> queue = new LinkedBlockingQueue<>();

  /** The next thing told, within ten seconds. */
  String next() throws InterruptedException {
    String next = queue.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing more was told after " + told);
    }
    return next;
  }

  private void tell(String what) {
    told.add(what);
    queue.add(what);
  }

  @Override
  public void accept(SourceEvent<T> event) {
    if (event instanceof Json<T> json) {
      accept(json.bind());
    } else if (event instanceof SourceEvent.Item<T> item) {
      objects.add(item.object());
      tell(item.type() + " " + ObjectKey.of(item.object()) + "@" + item.object().getMetadata().getResourceVersion());
    } else if (event instanceof SourceEvent.Bookmark<T> bookmark) {
      tell("BOOKMARK @" + bookmark.resourceVersion());
    } else if (event instanceof SourceEvent.Unreadable<T> unreadable) {
      Undecodable object = unreadable.object();
      undecodable.add(object);
      tell("UNDECODABLE " + (object.deleted() ? "DELETED " : "") + object.key() + "@" + object.resourceVersion());
    }
  }
}
