package com.example.reaper;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class ReaperHandlerTest {

  private final Clock clock = Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);
  private final KubernetesClient client = mock();
  private final HandlerContext<Pod> context = mock();

  private static Pod pod(String created, String ttl) {
    return new PodBuilder().withNewMetadata().withName("job").withCreationTimestamp(created)
        .addToLabels(ReaperHandler.TTL, ttl).endMetadata().build();
  }

  @Test
  void comesBackWhenThePodsTimeIsOver() {
    new ReaperHandler(client, clock).add(context, pod("2026-01-01T11:55:00Z", "PT10M"));
    verify(context).requeueAfter(Duration.ofMinutes(5));
  }

  @Test
  void doesNotTryAgainWhatNobodyCanRead() {
    assertThatThrownBy(() -> new ReaperHandler(client, clock).add(context, pod("2026-01-01T11:55:00Z", "soon")))
        .isInstanceOf(TerminalException.class).hasMessageContaining("soon");
  }
}
