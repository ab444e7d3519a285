package io.kooper.test;

import io.kooper.test.json.Json;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** All objects of a server, seen as a whole. */
final class Contents {

  private static final String MASK = "***";

  private final ObjectStore store;
  private final Registry registry;

  Contents(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  /** The objects of which no owner is there any more, such as {@code configmaps default/child of Pod web}. */
  List<String> leaked() {
    return store.locked(() -> {
      Set<String> uids = new HashSet<>();
      registry.collections().forEach(resource ->
          store.of(resource).in(null).values().forEach(object -> uids.add(String.valueOf(object.uid()))));
      List<String> leaked = new ArrayList<>();
      for (Resource resource : registry.collections()) {
        for (StoredObject object : store.of(resource).in(null).values()) {
          if (object.owners().isEmpty()) {
            continue;
          }
          JsonNode owners = object.tree().at("/metadata/ownerReferences");
          if (!object.terminating() && object.owners().stream().noneMatch(uids::contains)) {
            leaked.add("%s %s of %s %s".formatted(resource.type().qualifiedName(), object.path(),
                owners.get(0).path("kind").asString(""), owners.get(0).path("name").asString("")));
          }
        }
      }
      return leaked;
    });
  }

  /** Goes back to an earlier state by changes, of which watches are told: versions go on. */
  void reset(Backup backup) {
    store.locked(() -> {
      for (Resource resource : registry.collections()) {
        ResourceCollection now = store.of(resource);
        ResourceCollection then = backup.content.collections().get(resource.collection());
        SortedMap<String, StoredObject> wanted = then == null ? new TreeMap<>() : then.in(null);
        for (StoredObject object : List.copyOf(now.in(null).values())) {
          if (!wanted.containsKey(object.path())) {
            now.remove(object.at(resource, store.nextVersion()));
          }
        }
        wanted.forEach((path, object) -> {
          StoredObject present = now.get(object.namespace(), object.name());
          if (present == null || present.version() != object.version()) {
            now.put(object.at(resource, store.nextVersion()));
          }
        });
      }
      for (Resource resource : registry.all()) {
        if (!backup.types.containsValue(resource)) {
          registry.unregister(resource);
        }
      }
    });
  }

  /** The objects of a namespace and some requests, for people; what Secrets hold is masked. */
  String report(String namespace, List<ApiRequest> requests, Instant since) {
    StringBuilder report = new StringBuilder("objects of namespace " + namespace + ":\n");
    store.locked(() -> registry.collections().stream().filter(resource -> resource.type().namespaced()).forEach(resource ->
        store.of(resource).in(namespace).values().forEach(object -> report.append("  ").append(masked(object)).append('\n'))));
    report.append("requests of the test:\n");
    requests.stream().filter(request -> !request.time().isBefore(since))
        .filter(request -> request.namespace() == null || request.namespace().equals(namespace))
        .forEach(request -> report.append("  ").append(request).append(shown(request)).append('\n'));
    return report.toString();
  }

  private static String shown(ApiRequest request) {
    String body = request.body();
    return body == null ? "" : request.resource().equals("secrets") ? " " + MASK : " " + body;
  }

  private static String masked(StoredObject object) {
    ObjectNode tree = object.tree();
    if (tree.path("kind").asString("").equals("Secret")) {
      for (Map.Entry<String, JsonNode> one : tree.path("data").properties()) {
        ((ObjectNode) tree.get("data")).put(one.getKey(), MASK);
      }
      Json.metadata(tree).remove("annotations"); // kubectl keeps the whole object there
    }
    return tree.toString();
  }
}
