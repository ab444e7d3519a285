package io.kooper.controller;

import io.kooper.fake.ManualTerm;
import io.kooper.leaderelection.Runner;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** An election whose terms begin and end when the test says so; it writes down how each task has ended. */
class ManualRunner implements Runner {

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
