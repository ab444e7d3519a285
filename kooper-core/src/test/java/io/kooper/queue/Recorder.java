package io.kooper.queue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what a queue tells, a line an event. */
final class Recorder implements QueueListener<String> {
  final List<String> events = new CopyOnWriteArrayList<>();

  @Override
  public void added(String key, Lane lane) {
    events.add("added " + key + " " + lane);
  }

  @Override
  public void taken(String key, Lane lane, long waited) {
    events.add("taken " + key + " " + lane + " after " + micros(waited));
  }

  @Override
  public void finished(String key, long worked) {
    events.add("finished " + key + " in " + micros(worked));
  }

  @Override
  public void dropped(String key, Lane lane) {
    events.add("dropped " + key + " " + lane);
  }

  long count(String kind) {
    return events.stream().filter(event -> event.startsWith(kind + " ")).count();
  }

  private static String micros(long nanos) {
    return nanos / 1000 + " µs";
  }
}
