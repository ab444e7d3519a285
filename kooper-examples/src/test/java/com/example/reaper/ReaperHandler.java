package com.example.reaper;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** Deletes a pod when it is older than its label example.com/ttl allows, such as PT10M. */
public class ReaperHandler implements Handler<Pod> {

  static final String TTL = "example.com/ttl";

  private final KubernetesClient client;
  private final Clock clock;

  public ReaperHandler(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public void add(HandlerContext<Pod> context, Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    Instant end = Instant.parse(pod.getMetadata().getCreationTimestamp()).plus(ttl(pod));
    Duration left = Duration.between(clock.instant(), end);
    if (left.isNegative() || left.isZero()) {
      client.resource(pod).lockResourceVersion().delete();
    } else {
      context.requeueAfter(left);
    }
  }

  private static Duration ttl(Pod pod) {
    String ttl = pod.getMetadata().getLabels().get(TTL);
    try {
      return Duration.parse(ttl);
    } catch (DateTimeParseException e) {
      throw new TerminalException(TTL + " is \"" + ttl + "\", not a duration like PT10M", e);
    }
  }
}
