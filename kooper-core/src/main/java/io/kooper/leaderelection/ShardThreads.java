package io.kooper.leaderelection;

import io.kooper.clock.Clock;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.Leases.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The threads of shards: some that ask {@link Sharding} and the server in turn, and a watchdog that interrupts requests that take
 * too long, and calls what is to be called at the end of a term. They live from the first who takes part to the last.
 */
final class ShardThreads {

  /** At once: 16 renewals of 0.7 s, one after the other, would pass the deadline. */
  static final int MOST = 4;

  private static final Log log = Log.of(Shards.class);
  private static final long NEVER = Long.MAX_VALUE;

  /** A term that has ended, of which nobody was told yet. */
  private record Over(ShardDuty shard, Term term) {}

  private final LeaderElection.Settings settings;
  private final Leases leases;
  private final Clock clock;
  private final ShardEvents events;
  private final Callbacks ends;
  private final Guard guard;
  final Sharding sharding;
  final Monitor monitor;

  // guarded by monitor
  private @Nullable Crew crew; // null while nobody takes part and nothing is left to give back
  private final Requests.Late late = new Requests.Late();

  private volatile @Nullable String clientClosed; // why nothing is sent any more; never unset

  ShardThreads(LeaderElection.Settings settings, Leases leases, ShardEvents events,
      Function<Monitor, Sharding> sharding) {
    this.settings = settings;
    this.leases = leases;
    this.clock = settings.clock();
    this.events = events;
    this.ends = new Callbacks("kooper-" + settings.name() + "-ended", clock);
    this.guard = new Guard(log, "one who takes part in the shards of " + settings.lease());
    this.monitor = new Monitor(clock);
    this.sharding = sharding.apply(monitor);
  }

  Sharding.Participant join(Runnable changed) {
    return monitor.change(() -> {
      if (crew == null) {
        Crew next = new Crew();
        crew = next; // if there is no memory for its threads, the next who joins tries again
        boolean started = false;
        try {
          next.start();
          started = true;
        } finally {
          crew = started ? next : null;
        }
      }
      return sharding.join(changed);
    });
  }

  /** Ends a part; the last one waits until all was given back, and users were told. */
  void close(Sharding.Participant participant) throws InterruptedException {
    monitor.run(() -> sharding.close(participant));
    long end = clock.nanoTime() + Durations.nanos(settings.renewDeadline());
    monitor.await(() -> crew == null || sharding.isRunning() ? 0 : end - clock.nanoTime());
    if (!ends.await(ElectionEvents.PATIENCE)) {
      log.warn("an action at the end of a term of the shards of {} has not returned within {}; the stop does not wait for it any"
          + " longer", settings.lease(), ElectionEvents.PATIENCE);
    }
  }

  boolean isRunning() {
    return monitor.get(() -> crew != null);
  }

  /** What only a restart mends; null when there is nothing, or nobody takes part. */
  @Nullable String defect() {
    return monitor.get(() -> {
      long limit = Durations.nanos(settings.leaseDuration()) + Durations.nanos(settings.healthTolerance());
      Crew now = crew;
      return now == null ? null
          : clientClosed != null ? clientClosed
          : now.hasLost() ? "a thread of the shards of " + settings.lease() + " has ended"
          : now.hangs(limit) ? "a request about a shard of " + settings.lease() + " hangs" : null;
    });
  }

  /** Calls what is to be called without the monitor. */
  private void tell() {
    monitor.get(sharding::untold).forEach(news -> guard.run(news::run));
  }

  /** The threads from the first who takes part to the last. */
  private final class Crew {

    private final List<Talker> talkers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Crew() {
      for (int i = 0; i < MOST; i++) {
        Talker talker = new Talker();
        talkers.add(talker);
        thread("kooper-" + settings.name() + "-shards-" + i,
            "the shards of lease {}: a conversation failed outside of its requests; the next one comes", () -> once(talker));
      }
      thread("kooper-" + settings.name() + "-watchdog", "the shards of lease {}: their watchdog failed; it goes on",
          this::watchOnce);
    }

    private void thread(String name, String failed, Loop.Step step) {
      Thread thread = new Thread(() -> Loop.run(log, failed, settings.name(), step), name);
      thread.setDaemon(true);
      threads.add(thread);
    }

    void start() {
      threads.forEach(Thread::start);
    }

    private boolean isOver() {
      return crew != this;
    }

    boolean hasLost() {
      return threads.stream().anyMatch(thread -> thread.getState() == Thread.State.TERMINATED);
    }

    boolean hangs(long limit) {
      return talkers.stream().anyMatch(one -> one.requests.hangs(limit));
    }

    /** One conversation. Whether more is to come. */
    private boolean once(Talker talker) throws InterruptedException {
      monitor.await(() -> isOver() || mayEnd() ? 0 : clientClosed != null ? NEVER : sharding.untilNext());
      Talk talk = monitor.change(() -> {
        if (!isOver() && mayEnd()) {
          crew = null;
        }
        Duty duty = isOver() || clientClosed != null ? null : sharding.next();
        return duty == null ? null : talk(duty);
      });
      if (talk != null) {
        talker.converse(talk);
        tell();
      }
      return !monitor.get(this::isOver);
    }

    /** A duty that stayed busy, for want of memory for its conversation, would never have its turn again. */
    private Talk talk(Duty duty) {
      duty.busy = false;
      Talk talk = new Talk(duty, clock.nanoTime());
      duty.busy = true;
      return talk;
    }

    private boolean mayEnd() {
      return sharding.isIdle() || clientClosed != null && !sharding.isRunning();
    }

    /** Whether it goes on. */
    private boolean watchOnce() throws InterruptedException {
      monitor.await(() -> {
        long ofRequests = talkers.stream().mapToLong(one -> one.requests.untilLate()).min().orElse(NEVER);
        return isOver() ? 0 : Math.min(sharding.untilEnd(), ofRequests);
      });
      List<Over> all = monitor.get(() -> {
        talkers.forEach(one -> one.requests.interruptIfLate());
        boolean ofSuccessor = crew != null && isOver(); // whose watchdog sees to it
        return ofSuccessor ? List.of() : sharding.ended().stream().map(shard -> new Over(shard, shard.term())).toList();
      });
      for (Over one : all) {
        one.term.fire(ends::call);
        monitor.run(() -> sharding.fired(one.shard));
      }
      tell();
      return !monitor.get(this::isOver);
    }
  }

  /** A conversation that is under way; its duty is busy until it is over, whatever is thrown. */
  private final class Talk {
    final Duty duty;
    final long started;
    final Runnable over;
    @Nullable LeaseException failure;

    Talk(Duty duty, long started) {
      this.duty = duty;
      this.started = started;
      this.over = () -> sharding.over(duty, started);
    }
  }

  /** One of the threads that send requests. */
  private final class Talker {

    private final Requests requests = new Requests(settings, monitor, late);

    void converse(Talk talk) throws InterruptedException {
      try {
        if (talk.duty instanceof Look && !monitor.get(sharding.shared::isHeld)) {
          leases.prove();
        }
        Step step = monitor.get(talk.duty::begin);
        while (step != null) {
          step = exchange(talk, step);
        }
      } finally {
        monitor.run(talk.over);
      }
      events.over(talk.duty, talk.failure);
    }

    private @Nullable Step exchange(Talk talk, Step step) {
      Duration limit = monitor.change(() -> requests.begin(step.isRead(), NEVER));
      Throwable thrown = null;
      try {
        step.send(leases);
      } catch (Throwable t) { // an Error too: the shards go on, and the watchdog sees to the deadlines
        thrown = t;
      }
      boolean tooLate = requests.end(step.isRead());
      try {
        if (thrown == null) {
          return monitor.change(() -> talk.duty.answered(step));
        }
      } catch (RuntimeException e) { // a lease that nobody has thought of
        thrown = e;
      }
      LeaseException failure =
          requests.failure("a request about the shards of " + settings.lease(), thrown, tooLate ? limit : null, "");
      talk.failure = talk.failure == null || talk.failure.kind() == Kind.CONFLICT ? failure : talk.failure;
      if (failure.kind() == Kind.CLIENT_CLOSED) {
        clientClosed = failure.getMessage();
      }
      return clientClosed == null ? monitor.change(() -> talk.duty.failed(step, failure)) : null;
    }
  }
}
