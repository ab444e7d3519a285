package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** fabric8's mock server, with which Java users test, is a source like any other. */
@EnableKubernetesMockClient(crud = true, https = false)
class MockServerTest {

  KubernetesClient client;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() throws InterruptedException {
    threads.shutdownNow();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).as("the watch ends when interrupted").isTrue();
  }

  private static Pod pod(String namespace, String name, String app) {
    return new PodBuilder().withNewMetadata().withNamespace(namespace).withName(name).withLabels(Map.of("app", app))
        .endMetadata().build();
  }

  @Test
  void listsAndWatches() throws Exception {
    client.resource(pod("x", "a", "web")).create();
    client.resource(pod("x", "b", "db")).create();
    client.resource(pod("y", "c", "web")).create();
    ListerWatcher<Pod> pods = Retriever.builder(client, Pod.class).inNamespace("x").withLabelSelector("app=web").build()
        .listerWatcher();
    Recorded<Pod> recorded = new Recorded<>();

    String version = pods.list(new ListOptions(), recorded);

    assertThat(recorded.next()).startsWith("ADDED x/a");
    assertThat(recorded.told).hasSize(1);

    CompletableFuture<Throwable> end = new CompletableFuture<>();
    ListOptions options = new ListOptionsBuilder().withResourceVersion(version).withAllowWatchBookmarks(true)
        .withTimeoutSeconds(30L).build();
    threads.execute(() -> end.complete(catchThrowable(() -> pods.watch(options, recorded))));
    assertThat(recorded.next()).as("the mock replays").startsWith("ADDED x/a");
    client.resource(pod("y", "d", "web")).create();
    client.resource(pod("x", "e", "db")).create();
    client.resource(pod("x", "f", "web")).create();
    assertThat(recorded.next()).startsWith("ADDED x/f");
    client.pods().inNamespace("x").withName("a").delete();
    assertThat(recorded.next()).startsWith("DELETED x/a");
    threads.shutdownNow();
    assertThat(end.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
  }

  @Test
  void endsItsWatchAsGoneSoThatDeletesInTheGapAreFoundByAList() throws Exception {
    ListerWatcher<Pod> pods = Retriever.of(client, Pod.class).listerWatcher();

    Throwable end = catchThrowable(
        () -> pods.watch(new ListOptionsBuilder().withTimeoutSeconds(1L).build(), new Recorded<>()));

    assertThat(end).isInstanceOfSatisfying(
        RetrieveException.class, e -> assertThat(e.reason()).isEqualTo(Reason.GONE));
  }
}
