package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.Retriever;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One informer for all users of the same objects: one list, one watch and one store. It is started with its first user, and
 * closed with its last one. Each user adds listeners of its own, before it starts. May be used by any thread.
 *
 * <pre>{@code
 * SharedInformers informers = new SharedInformers();
 * Informer<Pod> pods = informers.use(retriever, List.of(), () -> Informer.builder(retriever).build());
 * informers.start(pods);
 * // ...
 * informers.release(pods, () -> pods.removeListener(listener));
 * }</pre>
 */
public final class SharedInformers {

  private static final class Use {
    private final Informer<?> informer;
    private int users;
    private boolean started; // guarded by this

    Use(Informer<?> informer) {
      this.informer = informer;
    }
  }

  private final Map<Object, Use> uses = new HashMap<>(); // by the retriever's identity and what is kept; guarded by this

  /**
   * The informer of what {@code retriever} retrieves, for one more user, who releases it once.
   *
   * @param kept which of the objects the informer keeps, as an empty list for all: users of others have another informer
   * @param make called for the first user
   */
  public synchronized <T extends HasMetadata> Informer<T> use(Retriever<T> retriever, Object kept, Supplier<Informer<T>> make) {
    Use use = uses.computeIfAbsent(List.of(retriever.identity(), kept), key -> new Use(make.get()));
    use.users++;
    @SuppressWarnings("unchecked") // equal identities are of one type
    Informer<T> informer = (Informer<T>) use.informer;
    return informer;
  }

  /** Starts an informer, unless another user has. An informer that was made elsewhere is always started. */
  public void start(Informer<?> informer) {
    Use found = use(informer);
    if (found == null) {
      informer.start();
      return;
    }
    synchronized (found) { // and not all of this: it asks code of users for metrics
      if (!found.started) {
        informer.start();
        found.started = true;
      }
    }
  }

  private synchronized @Nullable Use use(Informer<?> informer) {
    return uses.values().stream().filter(use -> use.informer == informer).findFirst().orElse(null);
  }

  /**
   * Releases an informer for one user. Closes it after its last user, and waits for its thread; one that was made elsewhere is
   * always closed.
   *
   * @param leave removes the user's listeners; called only if others go on
   */
  public void release(Informer<?> informer, Runnable leave) {
    synchronized (this) {
      Use found = use(informer);
      if (found != null && found.users > 1) {
        leave.run(); // first: if it fails, this is called again
        found.users--;
        return;
      }
      uses.values().removeIf(use -> use.informer == informer);
    }
    informer.close();
  }
}
