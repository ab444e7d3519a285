package io.kooper.metrics.micrometer;

import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.InformerFigures;
import io.kooper.queue.Lane;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Figures that a test sets; each is another number, lest they be mixed up. */
final class Figures implements ControllerFigures, InformerFigures {

  volatile boolean synced;
  volatile boolean watching;
  volatile @Nullable Duration sinceLastEvent;

  @Override
  public int queueLength(Lane lane) {
    return 10 + lane.ordinal();
  }

  @Override
  public int delayed() {
    return 20;
  }

  @Override
  public int inFlight() {
    return 21;
  }

  @Override
  public Duration oldestWaiting() {
    return Duration.ofMillis(1_500);
  }

  @Override
  public Duration longestRunning() {
    return Duration.ofMillis(2_500);
  }

  @Override
  public int workers() {
    return 22;
  }

  @Override
  public int failing() {
    return 0;
  }

  @Override
  public int paused() {
    return 0;
  }

  @Override
  public int looping() {
    return 0;
  }

  @Override
  public Set<String> informers() {
    return Set.of("maps");
  }

  @Override
  public int objects() {
    return 23;
  }

  @Override
  public long storeBytes() {
    return 5_000_000_000L;
  }

  @Override
  public boolean synced() {
    return synced;
  }

  @Override
  public boolean watching() {
    return watching;
  }

  @Override
  public @Nullable Duration sinceLastEvent() {
    return sinceLastEvent;
  }
}
