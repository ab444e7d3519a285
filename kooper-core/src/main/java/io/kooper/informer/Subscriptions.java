package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All listeners of a cache. Used under the cache's lock, but for {@link #remove(KeyListener)}. */
final class Subscriptions<T extends HasMetadata> {

  private final String informer;

  /** Those of keys come first: the ledgers of other controllers must not wait for code of users. */
  private final List<Subscription<T>> all = new CopyOnWriteArrayList<>();

  private volatile boolean synced; // read by anybody
  private volatile boolean syncedAndTold;

  Subscriptions(String informer) {
    this.informer = informer;
  }

  boolean synced() {
    return synced;
  }

  boolean syncedAndTold() {
    return syncedAndTold;
  }

  void add(KeyListener<T> listener) {
    Subscription<T> subscription = new Subscription<>(informer, listener);
    subscription.fallBehind();
    if (synced) {
      subscription.oweSynced();
    }
    all.add(listener instanceof ObjectListener<?> ? all.size() : 0, subscription);
    subscription.catchUp(Origin.FIRST_LIST);
  }

  void remove(KeyListener<T> listener) {
    all.removeIf(one -> one.listener() == listener);
  }

  void remove(InformerListener<? super T> listener) {
    all.removeIf(one -> one.listener() instanceof ObjectListener<T> objects && objects.endIfOf(listener));
  }

  /** The store is complete, perhaps for the first time. */
  void complete() {
    if (!synced) {
      all.forEach(Subscription::oweSynced);
      synced = true;
    }
  }

  /** All of them may have missed something. */
  void fallBehind() {
    all.forEach(Subscription::fallBehind);
  }

  /** Tells what was missed, and that the store is complete. */
  void catchUp(Origin origin) {
    all.forEach(one -> one.catchUp(origin));
    syncedAndTold = synced;
  }

  void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
    all.forEach(one -> one.changed(key, gone, origin));
  }

  void tell(Consumer<KeyListener<T>> news) {
    all.forEach(one -> one.tell(news));
  }
}
