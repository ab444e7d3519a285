package io.kooper.controller;

import io.kooper.clock.Clock;
import io.kooper.informer.Informer;
import io.kooper.informer.InformerHealth;
import io.kooper.metrics.ControllerFigures;
import io.kooper.queue.Lane;
import io.kooper.queue.WorkQueue;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads a controller's figures off its parts. */
record Figures(WorkQueue<ObjectKey> queue, Workers<?> pool, Informer<?> informer, Ledger<?> ledger, LoopDetector loops,
    Clock clock) implements ControllerFigures {

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
  public int objects() {
    return informer.store().size();
  }

  @Override
  public long storeBytes() {
    return informer.storeBytes();
  }

  @Override
  public boolean synced() {
    return informer.health().synced();
  }

  @Override
  public boolean watching() {
    return informer.health().watching();
  }

  @Override
  public @Nullable Duration sinceLastEvent() {
    InformerHealth health = informer.health();
    Instant last = health.lastEvent();
    return last == null ? null : Duration.between(last, clock.now());
  }
}
