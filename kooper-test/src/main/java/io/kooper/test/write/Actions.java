package io.kooper.test.write;

import io.kooper.test.ResourceType;
import io.kooper.test.admission.Admission;
import io.kooper.test.admission.Change;
import io.kooper.test.auth.Tokens;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.KindSchema;
import io.kooper.test.patch.FieldOwners;
import io.kooper.test.patch.Fields;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Shape;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is done to an object by what is posted at a subresource, and stored nowhere. */
public final class Actions {

  private static final String TOKENS = "authentication.k8s.io/v1";
  private static final Shape TOKEN_REQUEST =
      Shape.builtIn(new KindSchema("authentication.k8s.io", "v1", "TokenRequest").root());

  private final ObjectStore store;
  private final Writes writes;
  private final Deletes deletes;
  private final Budgets budgets;
  private final Tokens tokens;
  private final Map<String, String> logs = new ConcurrentHashMap<>(); // by paths of pods

  public Actions(ObjectStore store, Registry registry, Writes writes, Deletes deletes, Tokens tokens) {
    this.store = store;
    this.writes = writes;
    this.deletes = deletes;
    this.budgets = new Budgets(store, registry);
    this.tokens = tokens;
  }

  /**
   * Does something to an object.
   *
   * @param manager the name of who does it
   * @throws StatusException 404 when it is not there, or 405 when nothing like that is done here
   */
  public byte[] act(Resource resource, String namespace, String name, String action, ObjectNode body, String manager,
      boolean dryRun, Admission admission) {
    if (admission.mutates(resource, action, "CREATE") || admission.validates(resource, action, "CREATE")) {
      store.locked(() -> admission.admit(Change.action(resource, action, namespace, name, body)));
    }
    return switch (resource.type().plural() + "/" + action) {
      case "pods/binding" -> bind(resource, namespace, name, body, dryRun);
      case "pods/eviction" -> evict(resource, namespace, name, body, dryRun);
      case "serviceaccounts/token" -> token(resource, namespace, name, body, manager);
      case "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy" -> {
        StoredObject asked = store.locked(() -> require(resource, namespace, name));
        throw isBound(asked) ? unreachable(resource, asked)
            : Statuses.badRequest("pod %s does not have a host assigned".formatted(name));
      }
      default -> throw Statuses.methodNotAllowed();
    };
  }

  private byte[] bind(Resource resource, String namespace, String name, ObjectNode binding, boolean dryRun) {
    String node = binding.at("/target/name").asString("");
    FieldOwners.Manager manager = new FieldOwners.Manager("kube-scheduler", false, "v1", "binding");
    writes.update(resource, namespace, name, manager, dryRun, false, Admission.none(), pod -> {
      ObjectNode spec = pod.withObjectProperty("spec");
      String bound = spec.path("nodeName").asString("");
      if (!bound.isEmpty()) {
        throw Statuses.conflict(ResourceType.of("", "v1", "Pod", "pods/binding", true), name,
            "pod %s is already assigned to node \"%s\"".formatted(name, bound));
      }
      spec.put("nodeName", node);
      condition(pod, Json.object().putNull("lastProbeTime").put("lastTransitionTime", Writes.now()).put("status", "True")
          .put("type", "PodScheduled"));
      return pod;
    });
    return done();
  }

  private static void condition(ObjectNode pod, ObjectNode condition) {
    ArrayNode conditions = pod.withObjectProperty("status").withArrayProperty("conditions");
    conditions.removeIf(one -> one.path("type").equals(condition.path("type")));
    conditions.add(condition);
  }

  private byte[] evict(Resource resource, String namespace, String name, ObjectNode eviction, boolean dryRun) {
    ObjectNode options = eviction.path("deleteOptions") instanceof ObjectNode given ? given : Json.object();
    budgets.check(store.locked(() -> require(resource, namespace, name)).tree());
    FieldOwners.Manager manager = new FieldOwners.Manager("kube-apiserver", false, "v1", "eviction");
    writes.update(resource, namespace, name, manager, dryRun, false, Admission.none(), pod -> {
      condition(pod, Json.object().put("type", "DisruptionTarget").put("status", "True").putNull("lastProbeTime")
          .put("lastTransitionTime", Writes.now()).put("reason", "EvictionByEvictionAPI")
          .put("message", "Eviction API: evicting"));
      return pod;
    });
    deletes.delete(resource, namespace, name, options, dryRun, Admission.none());
    return done();
  }

  private byte[] token(Resource resource, String namespace, String name, ObjectNode request, String manager) {
    StoredObject account = store.locked(() -> require(resource, namespace, name));
    ObjectNode spec = request.withObjectProperty("spec");
    long seconds = spec.path("expirationSeconds").asLong(3600);
    spec.put("expirationSeconds", seconds);
    FieldOwners owners =
        FieldOwners.of(new FieldOwners.Manager(manager, false, TOKENS, "token"), Fields.created(request, TOKEN_REQUEST));
    if (spec.path("audiences").isEmpty()) {
      spec.putArray("audiences").add("https://kubernetes.default.svc");
    }
    spec.putIfAbsent("boundObjectRef", Json.object().nullNode());
    ObjectNode answer = Json.object().put("kind", "TokenRequest").put("apiVersion", TOKENS);
    answer.putObject("metadata").put("name", name).put("namespace", namespace).put("uid", account.uid())
        .put("creationTimestamp", Writes.now()).set("managedFields", owners.write(Writes.now()));
    answer.set("spec", spec);
    answer.putObject("status").put("token", tokens.issue(namespace, name))
        .put("expirationTimestamp", Instant.now().plusSeconds(seconds).truncatedTo(ChronoUnit.SECONDS).toString());
    return Json.bytes(answer);
  }

  /** Says what the log of a pod is. */
  public void log(String namespace, String pod, String text) {
    logs.put(StoredObject.path(namespace, pod), text);
  }

  /** The log of a pod: what a test has said, and empty otherwise. */
  public byte[] log(Resource resource, String namespace, String name) {
    String text = logs.get(StoredObject.path(namespace, name));
    store.locked(() -> {
      StoredObject pod = require(resource, namespace, name);
      if (isBound(pod) && text == null) {
        throw unreachable(resource, pod);
      }
    });
    return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isBound(StoredObject pod) {
    return !node(pod).isEmpty();
  }

  private static String node(StoredObject pod) {
    return pod.tree().at("/spec/nodeName").asString("");
  }

  /** What the API server says of the node of a pod, which it cannot find. */
  private static StatusException unreachable(Resource resource, StoredObject pod) {
    return Statuses.notFound(resource.type(), node(pod));
  }

  private StoredObject require(Resource resource, String namespace, String name) {
    StoredObject object = store.of(resource).get(namespace, name);
    if (object == null) {
      throw Statuses.notFound(resource.type(), name);
    }
    return object;
  }

  private static byte[] done() {
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    return Json.bytes(status.put("status", "Success").put("code", 201));
  }
}
