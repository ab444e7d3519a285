package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.Clock;
import io.kooper.leaderelection.LeaseException.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time, processes that each have a clock of their own, and a bad network between them and a server: every seed is one
 * history, always the same. Until some time requests and answers are late or lost, and processes are cut off and stand still;
 * then all is well.
 */
class SimulatedWorld {

  static final double SECOND = 1e9;
  static final double LEASE = 15 * SECOND;
  static final double RENEW = 10 * SECOND;
  static final double RETRY = 2 * SECOND;
  static final double TIMEOUT = 2 * SECOND;
  static final double LONGEST_DRAIN = 8 * SECOND;

  /** For which a process has run when it has cancelled a call whose term has ended. */
  static final double PROMPT = 0.01 * SECOND;

  private record Event(double time, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Double.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** A request of a process, which the server executes. */
  interface Sent {
    void execute() throws LeaseException, InterruptedException;
  }

  final Random random;
  final double drift;
  final double faultsEnd;
  double now;
  long order;
  int pauses;
  private final PriorityQueue<Event> events = new PriorityQueue<>();

  /** @param drift by how much the rates of the clocks may be wrong, such as 0.05 */
  SimulatedWorld(Random random, double drift, double faultsEnd) {
    this.random = random;
    this.drift = drift;
    this.faultsEnd = faultsEnd;
  }

  final void at(double time, Runnable action) {
    events.add(new Event(Math.max(now, time), order++, action));
  }

  final boolean isBad() {
    return now < faultsEnd;
  }

  final double upTo(double seconds) {
    return random.nextDouble() * seconds * SECOND;
  }

  static Duration duration(double nanos) {
    return Duration.ofNanos((long) nanos);
  }

  /** Somebody with kubectl: a holder who does not exist. */
  static Lease stolen(Lease lease) {
    return new LeaseRecord("nobody", 15, null, null, LeaseRecord.of(lease).transitions() + 1).on(lease);
  }

  final Lease edited(Lease lease) {
    return new LeaseBuilder(lease).editMetadata().addToLabels("edit", "" + order).endMetadata().build();
  }

  /** @param check is called after each event */
  final void play(double until, Runnable check) {
    while (!events.isEmpty() && events.peek().time() < until) {
      Event event = events.poll();
      now = event.time();
      event.action().run();
      check.run();
    }
    now = until;
  }

  /** One process: its clock, its life, and its way to the server. */
  abstract class Process implements Clock {

    final double rate = 1 + (random.nextDouble() * 2 - 1) * drift;
    private final long origin = random.nextLong() / 4;
    private long wallClock = random.nextInt(7200);
    private final List<Runnable> parked = new ArrayList<>(); // what it does when it goes on
    private int life; // of what happens, only what belongs to this life counts
    double pausedUntil;
    private double cutOffUntil;
    private double slowUntil;

    @Override
    public long nanoTime() {
      return origin + (long) (now * rate);
    }

    @Override
    public Instant now() {
      return Instant.EPOCH.plusSeconds(100_000 + wallClock).plusNanos((long) now);
    }

    @Override
    public void await(Lock lock, Condition condition, long nanos) {
      throw new UnsupportedOperationException();
    }

    final Candidate newCandidate(String identity) {
      return new Candidate("default", "op", identity, duration(LEASE), duration(RENEW), this);
    }

    /** What may happen to any process. */
    final void suffer() {
      switch (random.nextInt(4)) {
        case 0 -> cutOffUntil = now + upTo(30);
        case 1 -> slowUntil = now + upTo(30);
        case 2 -> pause(upTo(30));
        default -> wallClock += random.nextInt(7200) - 3600;
      }
    }

    /** Something that this process does, if it lives, as soon as it does not stand still. */
    final void locally(double time, Runnable action) {
      int born = life;
      at(time, () -> {
        if (born != life) {
          return;
        }
        if (now < pausedUntil) {
          parked.add(action);
        } else {
          action.run();
        }
      });
    }

    final void pause(double time) {
      pauses++;
      pausedUntil = Math.max(pausedUntil, now + time);
      at(pausedUntil, this::goOn);
    }

    private void goOn() {
      if (now >= pausedUntil) {
        List<Runnable> due = List.copyOf(parked);
        parked.clear();
        due.forEach(action -> locally(now, action));
      }
    }

    /** Whatever it does or waits for ends. */
    final void endLife() {
      life++;
    }

    /** As after a crash. */
    final void endPause() {
      pausedUntil = 0;
      parked.clear();
    }

    void heal() {
      cutOffUntil = 0;
      slowUntil = 0;
      pausedUntil = now;
      goOn();
    }

    final double delay() {
      if (isBad() && (now < slowUntil || random.nextInt(20) == 0)) {
        return upTo(random.nextInt(4) == 0 ? 40 : 2.5);
      }
      return upTo(0.05);
    }

    /** Stands still for a while, at a moment that is bad for it: one time in so many. */
    final void mayStandStill(int oneIn) {
      if (isBad() && random.nextInt(oneIn) == 0) {
        pause(upTo(30));
      }
    }

    /**
     * Sends a request.
     *
     * @param lost whether the network takes it for sure
     * @param answered hears once how it has ended: null when all is well
     */
    final void send(Sent request, boolean lost, Consumer<@Nullable LeaseException> answered) {
      boolean[] over = new boolean[1];
      Consumer<@Nullable LeaseException> once = failure -> {
        if (!over[0]) {
          over[0] = true;
          answered.accept(failure);
        }
      };
      locally(now + TIMEOUT / rate, () -> once.accept(new LeaseException(Kind.UNKNOWN, "timeout", null)));
      double there = delay();
      double back = delay();
      boolean answerLost = isBad() && random.nextInt(50) == 0;
      if (lost || isBad() && (now < cutOffUntil || random.nextInt(50) == 0)) {
        return;
      }
      double sent = now;
      int born = life;
      at(now + there, () -> {
        if (sent < faultsEnd && now >= faultsEnd) {
          return; // what is still on its way then is lost
        }
        LeaseException failure = null;
        try {
          request.execute();
        } catch (LeaseException e) {
          failure = e;
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        LeaseException refused = failure;
        if (!answerLost && now >= cutOffUntil && life == born) {
          mayStandStill(250); // before it reads the answer
          locally(now + back, () -> once.accept(refused));
        }
      });
    }

    /** What a watchdog does. */
    final void watch(Term own) {
      double left = own.left(nanoTime());
      if (left == 0) {
        own.fire(Runnable::run);
      } else {
        locally(now + (left + 1) / rate, () -> watch(own));
      }
    }
  }

  /** A call of a handler, which has to be cancelled soon after its term has ended. */
  abstract class Call {

    final Leadership term;
    boolean cancelled;
    private double staleSince = -1; // since when its process runs on though the term has ended

    Call(Leadership term) {
      this.term = term;
    }

    final void check(Process process, String what) {
      if (cancelled || term.isValid()) {
        return;
      }
      double runs = Math.max(now, process.pausedUntil);
      staleSince = staleSince < 0 || now < process.pausedUntil ? runs : staleSince;
      if (now - staleSince > PROMPT) {
        throw new AssertionError("a call " + what + " was not cancelled at " + now / SECOND + " s");
      }
    }
  }
}
