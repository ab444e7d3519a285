package io.kooper.controller;

import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** An election whose terms begin and end when the test says so; it writes down how each task has ended. */
class ManualRunner implements Runner {

  static final class ManualTerm implements Leadership {

    private final long token;
    private final List<Runnable> actions = new ArrayList<>(); // guarded by this
    private boolean valid = true; // guarded by this

    ManualTerm(long token) {
      this.token = token;
    }

    @Override
    public synchronized boolean isValid() {
      return valid;
    }

    @Override
    public long token() {
      return token;
    }

    @Override
    public Duration remaining() {
      return Duration.ofSeconds(isValid() ? 10 : 0);
    }

    @Override
    public void onEnd(Runnable action) {
      synchronized (this) {
        if (valid) {
          actions.add(action);
          return;
        }
      }
      action.run();
    }

    void end() {
      List<Runnable> due;
      synchronized (this) {
        valid = false;
        due = List.copyOf(actions);
        actions.clear();
      }
      due.forEach(Runnable::run);
    }
  }

  private final BlockingQueue<ManualTerm> terms = new LinkedBlockingQueue<>();
  /** One for each task that has returned: {@code released}, or {@code kept} when it threw. */
  final List<String> leases = new CopyOnWriteArrayList<>();
  volatile boolean waiting;
  private long tokens;

  /** From now on, or when the task of the term before has returned, this process leads. */
  ManualTerm lead() {
    var term = new ManualTerm(++tokens);
    terms.add(term);
    return term;
  }

  @Override
  public void run(Task task) throws InterruptedException {
    waiting = true;
    ManualTerm term;
    try {
      term = terms.take();
    } finally {
      waiting = false;
    }
    String lease = "kept";
    try {
      task.run(term);
      lease = "released";
    } finally {
      leases.add(lease);
    }
  }
}
