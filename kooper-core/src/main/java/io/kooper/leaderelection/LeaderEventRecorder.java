package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import java.time.temporal.ChronoUnit;

/**
 * Writes a Kubernetes Event on the lease when this process begins or ends to lead, with client-go's words. Each is written
 * once, on a thread of its own: an election does not wait for it.
 */
final class LeaderEventRecorder implements LeaderElectionListener {

  private static final Log log = Log.of(LeaderEventRecorder.class);

  private final KubernetesClient client;
  private final LeaderElection.Settings settings;

  LeaderEventRecorder(KubernetesClient client, LeaderElection.Settings settings) {
    this.client = client;
    this.settings = settings;
  }

  @Override
  public void startedLeading(long token) {
    record("became leader");
  }

  @Override
  public void stoppedLeading(long token, Reason reason) {
    record("stopped leading");
  }

  private void record(String what) {
    String now = settings.clock().now().truncatedTo(ChronoUnit.SECONDS).toString();
    Event event = new EventBuilder()
        .withNewMetadata().withGenerateName(settings.name() + ".").withNamespace(settings.namespace()).endMetadata()
        .withNewInvolvedObject()
        .withApiVersion("coordination.k8s.io/v1").withKind("Lease")
        .withNamespace(settings.namespace()).withName(settings.name())
        .endInvolvedObject()
        .withType("Normal").withReason("LeaderElection").withMessage(settings.identity() + " " + what)
        .withNewSource().withComponent("kooper").endSource()
        .withFirstTimestamp(now).withLastTimestamp(now).withCount(1)
        .build();
    Thread thread = new Thread(() -> write(event), "kooper-" + settings.name() + "-event");
    thread.setDaemon(true);
    thread.start();
  }

  private void write(Event event) {
    try {
      client.v1().events().inNamespace(settings.namespace()).resource(event).create();
    } catch (Throwable t) { // the election does not depend on it
      log.warn("cannot write the event \"{}\" in namespace {}: {}; it needs the right to create events", event.getMessage(),
          settings.namespace(), Throwables.message(t));
    }
  }
}
