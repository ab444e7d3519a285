package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The API server that a test runs on, whichever it is: a parameter for the methods of a {@link KooperTest}.
 *
 * <p>Each method does the same on all of them. Where a server cannot do it, the test that calls it is skipped, with the reason.
 * A test that disturbs its server has one for itself, by {@code serverPerTest}; methods that disturb it are called by one
 * thread at a time, and return when it is done.
 *
 * <pre>{@code
 * @Test
 * void goesOnAfterARestart(TestCluster cluster, KubernetesClient client, ControllerHarness controllers) {
 *   controllers.run(new Reaper(client).controller());
 *   cluster.kill();
 *   cluster.restart();
 *   client.resource(oldPod).create();
 *   await().until(() -> client.resource(oldPod).get() == null);
 * }
 * }</pre>
 */
public abstract class TestCluster {

  /** What names the server: a system property, or a configuration parameter of JUnit. */
  static final String PROPERTY = "kooper.test.target";

  static final String EMBEDDED = "embedded";

  TestCluster() {}

  static TestCluster start(String target, boolean rbac) {
    if (target.equals(EMBEDDED)) {
      return new EmbeddedCluster(rbac);
    }
    Path path = Path.of(target);
    if (Files.isDirectory(path)) {
      try {
        return BareCluster.start(path);
      } catch (IOException e) {
        throw new IllegalStateException("no kube-apiserver can be run in " + path, e);
      }
    }
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(PROPERTY + " must be " + EMBEDDED
          + ", a folder with kube-apiserver and etcd, or a kubeconfig file, not " + target);
    }
    return new GivenCluster(path);
  }

  /** Such as {@code the kube-apiserver of /usr/local/kubebuilder/bin}: it begins the reason why a test is skipped. */
  @Override
  public abstract String toString();

  /** Of the administrator. Each call makes a new one. */
  public abstract Config config();

  /**
   * Of a user who may do what the roles on the server grant, by impersonation. On the embedded server roles count only with
   * {@link KooperTest#rbac}. Each call makes a new one.
   */
  public Config configOf(String user, String... groups) {
    return new ConfigBuilder(config()).withImpersonateUsername(user).withImpersonateGroups(groups).build();
  }

  /** Ends the API server without letting it finish anything; its data stays. */
  public void kill() {
    cannot("be killed");
  }

  /** Starts it again after {@link #kill}, at the same address, and returns when it is ready. */
  public void restart() {
    cannot("be started");
  }

  /**
   * Forgets the history, as etcd does every five minutes: watches of older versions are refused. A kube-apiserver is killed and
   * started again for that.
   */
  public void compact() {
    cannot("be made to forget its history");
  }

  /** Keeps the state of now for {@link #restore}. A kube-apiserver is killed and started again for that. */
  public void backUp() {
    cannot("be backed up");
  }

  /**
   * Kills the server and starts it with the state of the last {@link #backUp}: versions go back.
   *
   * @throws IllegalStateException when there is none
   */
  public void restore() {
    cannot("be set back");
  }

  /** Skips the test where nobody collects the dependents of what is deleted, as on a server without controllers. */
  public void requireGarbageCollection() {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      if (client.serviceAccounts().inNamespace("default").withName("default").get() == null) { // a controller makes it
        cannot("collect garbage: it has no controllers");
      }
    }
  }

  /** The embedded server, for faults and requests. */
  public EmbeddedApiServer embedded() {
    return Assumptions.abort(this + " is not the embedded server");
  }

  private void cannot(String what) {
    Assumptions.abort(this + " cannot " + what);
  }

  abstract void close();
}
