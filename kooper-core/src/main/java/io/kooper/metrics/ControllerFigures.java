package io.kooper.metrics;

import io.kooper.queue.Lane;
import java.time.Duration;
import java.util.Set;

/** What can be read off a controller at any moment, from any thread. */
public interface ControllerFigures {

  /** Keys that are ready in a lane. */
  int queueLength(Lane lane);

  /** Keys that wait for their back-off or {@code requeueAfter}. */
  int delayed();

  /** Keys that workers have. */
  int inFlight();

  /** How long the oldest ready key has been ready. Costs a look at each. */
  Duration oldestWaiting();

  /** For how long the longest call that runs has been running. */
  Duration longestRunning();

  /** Workers that run. */
  int workers();

  /** Keys whose last call failed. */
  int failing();

  /** Keys whose object is paused. */
  int paused();

  /** Keys that are called again and again while the generation of their object stays. */
  int looping();

  /** The names of the informers that it uses, which several controllers may share. */
  Set<String> informers();
}
