package io.kooper.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerEndedException;
import io.kooper.controller.ControllerException;
import io.kooper.controller.Health;
import io.kooper.controller.QueuedKey;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Threads;
import io.kooper.internal.Urgent;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A controller of any kind that is run only while this process leads, and closed when the leadership is lost. */
final class ElectedController implements Controller {

  private static final Log log = Log.of(Operator.class);

  private final Controller controller;
  private final Runner election;
  private final Guard guard;
  private @Nullable Thread waiting; // the thread in run() while it waits for the leadership; guarded by this
  private boolean working; // the controller runs in a term; guarded by this
  private boolean closed; // guarded by this
  private volatile boolean lost; // the term ended while it worked, before anybody closed it

  ElectedController(Controller controller, Runner election) {
    this.controller = controller;
    this.election = election;
    this.guard = new Guard(log, "an operator's controller, or its election's runner,");
  }

  @Override
  public String name() {
    return controller.name();
  }

  @Override
  public void run() {
    try {
      if (waitingIs(Thread.currentThread())) {
        election.run(this::lead);
      }
    } catch (InterruptedException e) {
      if (waitingIs(null)) { // nobody closed it: the interrupt is the caller's
        Thread.currentThread().interrupt();
      }
      controller.close();
    }
    if (lost) {
      throw new ControllerException("controller " + name() + " lost the leadership", null);
    }
  }

  private void lead(Leadership leadership) {
    if (!waitingIs(null)) {
      Thread.interrupted(); // by close()
      return;
    }
    setWorking(true);
    try {
      leadership.onEnd((Urgent) this::lose);
      if (leadership.isValid()) { // else it ended before it could begin, and its end is being told
        controller.run();
      }
    } catch (ControllerEndedException e) {
      if (!lost && !isClosed()) {
        throw e;
      } // else it was closed before it could begin: nothing goes on, so the lease may be given back
    } finally {
      setWorking(false);
    }
  }

  private void lose() {
    synchronized (this) {
      if (!working) {
        return; // it has ended by itself, and the term with it
      }
      lost |= !closed;
    }
    // close() may wait, this must not; if there is no memory for a thread, the term calls this again
    Threads.start("kooper-lost", () -> guard.run(controller::close));
  }

  private synchronized void setWorking(boolean now) {
    working = now;
  }

  /** Whether it is not closed. */
  private synchronized boolean waitingIs(@Nullable Thread thread) {
    waiting = thread;
    return !closed;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized boolean isStandby() {
    return waiting != null && !closed;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (waiting != null) {
        waiting.interrupt();
      }
    }
    controller.close();
  }

  @Override
  public boolean isCalledByHandler() {
    return controller.isCalledByHandler();
  }

  @Override
  public boolean trigger(ObjectKey key) {
    return controller.trigger(key);
  }

  @Override
  public List<QueuedKey> queue() {
    return controller.queue();
  }

  @Override
  public long calls() {
    return controller.calls();
  }

  @Override
  public boolean hasSeen(String resourceVersion) {
    return controller.hasSeen(resourceVersion);
  }

  @Override
  public void onShared(Consumer<? super HasMetadata> observer) {
    controller.onShared(observer);
  }

  @Override
  public Health health() {
    boolean standby = isStandby();
    Health health = standby ? new Health(true, true, null, List.of()) : controller.health();
    String defect = guard.ask(election::defect);
    List<String> reasons = new ArrayList<>(health.reasons());
    reasons.addAll(defect != null ? List.of("the operator has to be restarted: " + defect)
        : standby ? guard.ask(election::reasons, List.of()) : List.of());
    return new Health(health.live() && defect == null, health.ready(), health.informer(), reasons);
  }
}
