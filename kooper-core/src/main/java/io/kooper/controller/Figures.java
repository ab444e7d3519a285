package io.kooper.controller;

import io.kooper.informer.Informer;
import io.kooper.metrics.ControllerFigures;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a controller's figures off its parts. */
record Figures(WorkQueue<ObjectKey> queue, Workers<?> pool, Relations<?> relations, Ledger<?> ledger, LoopDetector loops)
    implements ControllerFigures {

  @Override
  public int queueLength(Lane lane) {
    return queue.length(lane);
  }

  @Override
  public int delayed() {
    return queue.delayed();
  }

  @Override
  public int inFlight() {
    return pool.running().size();
  }

  @Override
  public Duration oldestWaiting() {
    return queue.oldestWaiting();
  }

  @Override
  public Duration longestRunning() {
    return pool.longestRunning();
  }

  @Override
  public int workers() {
    return pool.alive();
  }

  @Override
  public int failing() {
    return ledger.failing();
  }

  @Override
  public int paused() {
    return ledger.paused();
  }

  @Override
  public int looping() {
    return loops.looping().size();
  }

  @Override
  public Set<String> informers() {
    return relations.informers().map(Informer::name).collect(Collectors.toUnmodifiableSet());
  }
}
