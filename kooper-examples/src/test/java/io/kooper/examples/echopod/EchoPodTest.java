package io.kooper.examples.echopod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.Run;
import io.kooper.examples.support.Samples;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.ObjectKey;
import io.kooper.test.EmbeddedApiServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class EchoPodTest {

  private final EchoService service = mock();

  @Nested
  class Service {

    @Test
    void echoesALine() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();

      EchoService.to(new PrintStream(out, true, StandardCharsets.UTF_8)).echo("pod", "default/web");

      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("[pod] default/web" + System.lineSeparator());
    }
  }

  @Nested
  class Handler {

    private final HandlerContext<Pod> context = mock();
    private final Pod pod = Samples.pod("default", "web", Map.of());

    @Test
    void tellsTheServiceWhatItSees() {
      when(context.key()).thenReturn(new ObjectKey("default", "web"));
      EchoPodHandler handler = new EchoPodHandler(service);

      handler.add(context, pod);
      verify(service).echo("pod", "default/web");

      handler.delete(context, pod);
      verify(service).echo("pod deleted", "default/web");
      verifyNoMoreInteractions(service);
    }
  }

  @Nested
  class Flags {

    @Test
    void haveDefaults() {
      assertThat(EchoPodFlags.parse()).isEqualTo(new EchoPodFlags("", Duration.ofSeconds(30), List.of()));
    }

    @Test
    void areReadBesideThoseOfAllExamples() {
      assertThat(EchoPodFlags.parse("--namespace=shop", "--embedded", "--resync=1m"))
          .isEqualTo(new EchoPodFlags("shop", Duration.ofMinutes(1), List.of("--embedded")));
    }

    @Test
    void thatAreWrongAreRefusedAllAtOnce() {
      assertThatThrownBy(() -> EchoPodFlags.parse("--namespace=My Shop", "--resync=soon", "--resync=0s"))
          .hasMessageContainingAll("--namespace=My Shop", "--resync=soon", "--resync=0s");
    }
  }

  @Nested
  class Running {

    @Test
    void echoesThePodsOfItsNamespaceAgainAtEachResync() throws InterruptedException {
      try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
        client.resource(Samples.pod("default", "web", Map.of())).create();
        client.resource(Samples.pod("kube-system", "dns", Map.of())).create();
        EchoPodFlags flags = EchoPodFlags.parse("--namespace=default", "--resync=1s");
        Controller controller = EchoPod.controller(client, flags, service);
        Thread run = new Thread(controller::run);
        run.start();

        verify(service, timeout(30_000).atLeast(2)).echo("pod", "default/web");
        client.resource(Samples.pod("default", "web", Map.of())).delete();
        verify(service, timeout(30_000)).echo("pod deleted", "default/web");

        controller.close();
        run.join();
        verifyNoMoreInteractions(service);
      }
    }

    @Test
    void isAProgram() {
      try (Run run = Run.embedded(EchoPod::main, "--namespace=default")) {
        run.awaitLines("\\[pod\\] default/web-\\d+", "\\[pod deleted\\] default/web-\\d+");
      }
    }

    @Test
    void servesProbesWhereItIsAskedTo() throws Exception {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      try (Run run = Run.embedded(EchoPod::main, "--probes=" + port)) {
        run.awaitLines("Probes are at http://localhost:" + port + "/livez and /readyz", "\\[pod\\] default/web-\\d+");
        HttpResponse<String> ready = HttpClient.newHttpClient().send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/readyz")).build(), BodyHandlers.ofString());
        assertThat(ready.statusCode()).as(ready.body()).isEqualTo(200);
      }
    }
  }
}
