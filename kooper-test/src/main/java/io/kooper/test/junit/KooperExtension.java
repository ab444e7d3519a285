package io.kooper.test.junit;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** What {@link KooperTest} does. Each test has its own {@link Fixture}, so that tests may run in parallel. */
final class KooperExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

  private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(KooperExtension.class);
  private static final Set<Class<?>> PARAMETERS =
      Set.of(TestCluster.class, EmbeddedApiServer.class, KubernetesClient.class, Namespace.class, ControllerHarness.class);
  private static final String FIXTURE = "fixture";

  /** A server that JUnit closes with its store. */
  @SuppressWarnings("deprecation") // what follows it is known to JUnit 5.13 and later only
  private record Shared(TestCluster cluster, List<HasMetadata> manifests)
      implements ExtensionContext.Store.CloseableResource, AutoCloseable {

    @Nullable EmbeddedApiServer embedded() {
      return cluster instanceof EmbeddedCluster embedded ? embedded.embedded() : null;
    }

    @Override
    public void close() {
      cluster.close();
    }
  }

  /**
   * What one test has.
   *
   * @param keeps whether the server outlives the test, which may have left it in any state otherwise
   */
  private record Fixture(Shared shared, boolean keeps, KubernetesClient client, Namespace namespace,
      ControllerHarness controllers, Instant began) {}

  @Override
  public void beforeEach(ExtensionContext context) {
    Class<?> type = context.getRequiredTestClass();
    KooperTest settings = settings(type);
    ExtensionContext home = settings.serverPerTest() ? context : classContext(context);
    Shared shared = home.getStore(STORE).getOrComputeIfAbsent(Shared.class, key -> start(context, settings), Shared.class);
    if (List.of(context.getRequiredTestMethod().getParameterTypes()).contains(EmbeddedApiServer.class)) {
      shared.cluster.embedded(); // here, since JUnit takes what is thrown for a parameter for a failure
    }
    Instant began = Instant.now();
    String name = "test-" + UUID.randomUUID().toString().substring(0, 8);
    KubernetesClient client = new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(shared.cluster.config()).withNamespace(name).build()).build();
    Namespace namespace =
        client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create();
    for (HasMetadata object : shared.manifests) {
      if (object instanceof Namespaced) {
        client.resource(object).inNamespace(name).create();
      }
    }
    boolean keeps = !settings.serverPerTest() || shared.cluster instanceof GivenCluster;
    context.getStore(STORE).put(FIXTURE, new Fixture(shared, keeps, client, namespace,
        new ControllerHarness(shared.embedded()), began));
  }

  /** By name: its class is of a library that nothing else here needs. */
  private static boolean isAborted(Throwable failure) {
    return failure.getClass().getName().equals("org.opentest4j.TestAbortedException");
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Fixture fixture = context.getStore(STORE).remove(FIXTURE, Fixture.class);
    if (fixture == null) {
      return;
    }
    context.getExecutionException().filter(failure -> !isAborted(failure)).ifPresent(failure -> report(fixture));
    try (KubernetesClient client = fixture.client) {
      fixture.controllers.close();
      if (fixture.keeps) {
        client.resource(fixture.namespace).delete();
      }
    }
  }

  private static void report(Fixture fixture) {
    EmbeddedApiServer server = fixture.shared.embedded();
    if (server != null) {
      System.err.println(server.report(fixture.namespace.getMetadata().getName(), fixture.began));
    }
  }

  private static Shared start(ExtensionContext context, KooperTest settings) {
    TestCluster cluster = TestCluster.start(
        context.getConfigurationParameter(TestCluster.PROPERTY).orElse(TestCluster.EMBEDDED), settings.rbac());
    try {
      List<HasMetadata> objects = read(settings.manifests());
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(cluster.config()).build()) {
        for (HasMetadata object : objects) {
          if (!(object instanceof Namespaced)) {
            client.resource(object).createOr(NonDeletingOperation::update);
          }
          if (object instanceof CustomResourceDefinition definition) {
            client.resource(definition).waitUntilCondition(one -> one != null && one.getStatus() != null
                && one.getStatus().getConditions().stream().anyMatch(
                    condition -> condition.getType().equals("Established") && condition.getStatus().equals("True")),
                30, TimeUnit.SECONDS);
          }
        }
      }
      return new Shared(cluster, objects);
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  private static List<HasMetadata> read(String[] manifests) {
    List<HasMetadata> objects = new ArrayList<>();
    try (KubernetesClient parser = new KubernetesClientBuilder().withConfig(Config.empty()).build()) {
      for (String manifest : manifests) {
        Path path = Path.of(manifest);
        if (!Files.exists(path)) {
          throw new IllegalArgumentException(
              "@KooperTest names the manifest " + manifest + ", but there is no " + path.toAbsolutePath());
        }
        try (Stream<Path> files = Files.walk(path)) {
          for (Path file : files.filter(one -> one.toString().matches(".*\\.ya?ml")).sorted().toList()) {
            try (InputStream stream = Files.newInputStream(file)) {
              objects.addAll(parser.load(stream).items());
            }
          }
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("a manifest of @KooperTest cannot be read", e);
    }
    return objects;
  }

  private static KooperTest settings(Class<?> type) {
    for (Class<?> at = type; at != null; at = at.getEnclosingClass()) {
      KooperTest settings = at.getAnnotation(KooperTest.class);
      if (settings != null) {
        return settings;
      }
    }
    throw new IllegalStateException(type + " is not annotated with @KooperTest");
  }

  /** That of the outermost class, whose nested ones share its server. */
  private static ExtensionContext classContext(ExtensionContext context) {
    ExtensionContext at = context;
    @Nullable ExtensionContext parent = at.getParent().orElse(null);
    while (parent != null && parent.getTestClass().isPresent()) {
      at = parent;
      parent = at.getParent().orElse(null);
    }
    return at;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return PARAMETERS.contains(parameter.getParameter().getType()) && context.getTestMethod().isPresent();
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Fixture fixture = context.getStore(STORE).get(FIXTURE, Fixture.class);
    Class<?> type = parameter.getParameter().getType();
    if (type == KubernetesClient.class) {
      return fixture.client;
    }
    if (type == Namespace.class) {
      return fixture.namespace;
    }
    if (type == ControllerHarness.class) {
      return fixture.controllers;
    }
    return type == TestCluster.class ? fixture.shared.cluster : fixture.shared.cluster.embedded();
  }
}
