package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.leaderelection.LeaseStore.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the leases of shards and members are kept. Each method sends one request; see {@link LeaseStore}. */
interface Leases {

  LeaseStore lease(String name);

  /** All leases of shards and members. */
  List<Lease> list() throws LeaseException, InterruptedException;

  /** Deletes it if it still is of this resourceVersion and uid. */
  void delete(Lease lease) throws LeaseException, InterruptedException;

  /** See {@link LeaseStore#prove}. */
  default void prove() throws InterruptedException {}

  /** One request, which keeps its answer. */
  abstract class Step {

    abstract void send(Leases leases) throws LeaseException, InterruptedException;

    boolean isRead() {
      return false;
    }
  }

  /** About one lease. */
  final class Ask extends Step {
    final String name;
    final Request request;
    @Nullable Lease answer;

    Ask(String name, Request request) {
      this.name = name;
      this.request = request;
    }

    @Override
    void send(Leases leases) throws LeaseException, InterruptedException {
      answer = request.send(leases.lease(name));
    }

    @Override
    boolean isRead() {
      return request instanceof Request.Get;
    }
  }

  /** About all of them. */
  final class ListAll extends Step {
    List<Lease> answer = List.of();

    @Override
    void send(Leases leases) throws LeaseException, InterruptedException {
      answer = leases.list();
    }

    @Override
    boolean isRead() {
      return true;
    }
  }

  /** That a lease is not needed any more. */
  final class Delete extends Step {
    final Lease lease;

    Delete(Lease lease) {
      this.lease = lease;
    }

    @Override
    void send(Leases leases) throws LeaseException, InterruptedException {
      leases.delete(lease);
    }
  }
}
