package io.kooper.controller;

import io.kooper.controller.Lifecycle.State;
import io.kooper.informer.Informer;
import io.kooper.informer.InformerHealth;
import io.kooper.internal.Durations;
import io.kooper.internal.Guard;
import io.kooper.internal.Guard.Question;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks at a controller from the outside: whether it lives, is ready, and gets on. */
final class HealthCheck {

  private static final Log log = Log.of(HealthCheck.class);

  private static final int NAMED = 10; // keys that hang; more do not fit a line

  /** What a standby has, if the controller is one now. */
  enum Standby { NONE, WARM, COLD }

  private final Engine<?> engine;
  private final String name;
  private final Lifecycle life;
  private final Relations<?> relations;
  private final Workers<?> workers;
  private final Duration stuckAfter;
  private final Guard guard;
  private boolean stuckSaid; // of the thread in run()

  HealthCheck(Engine<?> engine, Duration stuckAfter) {
    this.engine = engine;
    this.name = engine.name;
    this.life = engine.life;
    this.relations = engine.relations;
    this.workers = engine.workers;
    this.stuckAfter = stuckAfter;
    this.guard = new Guard(log, "controller " + name + ": its election's runner");
  }

  /** How often {@link #watch} is to be called. */
  long periodNanos() {
    return Math.max(1, Durations.nanos(stuckAfter) / 4);
  }

  /**
   * @param defectOfTerms what only a restart mends of what gives terms, or null
   * @param reasonsOfTerms what else is wrong with that
   */
  Health check(Standby standby, Question<String> defectOfTerms, Question<List<String>> reasonsOfTerms) {
    State now = life.state();
    boolean allSeen = life.isSynced();
    InformerHealth watch = relations.primary.health();
    String ofRunner = now == State.RUNNING ? guard.ask(defectOfTerms) : null;
    String defect = now == State.RUNNING ? ofRunner != null ? ofRunner : defect() : null;
    boolean broken = defect != null;
    boolean stuck = now == State.RUNNING && isStuck();
    boolean cold = standby == Standby.COLD;
    boolean working = now == State.RUNNING && (allSeen || cold) && !broken;
    int missing = workers.started() || standby == Standby.NONE ? engine.workerCount - workers.alive() : 0;
    List<String> reasons = new ArrayList<>();
    if (now != State.RUNNING) {
      reasons.add(name + notRunning(now, life.failure()));
    } else if (defect != null) {
      reasons.add(name + " has to be restarted: " + defect);
    } else if (!cold) {
      relations.required().forEach((what, one) -> addTrouble(what, one.health(), one.lacking(), reasons));
    }
    if (working && missing > 0) {
      reasons.add(name + " has " + workers.alive() + " of " + engine.workerCount + " workers running");
    }
    if (stuck) {
      reasons.add(stuck());
    } else if (now == State.RUNNING && workers.longestRunning().compareTo(stuckAfter) >= 0) {
      reasons.add(name + ": a call has been running for " + workers.longestRunning() + ", of those for "
          + named(workers.running()));
    }
    Set<ObjectKey> looping = now == State.RUNNING ? engine.loops.looping() : Set.of();
    if (!looping.isEmpty()) {
      reasons.add(name + " calls its handler again and again while the generation stays, for " + named(looping));
    }
    if (now == State.RUNNING && ofRunner == null) {
      guard.run(() -> reasons.addAll(Objects.requireNonNullElse(reasonsOfTerms.ask(), List.of()))); // to read it may fail too
    }
    return new Health(now != State.ENDED && !broken && !stuck, working && missing == 0, watch, reasons);
  }

  private void addTrouble(String what, InformerHealth watch, Set<Integer> lacking, List<String> reasons) {
    RetrieveException error = watch.lastError();
    String because = error == null ? "" : ": " + error.getMessage();
    if (!watch.synced()) {
      reasons.add(name + " has not seen all " + what + " yet"
          + (watch.missing().isEmpty() ? "" : ", none of namespace " + named(watch.missing())) + because);
    } else if (!lacking.isEmpty()) {
      reasons.add(name + " has not seen all " + what + " of these shards yet: " + lacking + because);
    } else if (!watch.watching()) {
      reasons.add(name + " is not watching" + (what.equals("objects") ? "" : " " + what) + " since " + watch.since() + because);
    }
  }

  /** What only a restart mends; null when there is nothing. */
  private @Nullable String defect() {
    String ended = engine.endedThread();
    RetrieveException closed = relations.informers().map(one -> one.health().lastError())
        .filter(error -> error != null && error.reason() == Reason.CLIENT_CLOSED).findFirst().orElse(null);
    return closed != null ? String.valueOf(closed.getMessage())
        : relations.informers().anyMatch(Informer::ended) ? "its informer's thread has ended, so it gets no changes any more"
        : workers.ended() > 0 ? workers.ended() + " of " + engine.workerCount + " workers have ended"
        : ended != null ? "thread " + ended + " has ended"
        : null;
  }

  private static String notRunning(State now, @Nullable RuntimeException why) {
    return switch (now) {
      case NEW -> " was not run yet";
      case RUNNING -> " runs";
      case STOPPING -> " stops";
      case ENDED -> " has ended" + (why == null ? "" : ": " + Throwables.message(why));
    };
  }

  /** Says in the log, once each time, when nothing gets on any more and when something does again. */
  void watch() {
    boolean stuck = isStuck();
    if (stuck && !stuckSaid) {
      log.error("controller {}. All threads:\n{}", stuck(), dump());
    } else if (!stuck && stuckSaid) {
      log.info("controller {}: no longer stuck", name);
    }
    stuckSaid = stuck;
  }

  private boolean isStuck() {
    return informerHangs() || workers.isStuck(stuckAfter, engine.queue::oldestWaiting);
  }

  private boolean informerHangs() {
    return relations.informers().anyMatch(one -> one.health().applying().compareTo(stuckAfter) >= 0);
  }

  private String stuck() {
    if (informerHangs()) {
      return name + " is stuck: for " + stuckAfter + " or more its informer has been applying one object or list;"
          + " does the transform or an index function hang?";
    }
    Set<ObjectKey> running = workers.running();
    return name + " is stuck: " + (engine.queue.length() + running.size()) + " keys wait or are worked on, and for "
        + stuckAfter + " or more no call has ended; "
        + (running.isEmpty() ? "none runs" : "those that run are for " + named(running));
  }

  static String named(Set<?> keys) {
    return keys.stream().limit(NAMED).map(Object::toString).sorted().collect(Collectors.joining(", "))
        + (keys.size() > NAMED ? " and " + (keys.size() - NAMED) + " more" : "");
  }

  /** The workers come first: an executor's may be virtual threads, which the virtual machine does not list. */
  private String dump() {
    Set<Thread> own = workers.threads();
    StringBuilder text = new StringBuilder();
    own.forEach(thread -> append(text, thread, thread.getStackTrace()));
    Thread.getAllStackTraces().forEach((thread, trace) -> {
      if (!own.contains(thread)) {
        append(text, thread, trace);
      }
    });
    return text.toString();
  }

  private static void append(StringBuilder text, Thread thread, StackTraceElement[] trace) {
    text.append('"').append(thread.getName()).append("\" ").append(thread.getState()).append('\n');
    for (StackTraceElement frame : trace) {
      text.append("    at ").append(frame).append('\n');
    }
  }
}
