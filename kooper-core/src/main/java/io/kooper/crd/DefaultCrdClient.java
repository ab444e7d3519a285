package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.clock.Clock;
import io.kooper.internal.Log;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** Reads, acts, and reads again until the definition is ready: whatever others do meanwhile is seen at the next reading. */
final class DefaultCrdClient implements CrdClient {

  private static final Log LOG = Log.of(DefaultCrdClient.class);

  /** The first with apiextensions.k8s.io/v1. */
  private static final int MINOR_VERSION = 16;

  private static final int DIFFERENCES_TOLD = 10;

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

  @Override
  public void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout)
      throws InterruptedException {
    List<String> errors = CrdDefinitions.errors(definition);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
    Objects.requireNonNull(policy, "policy");
    @SuppressWarnings("unchecked") // an object's JSON is an object
    Map<String, Object> wanted = serialization.convertValue(definition, Map.class);
    new Attempt(definition.getMetadata().getName(), wanted, policy, timeout).run();
  }

  @Override
  public void waitToBePresent(String name, Duration timeout) throws InterruptedException {
    new Attempt(name, null, CrdPolicy.KEEP, timeout).run();
  }

  @Override
  public void delete(String name) throws InterruptedException {
    try {
      if (api.delete(name)) {
        LOG.info("deleting the CustomResourceDefinition {}", name);
      }
    } catch (KubernetesClientException e) {
      throw new CrdException(CrdFailures.message("delete", name, e), e);
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
    private final Patience patience;
    private String verb = "get"; // of the request that is under way
    private boolean read; // once at least
    private @Nullable String judged; // the uid of the definition that was compared
    private CrdState state = new CrdState(false, false, "it could not be read");
    private @Nullable CrdException failure; // of the last round

    Attempt(String name, @Nullable Map<String, Object> wanted, CrdPolicy policy, Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout is " + timeout + ", not above 0");
      }
      this.name = name;
      this.wanted = wanted;
      this.policy = policy;
      this.timeout = timeout;
      this.patience = new Patience(timeout, clock, random);
    }

    void run() throws InterruptedException {
      Duration atLeast;
      do {
        atLeast = Duration.ZERO;
        try {
          state = CrdState.of(step());
          failure = null; // what failed before is over
          if (state.ready()) {
            return;
          }
        } catch (KubernetesClientException e) {
          failure = new CrdException(CrdFailures.message(verb, name, e), e);
          boolean goesOn = CrdFailures.isTransient(e) || CrdFailures.isRace(verb, e) || verb.equals("get") && read;
          if (!goesOn) {
            throw failure;
          }
          atLeast = CrdFailures.retryAfter(e);
          LOG.debug("{}; trying again", failure.getMessage());
        }
      } while (patience.pause(atLeast));
      throw new CrdException("the CustomResourceDefinition \"" + name + "\" was not ready within " + timeout + ": "
          + state.words() + (failure == null ? "" : "; last failure: " + failure.getMessage()), failure);
    }

    /** Reads the definition, and does what is to be done about what is there. */
    private @Nullable Map<String, Object> step() throws InterruptedException {
      verb = "get";
      Map<String, Object> existing = api.get(name, patience.left());
      read = true;
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
      List<String> differences = Drift.of(definition, existing);
      if (differences.isEmpty()) {
        return existing;
      }
      String told = tell(differences);
      switch (policy) {
        case FAIL -> throw new CrdException("the CustomResourceDefinition \"" + name
            + "\" exists and is not as wanted, which CrdPolicy.FAIL does not allow: " + told);
        case KEEP -> {
          LOG.warn("the CustomResourceDefinition {} is kept by CrdPolicy.KEEP though it is not as wanted: {}", name, told);
          return existing;
        }
        default -> {
          return update(definition, existing, told);
        }
      }
    }

    private Map<String, Object> update(Map<String, Object> definition, Map<String, Object> existing, String told)
        throws InterruptedException {
      List<String> immutable = Drift.immutable(definition, existing);
      if (!immutable.isEmpty()) {
        throw new CrdException("the CustomResourceDefinition \"" + name + "\" cannot be updated: " + tell(immutable)
            + "; the API server allows neither to change: save its objects and delete it, or use another group or plural");
      }
      if (Drift.wouldImpoverish(definition, existing)) {
        LOG.warn("the CustomResourceDefinition {} is kept: it has a schema or more versions, and the wanted one says"
            + " nothing of fields; otherwise than wanted are {}", name, told);
        return existing;
      }
      verb = "update";
      Map<String, Object> updated = api.update(Drift.merge(definition, existing), patience.left());
      LOG.info("updated the CustomResourceDefinition {}: {}", name, told);
      return updated;
    }

    private String tell(List<String> differences) {
      int more = differences.size() - DIFFERENCES_TOLD;
      return String.join("; ", differences.subList(0, Math.min(differences.size(), DIFFERENCES_TOLD)))
          + (more > 0 ? "; and " + more + " more" : "");
    }

    private static String uid(Map<String, Object> definition) {
      return Trees.text(definition, "metadata", "uid");
    }
  }
}
