package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.clock.Clock;
import io.kooper.crd.Drift.Difference;
import io.kooper.internal.Log;
import io.kooper.internal.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads, acts, and reads again until the definition is ready: whatever others do meanwhile is seen at the next reading. */
final class DefaultCrdClient implements CrdClient {

  private static final Log LOG = Log.of(DefaultCrdClient.class);

  /** The first with apiextensions.k8s.io/v1. */
  private static final int MINOR_VERSION = 16;

  private static final int DIFFERENCES_TOLD = 10;

  private static final Duration TELL_EVERY = Duration.ofSeconds(30);

  private final CrdApi api;
  private final KubernetesSerialization serialization;
  private final Clock clock;
  private final DoubleSupplier random;
  private volatile boolean versionChecked;

  DefaultCrdClient(CrdApi api, KubernetesSerialization serialization, Clock clock, DoubleSupplier random) {
    this.api = api;
    this.serialization = serialization;
    this.clock = clock;
    this.random = random;
  }

  static DefaultCrdClient of(KubernetesClient client, Clock clock) {
    return new DefaultCrdClient(new FabricCrdApi(client), client.getKubernetesSerialization(), clock, Math::random);
  }

  @Override
  public void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout)
      throws InterruptedException {
    ensurePresent(definition, policy, timeout, trouble -> {});
  }

  /** The same, telling after each round that was in vain why it was; null at the end. */
  void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout,
      Consumer<@Nullable String> pending) throws InterruptedException {
    List<String> errors = CrdDefinitions.errors(definition);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
    Objects.requireNonNull(policy, "policy");
    @SuppressWarnings("unchecked") // an object's JSON is an object
    Map<String, Object> wanted = serialization.convertValue(definition, Map.class);
    try {
      new Attempt(definition.getMetadata().getName(), wanted, policy, timeout, pending).run();
    } finally {
      pending.accept(null);
    }
  }

  @Override
  public void waitToBePresent(String name, Duration timeout) throws InterruptedException {
    checkName(name);
    new Attempt(name, null, CrdPolicy.KEEP, timeout, trouble -> {}).run();
  }

  @Override
  public void delete(String name) throws InterruptedException {
    checkName(name);
    try {
      if (api.delete(name)) {
        LOG.info("deleting the CustomResourceDefinition {}", name);
      }
    } catch (KubernetesClientException e) {
      throw new CrdException(CrdFailures.message("delete", name, e), e);
    }
  }

  private static void checkName(String name) {
    List<String> errors = new ArrayList<>();
    Names.subdomain(errors, "name of the definition", name);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(errors.get(0));
    }
  }

  /** Only asked for when there is no definition: a server that has one knows the API. */
  private void checkVersion() throws InterruptedException {
    if (versionChecked) {
      return;
    }
    VersionInfo version;
    try {
      version = api.version();
    } catch (KubernetesClientException e) {
      LOG.debug("the API server's version could not be read", e);
      return;
    }
    if (version != null && "1".equals(version.getMajor()) && version.getMinor() != null
        && version.getMinor().matches("[0-9]{1,4}[^0-9]*") // some say 16+
        && Integer.parseInt(version.getMinor().replaceAll("[^0-9]", "")) < MINOR_VERSION) {
      throw new CrdException("the API server is Kubernetes 1." + version.getMinor()
          + ", which has no apiextensions.k8s.io/v1: at least 1." + MINOR_VERSION + " is needed");
    }
    versionChecked = true;
  }

  /** One call, with its timeout. */
  private final class Attempt {

    private final String name;
    private final @Nullable Map<String, Object> wanted; // null: only wait
    private final CrdPolicy policy;
    private final Duration timeout;
    private final Consumer<@Nullable String> pending;
    private final Patience patience;
    private final Set<String> listed = new HashSet<>(); // the versions whose objects can be listed
    private String verb = "get"; // of the request that is under way
    private @Nullable String judged; // the uid of the definition that was compared
    private CrdState state = new CrdState(false, false, "it could not be read");
    private @Nullable CrdException failure; // of the last round
    private long told; // when the log last said what is waited for
    private boolean refused; // whether the log has said what is to be granted

    Attempt(String name, @Nullable Map<String, Object> wanted, CrdPolicy policy, Duration timeout,
        Consumer<@Nullable String> pending) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout is " + timeout + ", not above 0");
      }
      this.name = name;
      this.wanted = wanted;
      this.policy = policy;
      this.timeout = timeout;
      this.pending = pending;
      this.patience = new Patience(timeout, clock, random);
      this.told = clock.nanoTime();
    }

    void run() throws InterruptedException {
      Duration atLeast;
      do {
        atLeast = Duration.ZERO;
        boolean refusal = false;
        try {
          Map<String, Object> definition = step();
          state = CrdState.of(definition);
          failure = null; // what failed before is over
          if (state.ready()) {
            atLeast = list(Objects.requireNonNull(definition));
            if (state.ready()) {
              return;
            }
          }
        } catch (KubernetesClientException e) {
          failure = new CrdException(CrdFailures.message(verb, name, e), e);
          if (!CrdFailures.mayPass(verb, e)) {
            throw failure;
          }
          refusal = CrdFailures.isRefusal(e);
          atLeast = CrdFailures.retryAfter(e);
          LOG.debug("{}; trying again", failure.getMessage());
        }
        tell(refusal);
      } while (patience.pause(atLeast));
      throw new CrdException("the CustomResourceDefinition \"" + name + "\" was not ready within " + timeout + ": "
          + state.words() + (failure == null ? "" : "; last failure: " + failure.getMessage()), failure);
    }

    /** What is waited for, to who asks; to the log at once when something is to be granted, and each half minute. */
    private void tell(boolean refusal) {
      String words = "the CustomResourceDefinition " + name + " is not ready: "
          + (failure == null ? state.words() : failure.getMessage());
      pending.accept(words);
      long now = clock.nanoTime();
      if (refusal && !refused || now - told >= TELL_EVERY.toNanos()) {
        LOG.warn("{}; trying again for {} s", words, patience.left().toSeconds());
        told = now;
        refused |= refusal;
      }
    }

    /** Lists in each version that is wanted and served; returns how long the server asks to wait. */
    private Duration list(Map<String, Object> definition) throws InterruptedException {
      Set<String> versions = served(definition);
      if (wanted != null) {
        versions.retainAll(served(wanted));
      }
      if (versions.isEmpty()) {
        state = new CrdState(false, false, "it serves none of the versions " + served(wanted == null ? definition : wanted));
      }
      for (String version : versions) {
        if (!listed.contains(version)) {
          try {
            api.list(Trees.text(definition, "spec", "group"), version, Trees.text(definition, "spec", "names", "plural"),
                patience.left());
          } catch (KubernetesClientException e) {
            if (CrdFailures.isNotServedYet(e)) {
              state = new CrdState(false, false, "its objects cannot be listed in " + version + ": " + CrdFailures.words(e));
              return CrdFailures.retryAfter(e);
            }
          }
          listed.add(version);
        }
      }
      return Duration.ZERO;
    }

    private static Set<String> served(Map<String, Object> definition) {
      return Trees.list(definition, "spec", "versions").stream()
          .filter(version -> Boolean.TRUE.equals(Trees.at(version, "served")))
          .map(version -> Trees.text(version, "name")).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Reads the definition, and does what is to be done about what is there. */
    private @Nullable Map<String, Object> step() throws InterruptedException {
      verb = "get";
      Map<String, Object> existing = api.get(name, patience.left());
      state = CrdState.of(existing);
      if (existing == null) {
        checkVersion();
      }
      if (wanted == null || state.deleting()) {
        return existing;
      }
      if (existing == null) {
        verb = "create";
        Map<String, Object> created = api.create(toCreate(), patience.left());
        LOG.info("created the CustomResourceDefinition {}", name);
        judged = uid(created);
        return created;
      }
      if (!uid(existing).equals(judged)) {
        Map<String, Object> settled = judge(existing);
        judged = uid(existing);
        return settled;
      }
      return existing;
    }

    private Map<String, Object> toCreate() {
      Map<String, Object> definition = new LinkedHashMap<>();
      definition.put("apiVersion", "apiextensions.k8s.io/v1");
      definition.put("kind", "CustomResourceDefinition");
      definition.putAll(Drift.authored(Objects.requireNonNull(wanted)));
      Map<String, Object> metadata = new LinkedHashMap<>(Trees.map(definition, "metadata"));
      metadata.put("name", name);
      definition.put("metadata", metadata);
      return definition;
    }

    private Map<String, Object> judge(Map<String, Object> existing) throws InterruptedException {
      Map<String, Object> definition = Objects.requireNonNull(wanted);
      Map<String, Object> asWanted = Drift.replaced(definition, existing);
      List<Difference> differences = Drift.between(existing, asWanted);
      if (differences.isEmpty()) {
        return existing;
      }
      switch (policy) {
        case FAIL -> throw new CrdException("the CustomResourceDefinition \"" + name
            + "\" exists and is not as wanted, which CrdPolicy.FAIL does not allow: " + words(differences));
        case KEEP -> {
          LOG.warn("the CustomResourceDefinition {} is kept by CrdPolicy.KEEP though it is not as wanted: {}", name,
              words(differences));
          return existing;
        }
        default -> {
          List<Difference> immutable = Drift.immutable(definition, existing);
          if (!immutable.isEmpty()) {
            throw new CrdException("the CustomResourceDefinition \"" + name + "\" cannot be updated: " + words(immutable)
                + "; the API server allows neither to change: save its objects and delete it, or use another group or plural");
          }
          return policy == CrdPolicy.REPLACE ? replace(existing, asWanted, differences) : widen(existing, asWanted);
        }
      }
    }

    private Map<String, Object> replace(
        Map<String, Object> existing, Map<String, Object> asWanted, List<Difference> differences)
        throws InterruptedException {
      if (Drift.wouldImpoverish(Objects.requireNonNull(wanted), existing)) {
        LOG.warn("the CustomResourceDefinition {} is kept: it has a schema or more versions, and the wanted one says"
            + " nothing of fields; otherwise than wanted are {}", name, words(differences));
        return existing;
      }
      return update(asWanted, differences);
    }

    private Map<String, Object> widen(Map<String, Object> existing, Map<String, Object> asWanted) throws InterruptedException {
      Map<String, Object> widened = Drift.widened(Objects.requireNonNull(wanted), existing);
      List<Difference> additions = Drift.between(existing, widened);
      Map<String, Object> updated = additions.isEmpty() ? existing : update(widened, additions);
      List<Difference> left = Drift.between(widened, asWanted);
      if (!left.isEmpty()) {
        String line = "the CustomResourceDefinition {} is left otherwise than wanted where CrdPolicy.UPDATE, which only adds and"
            + " widens, would take away, narrow or contradict: {}; to have it as wanted use CrdPolicy.REPLACE";
        if (left.get(0).matters()) {
          LOG.warn(line, name, words(left));
        } else {
          LOG.info(line, name, words(left));
        }
      }
      return updated;
    }

    private Map<String, Object> update(Map<String, Object> definition, List<Difference> differences)
        throws InterruptedException {
      verb = "update";
      Map<String, Object> updated = api.update(definition, patience.left());
      LOG.info("updated the CustomResourceDefinition {}: {}", name, words(differences));
      return updated;
    }

    private static String words(List<Difference> differences) {
      int more = differences.size() - DIFFERENCES_TOLD;
      return differences.stream().limit(DIFFERENCES_TOLD).map(Difference::words).collect(Collectors.joining("; "))
          + (more > 0 ? "; and " + more + " more" : "");
    }

    private static String uid(Map<String, Object> definition) {
      return Trees.text(definition, "metadata", "uid");
    }
  }
}
