package io.kooper.crd;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An API server that knows definitions only, and does to the next requests what a test says. Its methods are synchronized,
 * so that several replicas may use it.
 */
class FakeCrdApi implements CrdApi {

  static final KubernetesSerialization JSON = new KubernetesSerialization();

  /** Happens at a request, before it is executed; it throws to let the request fail. */
  interface Happening {
    void happen() throws InterruptedException;
  }

  final List<String> calls = new ArrayList<>();
  @Nullable Map<String, Object> stored;
  boolean establishing = true;
  String major = "1";
  String minor = "34";
  private final Map<String, Deque<Happening>> next = new HashMap<>();
  private final Map<String, Happening> always = new HashMap<>();
  private final AtomicInteger versions = new AtomicInteger(100);
  private final AtomicInteger uids = new AtomicInteger();

  /** At one of the next requests with this verb, in the order of these calls. */
  FakeCrdApi next(String verb, Happening... happenings) {
    next.computeIfAbsent(verb, v -> new ArrayDeque<>()).addAll(List.of(happenings));
    return this;
  }

  FakeCrdApi always(String verb, Happening happening) {
    always.put(verb, happening);
    return this;
  }

  static Happening nothing() {
    return () -> {};
  }

  static Happening refusal(int code, String reason, String message) {
    return refusal(code, reason, message, null);
  }

  static Happening refusal(int code, String reason, String message, @Nullable Integer retryAfter) {
    return () -> {
      throw failure(code, reason, message, retryAfter);
    };
  }

  static KubernetesClientException failure(int code, String reason, String message, @Nullable Integer retryAfter) {
    Status status = new StatusBuilder().withCode(code).withReason(reason).withMessage(message)
        .withNewDetails().withRetryAfterSeconds(retryAfter).endDetails().build();
    return new KubernetesClientException("Failure executing", code, status);
  }

  static Happening lostConnection() {
    return () -> {
      throw new KubernetesClientException("An error has occurred.", new IOException("connection reset"));
    };
  }

  /** A definition from YAML, as if another had written it; established unless it brings a status. */
  @SuppressWarnings("unchecked")
  synchronized void put(String yaml) {
    store(JSON.unmarshal(yaml, Map.class), true);
  }

  synchronized void edit(String... pathAndValue) {
    Map<String, Object> parent = Trees.map(stored);
    for (int i = 0; i < pathAndValue.length - 2; i++) {
      parent = Trees.map(parent, pathAndValue[i]);
    }
    parent.put(pathAndValue[pathAndValue.length - 2], pathAndValue[pathAndValue.length - 1]);
    Trees.map(stored, "metadata").put("resourceVersion", "" + versions.incrementAndGet());
  }

  private Map<String, Object> store(Map<String, Object> definition, boolean anew) {
    Map<String, Object> copy = copy(definition);
    Map<String, Object> metadata = Trees.map(copy, "metadata");
    if (anew) {
      metadata.put("uid", "uid-" + uids.incrementAndGet());
    }
    metadata.put("resourceVersion", "" + versions.incrementAndGet());
    if (establishing && !copy.containsKey("status")) {
      copy.put("status", established());
    }
    stored = copy;
    return copy(copy);
  }

  static Map<String, Object> status(String... typesAndValues) {
    List<Object> conditions = new ArrayList<>();
    for (int i = 0; i < typesAndValues.length; i += 4) {
      conditions.add(Map.of("type", typesAndValues[i], "status", typesAndValues[i + 1], "reason", typesAndValues[i + 2],
          "message", typesAndValues[i + 3]));
    }
    return Map.of("conditions", conditions);
  }

  static Map<String, Object> established() {
    return status("NamesAccepted", "True", "NoConflicts", "no conflicts found",
        "Established", "True", "InitialNamesAccepted", "the initial names have been accepted");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> copy(Map<String, Object> tree) {
    return JSON.unmarshal(JSON.asJson(tree), Map.class);
  }

  private void happens(String verb) throws InterruptedException {
    Deque<Happening> coming = next.get(verb);
    if (coming != null && !coming.isEmpty()) {
      coming.removeFirst().happen();
    } else if (always.containsKey(verb)) {
      always.get(verb).happen();
    }
  }

  @Override
  public synchronized @Nullable Map<String, Object> get(String name, Duration patience) throws InterruptedException {
    calls.add("get");
    happens("get");
    return stored == null ? null : copy(stored);
  }

  @Override
  public synchronized Map<String, Object> create(Map<String, Object> definition, Duration patience)
      throws InterruptedException {
    calls.add("create");
    happens("create");
    if (stored != null) {
      throw failure(409, "AlreadyExists", "already exists", null);
    }
    return store(definition, true);
  }

  @Override
  public synchronized Map<String, Object> update(Map<String, Object> definition, Duration patience)
      throws InterruptedException {
    calls.add("update");
    happens("update");
    if (stored == null) {
      throw failure(404, "NotFound", "not found", null);
    }
    if (!Trees.text(definition, "metadata", "resourceVersion").equals(Trees.text(stored, "metadata", "resourceVersion"))) {
      throw failure(409, "Conflict", "the object has been modified", null);
    }
    return store(definition, false);
  }

  @Override
  public synchronized void list(String group, String version, String plural, Duration patience)
      throws InterruptedException {
    calls.add("list " + version);
    happens("list");
  }

  @Override
  public synchronized boolean delete(String name) throws InterruptedException {
    calls.add("delete");
    happens("delete");
    boolean existed = stored != null;
    stored = null;
    return existed;
  }

  @Override
  public synchronized VersionInfo version() throws InterruptedException {
    calls.add("version");
    happens("version");
    return new VersionInfo.Builder().withMajor(major).withMinor(minor).build();
  }
}
