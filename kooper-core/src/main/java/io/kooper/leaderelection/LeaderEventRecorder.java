package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.event.EventRecorder;

/** Writes a Kubernetes Event on the lease when this process begins or ends to lead, with client-go's words. */
final class LeaderEventRecorder implements LeaderElectionListener {

  private final EventRecorder events;
  private final String identity;
  private final Lease lease;

  LeaderEventRecorder(KubernetesClient client, LeaderElection.Settings settings) {
    this.events = EventRecorder.of(client, "kooper"); // never closed: an election may run again, and an idle one has no thread
    this.identity = settings.identity();
    this.lease = new LeaseBuilder().withNewMetadata().withNamespace(settings.namespace()).withName(settings.name())
        .endMetadata().build();
  }

  @Override
  public void startedLeading(long token) {
    events.normal(lease, "LeaderElection", "Lead", identity + " became leader");
  }

  @Override
  public void stoppedLeading(long token, Reason reason) {
    events.normal(lease, "LeaderElection", "StopLeading", identity + " stopped leading");
  }
}
