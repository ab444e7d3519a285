package io.kooper.examples.podterminator;

import io.fabric8.kubernetes.api.model.Pod;
import io.kooper.clock.Clock;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Terminates pods once a period, the first time a period after it has seen the resource. It asks to be called again when
 * the next time has come, instead of keeping a thread for each resource: so nothing is terminated after the leadership is
 * lost.
 */
final class PodTerminatorHandler implements Handler<PodTerminator> {

  private static final Logger log = LoggerFactory.getLogger(PodTerminatorHandler.class);

  /** The pods of the cluster, as far as this needs them. */
  interface Pods {

    List<Pod> running(Map<String, String> selector);

    void terminate(Pod pod);
  }

  private final Pods pods;
  private final Clock clock;
  private final Random random;
  private final Map<String, Long> due = new ConcurrentHashMap<>(); // by uid, the nanoTime of the next termination

  PodTerminatorHandler(Pods pods, Clock clock, Random random) {
    this.pods = pods;
    this.clock = clock;
    this.random = random;
  }

  @Override
  public void add(HandlerContext<PodTerminator> context, PodTerminator terminator) {
    PodTerminatorSpec spec = terminator.getSpec();
    if (spec == null || spec.selector() == null || spec.selector().isEmpty() || spec.periodSeconds() < 1) {
      throw new TerminalException("a PodTerminator needs a selector and a period of a second or more");
    }
    String uid = terminator.getMetadata().getUid();
    long period = Duration.ofSeconds(spec.periodSeconds()).toNanos();
    long next = Math.min(due.computeIfAbsent(uid, none -> clock.nanoTime() + period), clock.nanoTime() + period);
    if (clock.nanoTime() >= next) {
      terminateSome(context, spec);
      next = clock.nanoTime() + period;
    }
    due.put(uid, next);
    context.requeueAfter(Duration.ofNanos(Math.max(1, next - clock.nanoTime())));
  }

  @Override
  public void delete(HandlerContext<PodTerminator> context, PodTerminator lastState) {
    due.remove(lastState.getMetadata().getUid());
  }

  private void terminateSome(HandlerContext<PodTerminator> context, PodTerminatorSpec spec) {
    List<Pod> running = new ArrayList<>(pods.running(spec.selector()));
    int count = count(spec, running.size());
    Collections.shuffle(running, random);
    for (Pod pod : running.subList(0, count)) {
      if (context.cancelled()) {
        return;
      }
      String name = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
      log.info("{}: {} pod {}", context.key(), spec.dryRun() ? "would terminate" : "terminates", name);
      if (!spec.dryRun()) {
        pods.terminate(pod);
      }
    }
  }

  /** How many of so many running pods to terminate. */
  static int count(PodTerminatorSpec spec, int running) {
    int percent = Math.max(0, Math.min(100, spec.terminationPercent()));
    return Math.max(0, Math.min(running * percent / 100, running - spec.minimumInstances()));
  }
}
