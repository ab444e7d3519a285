package io.kooper.crd;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.retrieve.Retriever;
import org.jspecify.annotations.Nullable;

/**
 * A retriever of custom resources that knows how to install their definition first; Kooper's {@code resource.CRD}.
 *
 * <p>It is an interface so that an operator takes others and tests have their own.
 *
 * <pre>{@code
 * CRD<Foo> foos = CRD.of(client, Foo.class); // the definition is META-INF/fabric8/foos.example.com-v1.yml
 * CRD<Foo> quick = CRD.builder(client, Foo.class).definition(CrdDefinitions.of(Foo.class)).build(); // from the class
 * foos.initialize();
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public interface CRD<T extends HasMetadata> extends Retriever<T> {

  /**
   * Installs the definition, and returns when it is established and a list in each of its versions got a response. Blocks the
   * calling thread. May be called again, and by several replicas at once.
   *
   * @throws CrdException if that fails, or takes too long
   * @throws InterruptedException soon after the thread was interrupted
   */
  void initialize() throws InterruptedException;

  /** What {@link #initialize()} waits for now, such as a missing permission; null for nothing. For health checks. */
  default @Nullable String pending() {
    return null;
  }

  /**
   * All objects of a class, in all namespaces, with the definition that fabric8's generator has put on the classpath, and
   * otherwise the defaults of {@link CrdBuilder}.
   *
   * @throws IllegalArgumentException when there is no such file, or it is not the definition of {@code type}
   */
  static <T extends HasMetadata> CRD<T> of(KubernetesClient client, Class<T> type) {
    return builder(client, type).build();
  }

  /** All objects of a class, in all namespaces, configured step by step. */
  static <T extends HasMetadata> CrdBuilder<T> builder(KubernetesClient client, Class<T> type) {
    return builder(client, Retriever.of(client, type));
  }

  /** The objects of any retriever, configured step by step. */
  static <T extends HasMetadata> CrdBuilder<T> builder(KubernetesClient client, Retriever<T> retriever) {
    return new CrdBuilder<>(client, retriever);
  }
}
