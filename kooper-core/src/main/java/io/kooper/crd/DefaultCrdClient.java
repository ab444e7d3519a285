package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.clock.Clock;
import io.kooper.crd.Drift.Difference;
import io.kooper.internal.Durations;
import io.kooper.internal.Log;
import io.kooper.internal.Monitor;
import io.kooper.internal.Names;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/** Reads, acts, and reads again until the definition is ready: whatever others do meanwhile is seen at the next reading. */
final class DefaultCrdClient implements CrdClient {

  private static final Log LOG = Log.of(DefaultCrdClient.class);
  private static final String PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final int DIFFERENCES_TOLD = 10;
  private static final long TELL_EVERY = Duration.ofSeconds(30).toNanos();
  private static final long FIRST_PAUSE = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(2).toNanos(); // Kooper's

  private final CrdApi api;
  private final KubernetesSerialization serialization;
  private final Clock clock;
  private final DoubleSupplier random; // in [0, 1), so that replicas do not go in step

  DefaultCrdClient(CrdApi api, KubernetesSerialization serialization, Clock clock, DoubleSupplier random) {
    this.api = api;
    this.serialization = serialization;
    this.clock = clock;
    this.random = random;
  }

  static DefaultCrdClient of(KubernetesClient client) {
    return new DefaultCrdClient(
        new FabricCrdApi(client), client.getKubernetesSerialization(), Clock.system(), Math::random);
  }

  @Override
  public void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout)
      throws InterruptedException {
    ensurePresent(definition, policy, timeout, words -> {});
  }

  /** The same, telling after each round that was in vain why it was; null at the end. */
  void ensurePresent(CustomResourceDefinition definition, CrdPolicy policy, Duration timeout,
      Consumer<@Nullable String> pending) throws InterruptedException {
    CrdDefinitions.check("", definition);
    @SuppressWarnings("unchecked") // an object's JSON is an object
    Map<String, Object> wanted = Drift.authored(serialization.convertValue(definition, Map.class));
    try {
      new Attempt(definition.getMetadata().getName(), wanted, policy, timeout, pending).run();
    } finally {
      pending.accept(null);
    }
  }

  @Override
  public void waitToBePresent(String name, Duration timeout) throws InterruptedException {
    new Attempt(name, null, CrdPolicy.KEEP, timeout, words -> {}).run();
  }

  @Override
  public void delete(String name) throws InterruptedException {
    checkName(name);
    try {
      api.send("delete", PATH + "/" + name, null, DEFAULT_TIMEOUT);
      LOG.info("deleting the CustomResourceDefinition {}", name);
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404) {
        throw new CrdException(CrdFailures.message("delete", name, e), e);
      }
    }
  }

  private static void checkName(String name) {
    if (!Names.isSubdomain(name)) {
      throw new IllegalArgumentException("the name of the definition \"" + name + "\" is not like foos.example.com");
    }
  }

  /** One call, with its timeout. */
  private final class Attempt {

    private final String name;
    private final @Nullable Map<String, Object> wanted; // null: only wait
    private final CrdPolicy policy;
    private final Duration timeout;
    private final Consumer<@Nullable String> pending;
    private final long start = clock.nanoTime();
    private final Monitor never = new Monitor(clock); // changes
    private long step = FIRST_PAUSE;
    private Duration atLeast = Duration.ZERO; // how long the server asks to wait
    private String verb = "get"; // of the request that is under way
    private @Nullable String judged; // the uid of the definition that was compared
    private String state = "it could not be read";
    private @Nullable CrdException failure; // of the last round
    private long told = start; // when the log last said what is waited for
    private boolean refused; // whether the log has said what is to be granted

    Attempt(String name, @Nullable Map<String, Object> wanted, CrdPolicy policy, Duration timeout,
        Consumer<@Nullable String> pending) {
      checkName(name);
      if (!Durations.isPositive(timeout)) {
        throw new IllegalArgumentException("timeout is " + timeout + ", not above 0");
      }
      this.name = name;
      this.wanted = wanted;
      this.policy = Objects.requireNonNull(policy, "policy");
      this.timeout = timeout;
      this.pending = pending;
    }

    void run() throws InterruptedException {
      do {
        atLeast = Duration.ZERO;
        boolean refusal = false;
        try {
          if (isReady()) {
            return;
          }
        } catch (KubernetesClientException e) {
          failure = new CrdException(CrdFailures.message(verb, name, e), e);
          if (!CrdFailures.mayPass(verb, e)) {
            throw failure;
          }
          refusal = CrdFailures.isRefusal(e);
          atLeast = CrdFailures.retryAfter(e);
        }
        tell(refusal);
      } while (pause());
      throw new CrdException("the CustomResourceDefinition \"" + name + "\" was not ready within " + timeout + ": "
          + state + (failure == null ? "" : "; last failure: " + failure.getMessage()), failure);
    }

    /** What is waited for, to who asks; to the log at once when something is to be granted, and each half minute. */
    private void tell(boolean refusal) {
      String words = "the CustomResourceDefinition " + name + " is not ready: "
          + (failure == null ? state : failure.getMessage());
      pending.accept(words);
      long now = clock.nanoTime();
      if (refusal && !refused || now - told >= TELL_EVERY) {
        LOG.warn("{}; trying again for {} s", words, left().toSeconds());
        told = now;
        refused |= refusal;
      }
    }

    private Duration left() {
      return Duration.ofNanos(Math.max(0, Durations.nanos(timeout) - (clock.nanoTime() - start)));
    }

    /** Waits a step, each twice the one before and up to a quarter shorter; false, at once, when no time is left. */
    private boolean pause() throws InterruptedException {
      long left = left().toNanos();
      long wait = Math.min(left, Math.max(Durations.nanos(atLeast), (long) (step * (1 - random.getAsDouble() / 4))));
      step = Math.min(2 * step, LONGEST_PAUSE);
      long from = clock.nanoTime();
      never.await(() -> wait - (clock.nanoTime() - from));
      return left > 0;
    }

    private Map<String, Object> send(String request, @Nullable Object body) throws InterruptedException {
      verb = request;
      return api.send(verb, verb.equals("create") ? PATH : PATH + "/" + name, body, left());
    }

    /** Reads the definition, does what is to be done about what is there, and looks whether its objects can be listed. */
    private boolean isReady() throws InterruptedException {
      Map<String, Object> definition = null;
      try {
        definition = send("get", null);
      } catch (KubernetesClientException e) {
        if (e.getCode() != 404) {
          throw e;
        }
      }
      state = state(definition);
      boolean deleting = Trees.at(definition, "metadata", "deletionTimestamp") != null;
      if (wanted != null && !deleting) {
        if (definition == null) {
          definition = send("create", wanted);
          LOG.info("created the CustomResourceDefinition {}", name);
        } else if (!Trees.text(definition, "metadata", "uid").equals(judged)) {
          definition = settle(wanted, definition);
        }
        judged = Trees.text(definition, "metadata", "uid");
        state = state(definition);
      }
      failure = null; // what failed before is over
      return definition != null && !deleting
          && conditions(definition).containsAll(List.of("Established=True", "NamesAccepted=True")) && isListed(definition);
    }

    /** Such as {@code Established=True} and {@code NamesAccepted=False (PluralConflict: "foos" is already in use)}. */
    private static List<String> conditions(@Nullable Map<String, Object> definition) {
      return Trees.list(definition, "status", "conditions").stream()
          .map(c -> Trees.text(c, "type") + "=" + Trees.text(c, "status") + (Trees.text(c, "status").equals("True") ? ""
              : " (" + Trees.text(c, "reason") + ": " + Trees.text(c, "message") + ")")).toList();
    }

    private static String state(@Nullable Map<String, Object> definition) {
      Object deleted = Trees.at(definition, "metadata", "deletionTimestamp");
      List<String> conditions = conditions(definition);
      return definition == null ? "it does not exist"
          : deleted != null ? "it is being deleted since " + deleted + "; " + String.join(", ", conditions)
          : !conditions.isEmpty() ? String.join(", ", conditions)
          : "it exists but has no status conditions; if that remains so, nothing establishes definitions there, as in fabric8's"
              + " mock server";
    }

    /**
     * Lists in each version that is wanted and served, from the watch cache, as an informer's first list: the storage may
     * answer while the cache does not yet. A selector keeps the objects of a definition that has many from being sent, which
     * a limit does not when the cache answers.
     */
    private boolean isListed(Map<String, Object> definition) throws InterruptedException {
      Set<String> versions = served(definition);
      if (wanted != null) {
        versions.retainAll(served(wanted));
      }
      if (versions.isEmpty()) {
        state = "it serves none of the versions " + served(wanted == null ? definition : wanted);
        return false;
      }
      for (String version : versions) {
        String path = "/apis/" + Names.encoded(Trees.text(definition, "spec", "group")) + "/" + Names.encoded(version) + "/"
            + Names.encoded(Trees.text(definition, "spec", "names", "plural"))
            + "?limit=1&resourceVersion=0&labelSelector=kooper.io%2Fno-such-label";
        try {
          api.send("list", path, null, left());
        } catch (KubernetesClientException e) {
          if (CrdFailures.isNotServedYet(e)) {
            state = "its objects cannot be listed in " + version + ": " + CrdFailures.words(e);
            atLeast = CrdFailures.retryAfter(e);
            return false;
          }
        }
      }
      return true;
    }

    private static Set<String> served(Map<String, Object> definition) {
      return Trees.list(definition, "spec", "versions").stream().filter(version -> Trees.isTrue(version, "served"))
          .map(version -> Trees.text(version, "name")).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Compares a definition that exists with the wanted one and follows the policy; returns what is there then. */
    private Map<String, Object> settle(Map<String, Object> definition, Map<String, Object> existing)
        throws InterruptedException {
      Map<String, Object> asWanted = Drift.replaced(definition, existing);
      List<Difference> differences = Drift.between(existing, asWanted);
      if (differences.isEmpty()) {
        return existing;
      }
      if (policy == CrdPolicy.FAIL) {
        throw new CrdException("the CustomResourceDefinition \"" + name
            + "\" exists and is not as wanted, which CrdPolicy.FAIL does not allow: " + words(differences));
      }
      if (policy == CrdPolicy.KEEP) {
        LOG.warn("the CustomResourceDefinition {} is kept by CrdPolicy.KEEP though it is not as wanted: {}", name,
            words(differences));
        return existing;
      }
      List<Difference> immutable = differences.stream().filter(Difference::isImmutable).toList();
      if (!immutable.isEmpty()) {
        throw new CrdException("the CustomResourceDefinition \"" + name + "\" cannot be updated: " + words(immutable)
            + "; the API server allows neither to change: save its objects and delete it, or use another group or plural");
      }
      if (policy == CrdPolicy.REPLACE && Drift.wouldImpoverish(definition, existing)) {
        LOG.warn("the CustomResourceDefinition {} is kept: it has a schema or more versions, and the wanted one says"
            + " nothing of fields; otherwise than wanted are {}", name, words(differences));
        return existing;
      }
      Map<String, Object> target = policy == CrdPolicy.REPLACE ? asWanted : Drift.widened(definition, existing);
      List<Difference> changes = Drift.between(existing, target);
      Map<String, Object> updated = existing;
      if (!changes.isEmpty()) {
        updated = send("update", target);
        LOG.info("updated the CustomResourceDefinition {}: {}", name, words(changes));
      }
      List<Difference> left = Drift.between(target, asWanted);
      if (!left.isEmpty()) {
        LOG.write(left.get(0).matters() ? Level.WARN : Level.INFO,
            "the CustomResourceDefinition {} is left otherwise than wanted where CrdPolicy.UPDATE, which only adds and"
                + " widens, would take away, narrow or contradict: {}; to have it as wanted use CrdPolicy.REPLACE",
            name, words(left));
      }
      return updated;
    }

    private static String words(List<Difference> differences) {
      int more = differences.size() - DIFFERENCES_TOLD;
      return differences.stream().limit(DIFFERENCES_TOLD).map(Difference::words).collect(Collectors.joining("; "))
          + (more > 0 ? "; and " + more + " more" : "");
    }
  }
}
