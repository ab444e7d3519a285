package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Log;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All listeners of a cache. Nothing here throws. Used under the cache's lock, but for {@link #remove(KeyListener)}. */
final class Subscriptions<T extends HasMetadata> {

  private static final Log log = Log.of(Subscriptions.class);

  /** One listener, and whether it may have missed something. */
  private final class Subscription {
    private final KeyListener<T> listener;
    private volatile boolean behind = true; // it is told later, by comparing, whatever fails now
    private volatile boolean owesSynced = synced;
    private boolean complained; // since it last caught up

    Subscription(KeyListener<T> listener) {
      this.listener = listener;
    }

    void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
      Origin told = behind && origin == Origin.EVENT ? Origin.LIST : origin; // this one follows some that were not told
      try { // as tell(), which would make something for each listener of each event
        listener.changed(key, gone, told);
      } catch (Throwable t) {
        behind = true;
        complain(t);
      }
    }

    boolean isOfUser() {
      return listener instanceof ObjectListener<?>;
    }

    /** Tells what it missed. */
    void catchUp(Origin origin) {
      complained = false;
      if (behind) {
        behind = !tell(l -> l.missed(origin));
      }
    }

    /** Tells that the store is complete. */
    void tellSynced() {
      if (owesSynced && tell(KeyListener::synced)) {
        owesSynced = false;
      }
    }

    /** Whether it took it. */
    boolean tell(Consumer<KeyListener<T>> news) {
      try {
        news.accept(listener);
        return true;
      } catch (Throwable t) { // code of users
        complain(t);
        return false;
      }
    }

    private void complain(Throwable t) {
      if (complained) {
        log.debug("informer {}: a listener failed again", informer, t);
      } else {
        complained = true;
        log.error("informer {}: a listener failed; what it missed is told again within half a minute", informer, t);
      }
    }
  }

  private final String informer;

  /** Those of keys come first: the ledgers of other controllers must not wait for code of users. */
  private final List<Subscription> all = new CopyOnWriteArrayList<>();

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
    Subscription subscription = new Subscription(listener);
    if (subscription.isOfUser()) {
      all.add(subscription); // one may be removed at any time: so the size is not asked for
    } else {
      all.add(0, subscription);
    }
    subscription.catchUp(Origin.FIRST_LIST);
    subscription.tellSynced();
  }

  void remove(KeyListener<T> listener) {
    all.removeIf(one -> one.listener == listener);
  }

  void remove(InformerListener<? super T> listener) {
    all.removeIf(one -> one.listener instanceof ObjectListener<T> objects && objects.endIfOf(listener));
  }

  /** The store is complete, perhaps for the first time. */
  void complete() {
    if (!synced) {
      all.forEach(one -> one.owesSynced = true);
      synced = true;
    }
  }

  /** Whether some may have missed something. Any thread may ask. */
  boolean areBehind() {
    return all.stream().anyMatch(one -> one.behind || one.owesSynced);
  }

  /** All of them may have missed something. */
  void fallBehind() {
    all.forEach(one -> one.behind = true);
  }

  /** Tells what was missed, and that the store is complete. */
  void catchUp(Origin origin) {
    all.forEach(one -> one.catchUp(origin));
    all.stream().filter(Subscription::isOfUser).forEach(Subscription::tellSynced);
    all.stream().filter(one -> !one.isOfUser()).forEach(Subscription::tellSynced); // last, since calls begin then
    syncedAndTold = synced;
  }

  void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
    for (Subscription one : all) {
      one.changed(key, gone, origin);
    }
  }

  void tell(Consumer<KeyListener<T>> news) {
    all.forEach(one -> one.tell(news));
  }
}
