package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.metrics.ElectionFigures;
import io.kooper.metrics.ElectionMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Fault;
import io.kooper.test.junit.KooperTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@KooperTest
@Timeout(60)
class LeaderMetricsTest {

  private volatile ElectionFigures figures;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final MetricsRecorder recorder = new MetricsRecorder() {
    @Override
    public ElectionMetrics election(String lease, ElectionFigures now) {
      told.add(lease);
      figures = now;
      return new ElectionMetrics() {
        @Override
        public void newLeader() {
          told.add("new leader");
        }

        @Override
        public void renewed(Duration took) {
          told.add(took.isNegative() ? "in no time" : "renewed");
        }

        @Override
        public void attemptFailed() {
          told.add("failed");
          throw new IllegalStateException("what metrics throw disturbs nobody");
        }
      };
    }
  };

  @Test
  @DisplayName("K11: an election's figures tell its terms, its renewals and its failures")
  void figuresOfAnElection(EmbeddedApiServer server, KubernetesClient client) throws InterruptedException {
    server.faults().inject(Fault.status(500).on("get", "leases").times(1));
    String namespace = client.getNamespace();
    LeaderElection election =
        LeaderElection.builder(client, "web").namespace(namespace).identity("a").metrics(recorder).build();

    election.run(leadership -> assertThat(figures.leading()).isTrue());

    assertThat(figures.leading()).isFalse();
    assertThat(told).containsExactly(namespace + "/web", "failed", "renewed");
  }
}
