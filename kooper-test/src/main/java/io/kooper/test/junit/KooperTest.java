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
 * <li>{@code EmbeddedApiServer}: the server, for faults and requests. A test that takes it is skipped on other targets.
 * </ul>
 *
 * <p>The target is what the system property {@code kooper.test.target} says: {@code embedded}, the default; a folder with the
 * programs {@code kube-apiserver} and {@code etcd}; or a kubeconfig file.
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

  /**
   * YAML files, and folders of them, relative to the working directory. Definitions and other objects without a namespace are
   * created once a server, the others before each test in its namespace.
   */
  String[] manifests() default {};
}
