package io.kooper.test;

import io.kooper.test.faults.Failure;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.net.Connections;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a test can do to an {@link EmbeddedApiServer} and its connections. All methods may be called from any thread and
 * have taken effect when they return; none may be called from a {@link Fault}'s condition.
 */
public final class Faults {

  /** A fault in force. */
  public final class Injection {

    private final Fault fault;
    private final AtomicInteger hits = new AtomicInteger();

    private Injection(Fault fault) {
      this.fault = fault;
    }

    /** How many requests it has met. */
    public int hits() {
      return hits.get();
    }

    /** Ends the fault, however often it was to happen. */
    public void stop() {
      injections.remove(this);
    }
  }

  private final List<Injection> injections = new CopyOnWriteArrayList<>();
  private final Connections connections;
  private final ObjectStore store;
  private final Registry registry;

  Faults(Connections connections, ObjectStore store, Registry registry) {
    this.connections = connections;
    this.store = store;
    this.registry = registry;
  }

  /** Lets something go wrong from the next request on. Of several faults that meet a request, the first counts. */
  public Injection inject(Fault fault) {
    Injection injection = new Injection(fault);
    injections.add(injection);
    return injection;
  }

  /** Resets every open connection, in the middle of whatever it carries. New ones work. */
  public void cutConnections() {
    connections.cutAll();
  }

  /**
   * Makes every open connection half-open: nothing that is sent on it arrives, either way, and nothing closes it. New
   * ones work.
   */
  public void freezeConnections() {
    connections.freezeAll();
  }

  /**
   * While it is on, no connection carries anything: those open are frozen (and remain so), new ones are accepted and
   * frozen.
   */
  public void blackhole(boolean on) {
    connections.blackhole(on);
  }

  /**
   * Forgets the history: a watch from a version before now gets an ERROR event with 410 Expired, an older continue
   * token gets 410. Open watches go on.
   */
  public void compact() {
    store.locked(store::compact);
  }

  /**
   * Puts an object into the store as if it had been written, without any check, so that clients meet something that
   * they cannot decode. Name, namespace and version are set where {@code metadata} is an object or missing, everything
   * else stays as it is.
   *
   * @param json a JSON object, such as <code>{"kind": "Pod", "apiVersion": "v1", "spec": "not an object"}</code>
   * @param namespace ignored for a type without namespaces
   * @throws IllegalArgumentException when the text is not a JSON object or the type is not served
   */
  public void putRaw(String apiVersion, String plural, String namespace, String name, String json) {
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    Resource resource = registry.require(group, apiVersion.substring(slash + 1), plural);
    ObjectNode tree;
    try {
      tree = Json.readObject(json.getBytes(StandardCharsets.UTF_8));
    } catch (StatusException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    String space = resource.type().namespaced() ? namespace : "";
    if (!tree.has("metadata")) {
      tree.putObject("metadata");
    }
    if (tree.get("metadata") instanceof ObjectNode metadata) {
      metadata.put("name", name);
      if (!space.isEmpty()) {
        metadata.put("namespace", space);
      }
    }
    store.locked(() -> store.of(resource).put(StoredObject.of(resource, space, name, tree, store.nextVersion())));
  }

  /** Takes back all injected faults and the black hole. What is frozen stays frozen. */
  public void clear() {
    injections.clear();
    connections.blackhole(false);
  }

  /** The fault that meets a request, counted. On the server's loop, hence one request at a time. */
  @Nullable Failure next(ApiRequest request) {
    for (Injection injection : injections) {
      if (injection.fault.selection.test(request)) {
        if (injection.hits.incrementAndGet() >= injection.fault.times) {
          injections.remove(injection);
        }
        return injection.fault.failure;
      }
    }
    return null;
  }
}
