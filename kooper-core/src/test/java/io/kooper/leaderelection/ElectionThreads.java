package io.kooper.leaderelection;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.mockito.Mockito;

/** An election whose participants and threads run on a clock that the test moves. */
abstract class ElectionThreads {

  final ManualClock clock = new ManualClock();
  final GatedStore store = new GatedStore();
  final List<String> events = new CopyOnWriteArrayList<>();
  final List<Worker> workers = new ArrayList<>();
  final LeaderElectionListener listener = new LeaderElectionListener() {
    @Override
    public void startedLeading(long token) {
      events.add("started " + token);
    }

    @Override
    public void stoppedLeading(long token, Reason reason) {
      events.add("stopped " + token + " " + reason);
    }

    @Override
    public void newLeader(String identity) {
      events.add("leader " + identity);
    }
  };
  final LeaderElection election = builder().build();

  LeaderElectionBuilder builder() {
    return LeaderElection.builder(Mockito.mock(KubernetesClient.class), "op")
        .namespace("default").identity("a").clock(clock).store(store).listener(listener);
  }

  /** A thread that runs a task which works until it is told to end. */
  final class Worker extends Thread {
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch told = new CountDownLatch(1); // by onEnd
    final CountDownLatch end = new CountDownLatch(1);
    final AtomicReference<@Nullable Leadership> leadership = new AtomicReference<>();
    final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();

    Worker(LeaderElection election) {
      super("worker");
      setDaemon(true);
      target = election;
      workers.add(this);
      start();
    }

    private final LeaderElection target;

    @Override
    public void run() {
      try {
        target.run(term -> {
          leadership.set(term);
          term.onEnd(told::countDown);
          started.countDown();
          boolean interrupted = false;
          while (true) {
            try {
              end.await();
              break;
            } catch (InterruptedException e) {
              interrupted = true;
            }
          }
          if (interrupted) {
            Thread.currentThread().interrupt();
          }
        });
      } catch (Throwable t) {
        thrown.set(t);
      }
    }

    Leadership awaitStarted() throws InterruptedException {
      started.await();
      return java.util.Objects.requireNonNull(leadership.get());
    }

    void awaitEnd() throws InterruptedException {
      end.countDown();
      join();
    }
  }

  @BeforeEach
  void quickPolls() {
    org.awaitility.Awaitility.setDefaultPollInterval(Duration.ofMillis(2));
    org.awaitility.Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @AfterEach
  void endsItsThreads() {
    store.openAll();
    for (Worker worker : workers) {
      worker.interrupt();
      worker.end.countDown();
    }
    for (Worker worker : workers) {
      pass(worker);
    }
    await().until(() -> {
      if (electionThreads().isEmpty()) {
        return true;
      }
      clock.advance(Duration.ofSeconds(1));
      return false;
    });
    org.awaitility.Awaitility.reset();
  }

  void pass(Thread thread) {
    await().until(() -> {
      if (!thread.isAlive()) {
        return true;
      }
      clock.advance(Duration.ofSeconds(1));
      return false;
    });
  }

  static List<String> electionThreads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
        .filter(name -> name.startsWith("kooper-op-")).sorted().toList();
  }

  /** Lets time pass when both threads wait for it. */
  void tick(double seconds) {
    await().until(() -> clock.waiting() >= 2);
    clock.advance(Duration.ofNanos((long) (seconds * 1e9)));
  }

  /** Lets time pass until its task has begun, but none while a request or the answer to one is on its way. */
  void tickUntilStarted(Worker worker) {
    await().until(() -> {
      if (!election.health().leading() && clock.waiting() >= 2) {
        clock.advance(Duration.ofMillis(100));
      }
      return worker.started.getCount() == 0;
    });
  }

  /** Lets the time pass until the next request has been made, and waits for it. */
  void tickUntilRequest() {
    int before = store.requests().size();
    tick(4.4);
    await().until(() -> store.requests().size() > before);
  }

  void steal(String holder) {
    store.server(server -> server.put(
        new LeaseRecord(holder, 15, null, null, server.record().transitions() + 1).on(server.get())));
  }
}
