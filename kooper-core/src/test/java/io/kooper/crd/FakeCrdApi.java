package io.kooper.crd;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
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
      throw new KubernetesClientException("connection reset", new IOException("connection reset"));
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
  @SuppressWarnings("unchecked")
  public synchronized Map<String, Object> send(String verb, String path, @Nullable Object body, Duration patience)
      throws InterruptedException {
    calls.add(verb.equals("list") ? "list " + path.split("/")[3] : verb);
    happens(verb);
    if (stored == null && !verb.equals("create")) {
      throw failure(404, "NotFound", "not found", null);
    }
    switch (verb) {
      case "create" -> {
        if (stored != null) {
          throw failure(409, "AlreadyExists", "already exists", null);
        }
        return store((Map<String, Object>) body, true);
      }
      case "update" -> {
        if (!Trees.text(body, "metadata", "resourceVersion").equals(Trees.text(stored, "metadata", "resourceVersion"))) {
          throw failure(409, "Conflict", "the object has been modified", null);
        }
        return store((Map<String, Object>) body, false);
      }
      case "delete" -> {
        stored = null;
        return Map.of();
      }
      default -> {
        return copy(stored);
      }
    }
  }
}
