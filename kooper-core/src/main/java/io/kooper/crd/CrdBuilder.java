package io.kooper.crd;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.internal.Refusals;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link CRD} needs; {@link #build()} validates everything and reports all errors together. Not for several
 * threads at once.
 *
 * @param <T> the type of the objects
 */
public final class CrdBuilder<T extends HasMetadata> {

  private final KubernetesClient client;
  private final Retriever<T> retriever;
  private @Nullable CustomResourceDefinition definition;
  private CrdPolicy policy = CrdPolicy.UPDATE;
  private Duration timeout = CrdClient.DEFAULT_TIMEOUT;

  CrdBuilder(KubernetesClient client, Retriever<T> retriever) {
    this.client = Objects.requireNonNull(client, "client");
    this.retriever = Objects.requireNonNull(retriever, "retriever");
  }

  /** See {@link CrdDefinitions} for where it may come from. Default: that of the class, from the classpath. */
  public CrdBuilder<T> definition(CustomResourceDefinition definition) {
    this.definition = Objects.requireNonNull(definition, "definition");
    return this;
  }

  /** What to do with a definition that exists and differs. Default: {@link CrdPolicy#UPDATE}. */
  public CrdBuilder<T> policy(CrdPolicy policy) {
    this.policy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  /** How long {@link CRD#initialize()} may take. Default: Kooper's 3 minutes. */
  public CrdBuilder<T> timeout(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /**
   * Makes the retriever with its definition.
   *
   * @throws IllegalArgumentException when something is missing or does not fit, with everything that does not
   */
  public CRD<T> build() {
    Refusals wrong = new Refusals();
    wrong.unlessPositive("timeout", timeout);
    CustomResourceDefinition wanted = definition;
    try {
      wanted = wanted != null ? wanted : CrdDefinitions.fromClasspath(retriever.objectType());
      CrdDefinitions.check("", wanted);
      if (retriever.objectType() != GenericKubernetesResource.class) {
        checkFits(wrong, wanted, retriever.objectType());
      }
    } catch (IllegalArgumentException e) {
      wrong.add(String.valueOf(e.getMessage()));
    }
    wrong.refuse("a CRD");
    return new Default<>(
        retriever, DefaultCrdClient.of(client), Objects.requireNonNull(wanted), policy, timeout, new AtomicReference<>());
  }

  /** A definition of something else would be installed without complaint, and the first list would fail. */
  private static void checkFits(Refusals wrong, CustomResourceDefinition definition, Class<? extends HasMetadata> type) {
    String what = "the definition " + definition.getMetadata().getName();
    CustomResourceDefinitionSpec spec = definition.getSpec();
    String defined = words(spec.getGroup(), spec.getNames().getKind(), spec.getNames().getPlural(), spec.getScope());
    String ofType = words(
        HasMetadata.getGroup(type), HasMetadata.getKind(type), HasMetadata.getPlural(type), CrdDefinitions.scope(type));
    wrong.addIf(!defined.equals(ofType), what + " has the " + defined + ", but " + type.getName() + " the " + ofType
        + "; a class tells its scope by implementing Namespaced or not");
    String version = HasMetadata.getVersion(type);
    wrong.addIf(spec.getVersions().stream().noneMatch(v -> v.getName().equals(version) && Boolean.TRUE.equals(v.getServed())),
        what + " does not serve version \"" + version + "\" of " + type.getName());
  }

  private static String words(@Nullable String group, @Nullable String kind, @Nullable String plural, @Nullable String scope) {
    return "group " + group + ", kind " + kind + ", plural " + plural + " and scope " + scope;
  }

  private record Default<T extends HasMetadata>(Retriever<T> retriever, DefaultCrdClient crds,
      CustomResourceDefinition definition, CrdPolicy policy, Duration timeout, AtomicReference<@Nullable String> waiting)
      implements CRD<T> {

    @Override
    public void initialize() throws InterruptedException {
      crds.ensurePresent(definition, policy, timeout, waiting::set);
    }

    @Override
    public @Nullable String pending() {
      return waiting.get();
    }

    @Override
    public ListerWatcher<T> listerWatcher() {
      return retriever.listerWatcher();
    }

    @Override
    public Class<T> objectType() {
      return retriever.objectType();
    }

    @Override
    public String plural() {
      return retriever.plural();
    }

    @Override
    public T copy(T object) {
      return retriever.copy(object);
    }

    @Override
    public String toString() {
      return "CRD " + definition.getMetadata().getName();
    }
  }
}
