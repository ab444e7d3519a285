package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people do with {@code kubectl}: the one of {@code -Dkooper.test.kubectl}, of KUBEBUILDER_ASSETS, or of the PATH. */
class KubectlTest {

  private static final String DEFINITION = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: things.example.com}
      spec:
        group: example.com
        scope: Namespaced
        names: {plural: things, kind: Thing}
        versions:
        - name: v1
          served: true
          storage: true
          additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec: {type: object, properties: {size: {type: integer, description: how large it is}}}
      """;
  private static final String THING = """
      apiVersion: example.com/v1
      kind: Thing
      metadata: {name: t, namespace: default}
      spec: {size: 3}
      """;
  private static final String DEPLOYMENT = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: default}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: nginx}]}
      """;

  @TempDir
  private static Path folder;

  private static EmbeddedApiServer server;

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedApiServer.start();
    Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void begin() {
    assumeTrue(program().isPresent(), "there is no kubectl: neither -Dkooper.test.kubectl nor one on the PATH");
    server.reset();
  }

  private static Optional<Path> program() {
    String given = System.getProperty("kooper.test.kubectl");
    String assets = System.getenv("KUBEBUILDER_ASSETS");
    Stream<Path> folders = Stream.concat(Stream.ofNullable(assets), Stream.of(System.getenv("PATH").split(":"))).map(Path::of);
    return given != null ? Optional.of(Path.of(given))
        : folders.map(one -> one.resolve("kubectl")).filter(Files::isExecutable).findFirst();
  }

  private static String kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString(),
        "--kubeconfig", folder.resolve("kubeconfig").toString(), "--cache-dir", folder.resolve("cache").toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static String apply(String yaml, String... options) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("object.yml"), yaml);
    List<String> arguments = new ArrayList<>(List.of("apply", "-f", file.toString()));
    arguments.addAll(List.of(options));
    return kubectl(arguments.toArray(String[]::new));
  }

  @Test
  void getShowsTheColumnsOfAKind() throws Exception {
    assertThat(apply(DEPLOYMENT)).contains("deployment.apps/web created");

    assertThat(kubectl("get", "deployments", "-o", "wide")).containsPattern("NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS")
        .containsPattern("web +0/2 +0 +0 +\\d+s +c +nginx +app=web");
    assertThat(kubectl("get", "deploy", "-A")).containsPattern("default +web +0/2");
  }

  @Test
  void aDefinitionIsShownAndExplained() throws Exception {
    assertThat(apply(DEFINITION)).contains("created");
    assertThat(apply(THING)).contains("thing.example.com/t created");

    assertThat(kubectl("get", "things")).containsPattern("NAME +SIZE\nt +3");
    assertThat(kubectl("explain", "thing.spec.size")).contains("size <integer>", "how large it is");
    assertThat(kubectl("explain", "pod.spec")).contains("nodeName", "<string>");
    assertThat(kubectl("wait", "--for=jsonpath={.spec.size}=3", "thing/t", "--timeout=10s")).contains("condition met");
  }

  @Test
  void changesAreMadeInAllItsWays() throws Exception {
    apply(DEPLOYMENT);
    assertThat(apply(DEPLOYMENT, "--server-side")).as("kubectl takes over what it has applied").contains("serverside-applied");

    assertThat(kubectl("scale", "deployment", "web", "--replicas=3")).contains("scaled");
    assertThat(kubectl("label", "deployment", "web", "a=b")).contains("labeled");
    assertThat(kubectl("annotate", "deployment", "web", "a=b")).contains("annotated");
    assertThat(kubectl("patch", "deployment", "web", "-p", "{\"spec\":{\"paused\":true}}")).contains("patched");
    assertThat(apply(DEPLOYMENT, "--server-side")).contains("conflict with \"kubectl\" with subresource \"scale\"");
    assertThat(apply(DEPLOYMENT, "--server-side", "--force-conflicts")).contains("serverside-applied");
    assertThat(kubectl("delete", "deployment", "web")).contains("deleted");
  }

  @Test
  void waitsForARollout() throws Exception {
    apply(DEPLOYMENT);
    try (var client = server.client()) {
      server.ready(client.apps().deployments().inNamespace("default").withName("web").get());
    }

    assertThat(kubectl("rollout", "status", "deployment/web", "--timeout=30s")).contains("successfully rolled out");
  }

  @Test
  void askedWhatOneMayDo() throws Exception {
    assertThat(kubectl("auth", "can-i", "delete", "pods")).isEqualTo("yes\n");
    assertThat(kubectl("auth", "can-i", "--list")).contains("*.*");
    assertThat(kubectl("auth", "whoami")).contains("system:masters");
  }

  @Test
  void refusesUnknownFields() throws Exception {
    assertThat(apply(DEPLOYMENT.replace("replicas", "replcas"))).contains("unknown field \"spec.replcas\"");
  }

  @Test
  void saysWhatToDoInsteadOfProtobuf() throws Exception {
    assertThat(kubectl("create", "configmap", "c", "--from-literal=a=b")).contains("--dry-run=client -o yaml");
  }
}
