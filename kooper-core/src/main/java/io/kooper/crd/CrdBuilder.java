package io.kooper.crd;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Utils;
import io.kooper.clock.Clock;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link CRD} needs; {@link #build()} refuses what makes no sense, all of it at once. Not for several
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
  private Clock clock = Clock.system();

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

  /** Default: {@link Clock#system()}. */
  public CrdBuilder<T> clock(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /**
   * Makes the retriever with its definition.
   *
   * @throws IllegalArgumentException when something is missing or does not fit, with everything that does not
   */
  public CRD<T> build() {
    List<String> errors = new ArrayList<>();
    if (timeout.isNegative() || timeout.isZero()) {
      errors.add("timeout is " + timeout + ", not above 0");
    }
    CustomResourceDefinition wanted = definition;
    if (wanted == null) {
      try {
        wanted = CrdDefinitions.fromClasspath(retriever.objectType());
      } catch (IllegalArgumentException e) {
        errors.add(e.getMessage());
      }
    }
    if (wanted != null) {
      List<String> wrong = CrdDefinitions.errors(wanted);
      errors.addAll(wrong);
      if (wrong.isEmpty() && retriever.objectType() != GenericKubernetesResource.class) {
        errors.addAll(misfits(wanted, retriever.objectType()));
      }
    }
    if (wanted == null || !errors.isEmpty()) {
      throw new IllegalArgumentException("a CRD cannot be built: " + String.join("; ", errors));
    }
    return new Default<>(this, wanted);
  }

  /** A definition of something else would be installed without complaint, and the first list would fail. */
  private static List<String> misfits(CustomResourceDefinition definition, Class<? extends HasMetadata> type) {
    List<String> errors = new ArrayList<>();
    String what = "the definition " + definition.getMetadata().getName();
    differ(errors, what, "group", definition.getSpec().getGroup(), type, HasMetadata.getGroup(type));
    differ(errors, what, "kind", definition.getSpec().getNames().getKind(), type, HasMetadata.getKind(type));
    differ(errors, what, "plural", definition.getSpec().getNames().getPlural(), type, HasMetadata.getPlural(type));
    differ(errors, what, "scope", definition.getSpec().getScope(), type,
        Utils.isResourceNamespaced(type) ? "Namespaced" : "Cluster");
    String version = HasMetadata.getVersion(type);
    if (definition.getSpec().getVersions().stream()
        .noneMatch(v -> v.getName().equals(version) && Boolean.TRUE.equals(v.getServed()))) {
      errors.add(what + " does not serve version \"" + version + "\" of " + type.getName());
    }
    return errors;
  }

  private static void differ(List<String> errors, String definition, String what, @Nullable String defined, Class<?> type,
      @Nullable String ofType) {
    if (!Objects.equals(defined, ofType)) {
      errors.add(definition + " has the " + what + " \"" + defined + "\", but " + type.getName() + " has \"" + ofType + "\""
          + (what.equals("scope") ? ", which it tells by implementing Namespaced or not" : ""));
    }
  }

  private static final class Default<T extends HasMetadata> implements CRD<T> {

    private final Retriever<T> retriever;
    private final DefaultCrdClient crds;
    private final CustomResourceDefinition definition;
    private final CrdPolicy policy;
    private final Duration timeout;
    private volatile @Nullable String pending;

    Default(CrdBuilder<T> builder, CustomResourceDefinition definition) {
      this.retriever = builder.retriever;
      this.crds = DefaultCrdClient.of(builder.client, builder.clock);
      this.definition = definition;
      this.policy = builder.policy;
      this.timeout = builder.timeout;
    }

    @Override
    public void initialize() throws InterruptedException {
      crds.ensurePresent(definition, policy, timeout, now -> pending = now);
    }

    @Override
    public @Nullable String pending() {
      return pending;
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
