package io.kooper.test.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the methods of a test class what a controller's test needs, as parameters of these types:
 *
 * <ul>
 * <li>{@code KubernetesClient}: a client, closed after the test, whose namespace is the test's own;
 * <li>{@code Namespace}: that namespace, new for each test and deleted after it;
 * <li>{@link ControllerHarness}: runs controllers and closes them after the test;
 * <li>{@link TestCluster}: the server, whichever it is: to kill, to restart, to set back;
 * <li>{@code EmbeddedApiServer}: the embedded server, for faults and requests. A test that takes it is skipped on others.
 * </ul>
 *
 * <p>The same test runs on every server. Which one, the system property {@code kooper.test.target} says, or JUnit's
 * configuration parameter of that name: {@code embedded}, the default; a folder with the programs {@code kube-apiserver} and
 * {@code etcd}; or a kubeconfig file. A test that asks for what a server cannot do is skipped, with the reason.
 *
 * <p>When a test fails on the embedded server, the objects of its namespace and its requests are printed to the standard error
 * stream; what Secrets hold is masked.
 *
 * <pre>{@code
 * @KooperTest
 * class ReaperTest {
 *   @Test
 *   void reaps(KubernetesClient client, ControllerHarness controllers) {
 *     controllers.run(new Reaper(client).controller());
 *     client.resource(oldPod).create();
 *     await().until(() -> client.resource(oldPod).get() == null);
 *   }
 * }
 * }</pre>
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(KooperExtension.class)
public @interface KooperTest {

  /** Whether each test has a server of its own; otherwise the tests of the class share one. */
  boolean serverPerTest() default false;

  /** Whether roles decide on the embedded server who may do what, as they do on all others. The test's client may do all. */
  boolean rbac() default false;

  /**
   * YAML files, and folders of them, relative to the working directory. Definitions and other objects without a namespace are
   * created once a server, the others before each test in its namespace.
   */
  String[] manifests() default {};
}
