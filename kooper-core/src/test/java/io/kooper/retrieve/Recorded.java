package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Both sinks, which write down what they are told, as {@code ADDED x/a@1}. */
final class Recorded<T extends HasMetadata> implements ListSink<T>, WatchSink<T> {

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

  private void tell(String what, T object) {
    objects.add(object);
    tell(what + " " + ObjectKey.of(object) + "@" + object.getMetadata().getResourceVersion());
  }

  @Override
  public void item(T object) {
    tell("ITEM", object);
  }

  @Override
  public void added(T object) {
    tell("ADDED", object);
  }

  @Override
  public void modified(T object) {
    tell("MODIFIED", object);
  }

  @Override
  public void deleted(T object) {
    tell("DELETED", object);
  }

  @Override
  public void bookmark(String resourceVersion) {
    tell("BOOKMARK @" + resourceVersion);
  }

  @Override
  public void undecodable(Undecodable object) {
    undecodable.add(object);
    tell("UNDECODABLE " + (object.deleted() ? "DELETED " : "") + object.key() + "@" + object.resourceVersion());
  }
}
