package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import org.jspecify.annotations.Nullable;

/** Where the one lease of an election is kept. Each method sends one request, and ends soon when its thread is interrupted. */
interface LeaseStore {

  /** The lease, or null when there is none. */
  @Nullable Lease get() throws LeaseException, InterruptedException;

  /** Creates it unless there is one, and answers what was stored. */
  Lease create(Lease lease) throws LeaseException, InterruptedException;

  /** Replaces it if it still is of this resourceVersion and uid, and answers what was stored. */
  Lease update(Lease lease) throws LeaseException, InterruptedException;

  /** After failures, and while nothing is in a hurry: finds out whether the client is still of any use. May take a while. */
  default void prove() throws InterruptedException {}

  /** What is to be asked of the store next. */
  sealed interface Request {

    /** Asks it. */
    @Nullable Lease send(LeaseStore store) throws LeaseException, InterruptedException;

    record Get() implements Request {
      @Override
      public @Nullable Lease send(LeaseStore store) throws LeaseException, InterruptedException {
        return store.get();
      }
    }

    record Create(Lease lease) implements Request {
      @Override
      public Lease send(LeaseStore store) throws LeaseException, InterruptedException {
        return store.create(lease);
      }
    }

    record Update(Lease lease) implements Request {
      @Override
      public Lease send(LeaseStore store) throws LeaseException, InterruptedException {
        return store.update(lease);
      }
    }
  }
}
