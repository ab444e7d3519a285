package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Log;
import io.kooper.retrieve.ObjectKey;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One listener, and whether it may have missed something. Used under the cache's lock only. */
final class Subscription<T extends HasMetadata> {

  private static final Log log = Log.of(Subscription.class);

  private final String informer;
  private final KeyListener<T> listener;
  private boolean behind;
  private boolean owesSynced;
  private boolean complained; // since it last caught up

  Subscription(String informer, KeyListener<T> listener) {
    this.informer = informer;
    this.listener = listener;
  }

  KeyListener<T> listener() {
    return listener;
  }

  /** It is told later, by comparing, whatever fails now. */
  void fallBehind() {
    behind = true;
  }

  void oweSynced() {
    owesSynced = true;
  }

  /** Throws nothing: the informer must outlive its listeners. */
  void changed(ObjectKey key, @Nullable State<T> gone, Origin origin) {
    Origin told = behind && origin == Origin.EVENT ? Origin.LIST : origin; // this one follows some that were not told
    behind |= !tell(l -> l.changed(key, gone, told));
  }

  /** Tells what it missed, and that the store is complete. */
  void catchUp(Origin origin) {
    complained = false;
    if (behind) {
      behind = !tell(l -> l.missed(origin));
    }
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
      if (complained) {
        log.debug("informer {}: a listener failed again", informer, t);
      } else {
        complained = true;
        log.error("informer {}: a listener failed; what it missed is told again within half a minute", informer, t);
      }
      return false;
    }
  }
}
