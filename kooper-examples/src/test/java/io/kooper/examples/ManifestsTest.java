package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.event.EventRecorder;
import io.kooper.examples.MetricsController.Settings;
import io.kooper.examples.echopod.EchoPod;
import io.kooper.examples.podterminator.PodTerminatorOperator;
import io.kooper.examples.podterminator.SimulatedVictims;
import io.kooper.examples.support.SimulatedPods;
import io.kooper.examples.traced.Telemetry;
import io.kooper.examples.webapp.PrintedDns;
import io.kooper.examples.webapp.SimulatedWebApps;
import io.kooper.examples.webapp.WebAppOperator;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.test.ApiRequest;
import io.kooper.test.EmbeddedApiServer;
import io.kooper.test.Permissions;
import io.kooper.test.Permissions.Permission;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each manifest fits together, and grants what its example asks the API server for: all of it, and no more. */
class ManifestsTest {

  private static final Path FOLDER = Path.of("manifests");

  /** The examples that have a manifest, and what they do on a server where something happens. */
  private enum Manifest {
    ECHO_POD(EchoPod::controller, SimulatedPods::live),
    CONFIG_CUSTOM(ConfigCustomController::controller, SimulatedPods::live),
    CONCURRENCY(ConcurrencyHandlingController::operator, ConcurrencyHandlingController::life),
    MULTI_RESOURCE(MultiResourceController::operator, MultiResourceController::life),
    FINALIZER(FinalizerController::controller, FinalizerController::life),
    REQUEUE_AFTER(RequeueAfterController::controller, RequeueAfterController::life),
    GENERIC_RESOURCE(GenericResourceController::controller, GenericResourceController::life),
    NAMESPACES(NamespacesController::operator, NamespacesController::life),
    LEADER_ELECTION(LeaderElectionController::controller, SimulatedPods::live),
    SHARDED(ShardedController::controller, SimulatedPods::live),
    METRICS((client, out) -> MetricsController.controller(client, MetricsRecorder.NONE, Settings.parse(), out),
        SimulatedPods::live),
    TRACED((client, out) -> TracedController.controller(client, Telemetry.of(SpanProcessor.composite()), 0),
        SimulatedPods::live),
    POD_TERMINATOR((client, out) -> PodTerminatorOperator.operator(client), SimulatedVictims::live),
    WEB_APP((client, out) -> WebAppOperator.operator(client, EventRecorder.of(client, "web-app"), new PrintedDns(out)),
        SimulatedWebApps::live);

    final BiFunction<KubernetesClient, PrintStream, Controller> controller;
    final Function<KubernetesClient, AutoCloseable> life;
    private @Nullable List<HasMetadata> objects; // read once: it takes a client

    Manifest(BiFunction<KubernetesClient, PrintStream, Controller> controller,
        Function<KubernetesClient, AutoCloseable> life) {
      this.controller = controller;
      this.life = life;
    }

    String example() {
      return name().toLowerCase().replace('_', '-');
    }

    List<HasMetadata> objects() {
      if (objects == null) {
        objects = read(FOLDER.resolve(example() + ".yml"));
      }
      return objects;
    }

    <T extends HasMetadata> List<T> objects(Class<T> type) {
      return objects().stream().filter(type::isInstance).map(type::cast).toList();
    }
  }

  private static List<HasMetadata> read(Path file) {
    try (KubernetesClient parser = new KubernetesClientBuilder().withConfig(Config.empty()).build();
        InputStream stream = Files.newInputStream(file)) {
      return parser.load(stream).items();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A rule, and where it counts. */
  private record Grant(@Nullable String namespace, PolicyRule rule) {

    private static final Pattern NAME = Pattern.compile("(?:^|&)fieldSelector=metadata\\.name=([^&,]+)");

    boolean allows(ApiRequest request) {
      return (namespace == null || namespace.equals(request.namespace()))
          && permissions().containsAll(Permissions.of(List.of(request)).all())
          && (rule.getResourceNames().isEmpty() || rule.getResourceNames().contains(name(request)));
    }

    Set<Permission> permissions() {
      return Permissions.granted(List.of(rule)).all();
    }

    private static @Nullable String name(ApiRequest request) {
      Matcher selected = NAME.matcher(URLDecoder.decode(request.query(), StandardCharsets.UTF_8));
      return request.name() != null ? request.name() : selected.find() ? selected.group(1) : null;
    }
  }

  private static List<Grant> grants(Manifest manifest) {
    List<Grant> grants = new ArrayList<>();
    manifest.objects(ClusterRole.class).forEach(role ->
        role.getRules().forEach(rule -> grants.add(new Grant(null, rule))));
    manifest.objects(Role.class).forEach(role ->
        role.getRules().forEach(rule -> grants.add(new Grant(role.getMetadata().getNamespace(), rule))));
    return grants;
  }

  /**
   * What is granted and yet not asked for here: an update is of a definition that is there already, and is another, the patch of
   * an event is of one that is repeated, and OpenShift asks for the finalizers without a request of ours.
   */
  private static boolean isRare(Permission permission) {
    return permission.equals(new Permission("apiextensions.k8s.io", "customresourcedefinitions", "update"))
        || permission.equals(new Permission("events.k8s.io", "events", "patch")) || permission.resource().endsWith("/finalizers")
        || permission.equals(new Permission("coordination.k8s.io", "leases", "delete")); // of a member that stops
  }

  @ParameterizedTest
  @EnumSource
  @SuppressWarnings("try") // the simulation only has to live
  void grantsWhatTheExampleAsksForAndNoMore(Manifest manifest) throws Exception {
    List<Grant> grants = grants(manifest);
    try (EmbeddedApiServer server = EmbeddedApiServer.start();
        KubernetesClient others = server.client();
        KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(server.config()).withUserAgent("example").build()).build();
        AutoCloseable life = manifest.life.apply(others)) {
      Controller controller = manifest.controller.apply(client, new PrintStream(OutputStream.nullOutputStream()));
      Thread run = new Thread(controller::run);
      run.start();
      await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
        List<ApiRequest> requests = requests(server);
        for (Grant grant : grants) { // each where it counts: a namespace may be slower than another
          assertThat(grant.permissions()).allSatisfy(permission -> assertThat(isRare(permission) || requests.stream().anyMatch(
              request -> Permissions.of(List.of(request)).all().contains(permission) && grant.allows(request)))
              .as(permission + " is used").isTrue());
        }
      });
      controller.close();
      run.join();
      assertThat(requests(server)).allSatisfy(request ->
          assertThat(grants).as("what has to allow " + request).anyMatch(grant -> grant.allows(request)));
    }
  }

  /** What the example has asked for, but for discovery. */
  private static List<ApiRequest> requests(EmbeddedApiServer server) {
    return server.requests(request -> request.userAgent().equals("example") && !request.resource().isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void fitsTogether(Manifest manifest) throws ClassNotFoundException {
    ServiceAccount account = manifest.objects(ServiceAccount.class).get(0);
    List<RoleRef> refs = new ArrayList<>();
    List<Subject> subjects = new ArrayList<>();
    manifest.objects(ClusterRoleBinding.class).forEach(binding -> {
      refs.add(binding.getRoleRef());
      subjects.addAll(binding.getSubjects());
    });
    manifest.objects(RoleBinding.class).forEach(binding -> {
      assertThat(manifest.objects(Role.class)).extracting(role -> role.getMetadata().getNamespace())
          .contains(binding.getMetadata().getNamespace());
      refs.add(binding.getRoleRef());
      subjects.addAll(binding.getSubjects());
    });
    assertThat(refs).hasSameSizeAs(Stream.concat(
        manifest.objects(Role.class).stream(), manifest.objects(ClusterRole.class).stream()).toList());
    assertThat(refs).allSatisfy(ref -> assertThat(manifest.objects()).anyMatch(object ->
        object.getKind().equals(ref.getKind()) && object.getMetadata().getName().equals(ref.getName())));
    assertThat(subjects).isNotEmpty().allSatisfy(subject -> {
      assertThat(subject.getName()).isEqualTo(account.getMetadata().getName());
      assertThat(subject.getNamespace()).isEqualTo(account.getMetadata().getNamespace());
    });

    Deployment deployment = manifest.objects(Deployment.class).get(0);
    var pod = deployment.getSpec().getTemplate();
    assertThat(pod.getMetadata().getLabels()).isEqualTo(deployment.getSpec().getSelector().getMatchLabels());
    assertThat(pod.getSpec().getServiceAccountName()).isEqualTo(account.getMetadata().getName());
    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isGreaterThan(35);
    Container container = pod.getSpec().getContainers().get(0);
    assertThat(Class.forName(container.getArgs().get(0)).getPackageName()).startsWith("io.kooper.examples");
    assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    String port = container.getPorts().get(0).getName();
    assertThat(container.getLivenessProbe().getHttpGet().getPort().getStrVal()).isEqualTo(port);
    assertThat(container.getReadinessProbe().getHttpGet().getPort().getStrVal()).isEqualTo(port);
    assertThat(container.getArgs().contains("--probes=" + container.getPorts().get(0).getContainerPort()))
        .isEqualTo(!manifest.equals(Manifest.METRICS)); // which has a server of its own
  }

  @Test
  void noFileIsForgotten() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("kustomization.yml")))
          .containsExactlyInAnyOrderElementsOf(
              Arrays.stream(Manifest.values()).map(manifest -> manifest.example() + ".yml").toList());
    }
    assertThat(Files.readString(FOLDER.resolve("kustomization.yml")).lines().map(String::strip)
        .filter(line -> line.startsWith("- ") && line.contains(".yml")).map(line -> line.split(" ")[1]))
        .isNotEmpty().allSatisfy(file -> assertThat(FOLDER.resolve(file)).exists());
  }

  @Test
  void theImageIsTheOneThatIsBuiltOnNamedOthers() throws IOException, ClassNotFoundException {
    String dockerfile = Files.readString(Path.of("Dockerfile"));
    assertThat(dockerfile.lines().filter(line -> line.startsWith("FROM "))).isNotEmpty()
        .allMatch(line -> line.matches("FROM [a-z-]+:[0-9][^ ]*( AS build)?"));
    Matcher command = Pattern.compile("CMD \\[\"(.+)\"]").matcher(dockerfile);
    assertThat(command.find()).isTrue();
    assertThat(Class.forName(command.group(1))).isEqualTo(EchoPod.class);
    assertThat(dockerfile).contains("USER 10001");
    for (Manifest manifest : Manifest.values()) {
      Deployment deployment = manifest.objects(Deployment.class).get(0);
      String image = deployment.getSpec().getTemplate().getSpec().getContainers().get(0).getImage();
      assertThat(dockerfile).contains("-t " + image + " .");
      assertThat(Files.readString(FOLDER.resolve("kustomization.yml"))).contains("name: " + image.split(":")[0]);
    }
  }

  @Test
  void thePodTerminatorHasSomethingToTerminate() throws IOException {
    String manifest = Files.readString(FOLDER.resolve("pod-terminator.yml"));
    assertThat(manifest).contains("selector: {app: victim}");
    assertThat(Manifest.POD_TERMINATOR.objects(Deployment.class))
        .extracting(victims -> victims.getSpec().getTemplate().getMetadata().getLabels())
        .contains(Map.of("app", "victim"));
  }
}
