package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@link FakeLeaseServer} for several threads, whose requests can be held up or broken by a test. */
final class GatedStore implements LeaseStore {

  /** Where a request is held up. */
  final class Gate {
    private final String verb;
    private final boolean afterwards;
    private final boolean deaf;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    private Gate(String verb, boolean afterwards, boolean deaf) {
      this.verb = verb;
      this.afterwards = afterwards;
      this.deaf = deaf;
    }

    void awaitReached() throws InterruptedException {
      reached.await();
    }

    void open() {
      gate = gate == this ? null : gate;
      open.countDown();
    }

    private void pass(String passing, boolean after) throws InterruptedException {
      if (!passing.equals(verb) || after != afterwards) {
        return;
      }
      reached.countDown();
      boolean interrupted = false;
      while (true) {
        try {
          open.await();
          break;
        } catch (InterruptedException e) {
          if (!deaf) {
            throw e;
          }
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final FakeLeaseServer server = new FakeLeaseServer();
  private final List<String> requests = new ArrayList<>();
  private final List<Gate> gates = new CopyOnWriteArrayList<>();
  private volatile @Nullable Gate gate;
  volatile @Nullable Throwable failure; // of each request, if any
  volatile @Nullable LeaseException refuseUpdates;

  /** Holds up requests of this verb before they arrive, until they are interrupted or the gate is opened. */
  Gate holdUp(String verb) {
    return close(new Gate(verb, false, false));
  }

  /** Holds up requests of this verb before they arrive, and does not heed interrupts. */
  Gate holdUpDeaf(String verb) {
    return close(new Gate(verb, false, true));
  }

  /** Holds up the answers to requests of this verb. */
  Gate holdUpAnswer(String verb) {
    return close(new Gate(verb, true, true));
  }

  private Gate close(Gate next) {
    gates.add(next);
    gate = next;
    return next;
  }

  void openAll() {
    gates.forEach(Gate::open);
  }

  /** One look at, or change of, the server. */
  <R extends @Nullable Object> R server(Function<FakeLeaseServer, R> action) {
    lock.lock();
    try {
      return action.apply(server);
    } finally {
      lock.unlock();
    }
  }

  String holder() {
    return server(it -> it.get() == null ? "" : it.record().holder());
  }

  List<String> requests() {
    lock.lock();
    try {
      return List.copyOf(requests);
    } finally {
      lock.unlock();
    }
  }

  private interface Call {
    @Nullable Lease apply() throws LeaseException;
  }

  private @Nullable Lease request(String verb, Call call) throws LeaseException, InterruptedException {
    lock.lock();
    try {
      requests.add(verb);
    } finally {
      lock.unlock();
    }
    Gate before = gate;
    if (before != null) {
      before.pass(verb, false);
    }
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof LeaseException e) {
      throw e;
    }
    LeaseException refused = refuseUpdates;
    if (refused != null && verb.equals("update")) {
      throw refused;
    }
    Lease answer;
    lock.lock();
    try {
      answer = call.apply();
    } finally {
      lock.unlock();
    }
    Gate after = gate;
    if (after != null) {
      after.pass(verb, true);
    }
    return answer;
  }

  @Override
  public @Nullable Lease get() throws LeaseException, InterruptedException {
    return request("get", server::get);
  }

  @Override
  public Lease create(Lease lease) throws LeaseException, InterruptedException {
    return Objects.requireNonNull(request("create", () -> server.create(lease)));
  }

  @Override
  public Lease update(Lease lease) throws LeaseException, InterruptedException {
    return Objects.requireNonNull(request("update", () -> server.update(lease)));
  }
}
