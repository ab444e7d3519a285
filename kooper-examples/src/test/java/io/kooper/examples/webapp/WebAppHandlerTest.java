package io.kooper.examples.webapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.kooper.event.EventRecorder;
import io.kooper.examples.webapp.WebAppOperator.Dns;
import io.kooper.handler.HandlerContext;
import io.kooper.write.Apply;
import io.kooper.write.Conditions;
import io.kooper.write.StatusWriter;
import org.junit.jupiter.api.Test;

class WebAppHandlerTest {

  private final Apply apply = mock();
  private final StatusWriter status = mock();
  private final EventRecorder events = mock();
  private final Dns dns = mock();
  private final HandlerContext<WebApp> context = mock();
  private final WebAppOperator handler = new WebAppOperator(apply, status, events, dns);
  private final WebApp app = SimulatedWebApps.webApp("shop", 2);

  private void ready(int pods) {
    when(apply.ownedBy(any(), any(Deployment.class))).thenReturn(
        new DeploymentBuilder().withNewStatus().withReadyReplicas(pods).endStatus().build());
  }

  @Test
  void saysHowManyPodsAreReadyAndWritesOnlyWhatHasChanged() {
    ready(1);
    handler.add(context, app);
    handler.add(context, app);

    verify(dns, times(2)).put("shop.example.com");
    verify(apply, times(2)).ownedBy(any(), any(Service.class));
    verify(status).patch(context, app);
    verify(events).normal(app, "Progressing", "Deploy", "1 of 2 pods are ready");
    assertThat(Conditions.isTrue(app.getStatus().getConditions(), "Ready")).isFalse();

    ready(2);
    handler.add(context, app);

    verify(events).normal(app, "Ready", "Deploy", "2 of 2 pods are ready");
    assertThat(Conditions.isTrue(app.getStatus().getConditions(), "Ready")).isTrue();
    assertThat(app.getStatus().getReadyReplicas()).isEqualTo(2);
  }

  @Test
  void takesTheDnsRecordAway() {
    handler.delete(context, app);

    verify(dns).remove("shop.example.com");
    verify(apply, never()).ownedBy(any(), any());
  }
}
