package io.kooper.controller;

import io.kooper.informer.Informer;
import io.kooper.metrics.ControllerFigures;
import io.kooper.queue.Lane;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a controller's figures off its parts. */
record Figures(Engine<?> engine) implements ControllerFigures {

  @Override
  public int queueLength(Lane lane) {
    return engine.queue.length(lane);
  }

  @Override
  public int delayed() {
    return engine.queue.delayed();
  }

  @Override
  public int inFlight() {
    return engine.workers.running().size();
  }

  @Override
  public Duration oldestWaiting() {
    return engine.queue.oldestWaiting();
  }

  @Override
  public Duration longestRunning() {
    return engine.workers.longestRunning();
  }

  @Override
  public int workers() {
    return engine.workers.alive();
  }

  @Override
  public int failing() {
    return engine.ledger.failing();
  }

  @Override
  public int paused() {
    return engine.ledger.paused();
  }

  @Override
  public int looping() {
    return engine.loops.looping().size();
  }

  @Override
  public Set<String> informers() {
    return engine.relations.informers().map(Informer::name).collect(Collectors.toUnmodifiableSet());
  }
}
