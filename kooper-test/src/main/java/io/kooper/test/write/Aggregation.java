package io.kooper.test.write;

import io.kooper.test.admission.Admission;
import io.kooper.test.json.Json;
import io.kooper.test.kinds.SelectorMatch;
import io.kooper.test.patch.Apply;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Gives each ClusterRole with an {@code aggregationRule} the rules of those that it selects, as a cluster's controller does. */
public final class Aggregation implements ObjectStore.Follower {

  private static final String ROLES = "clusterroles.rbac.authorization.k8s.io";

  private final ObjectStore store;
  private final Registry registry;
  private final Writes writes;
  private boolean due; // a role has changed; guarded by the store's lock

  public Aggregation(ObjectStore store, Registry registry, Writes writes) {
    this.store = store;
    this.registry = registry;
    this.writes = writes;
  }

  @Override
  public void changed(String collection, @Nullable StoredObject before, @Nullable StoredObject after) {
    due |= collection.equals(ROLES);
  }

  @Override
  public boolean isDue() {
    return due;
  }

  @Override
  public void settle() {
    due = false;
    Resource resource = registry.require("rbac.authorization.k8s.io", "v1", "clusterroles");
    List<ObjectNode> roles = store.of(resource).in(null).values().stream().sorted(Comparator.comparing(StoredObject::name))
        .map(StoredObject::tree).toList();
    for (ObjectNode role : roles) {
      JsonNode selectors = role.path("aggregationRule").path("clusterRoleSelectors");
      if (!selectors.isEmpty() && role.at("/metadata/deletionTimestamp").isMissingNode()) {
        aggregate(resource, role, rules(role, selectors, roles));
      }
    }
  }

  private static Set<JsonNode> rules(ObjectNode role, JsonNode selectors, List<ObjectNode> roles) {
    Set<JsonNode> rules = new LinkedHashSet<>();
    for (JsonNode selector : selectors) {
      roles.stream().filter(other -> other != role)
          .filter(other -> SelectorMatch.matches(selector, other.path("metadata").path("labels")))
          .forEach(other -> other.path("rules").forEach(rules::add));
    }
    return rules;
  }

  private void aggregate(Resource resource, ObjectNode role, Set<JsonNode> rules) {
    if (rules.equals(role.path("rules").valueStream().collect(Collectors.toSet()))) {
      return;
    }
    String name = role.at("/metadata/name").asString();
    ObjectNode wanted = Json.object().put("apiVersion", resource.type().apiVersion()).put("kind", resource.type().kind());
    wanted.putObject("metadata").put("name", name);
    ArrayNode array = wanted.putArray("rules");
    rules.forEach(rule -> array.add(rule));
    writes.apply(resource, "", name, Apply.of(resource, null, Json.bytes(wanted), "clusterrole-aggregation-controller", true),
        false, Admission.none());
  }
}
