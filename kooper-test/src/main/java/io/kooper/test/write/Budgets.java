package io.kooper.test.write;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.SelectorMatch;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.types.Resource;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whether PodDisruptionBudgets let a pod be evicted. */
final class Budgets {

  private static final Set<String> NOT_COUNTED = Set.of("Succeeded", "Failed", "Pending");

  private final ObjectStore store;
  private final Registry registry;

  Budgets(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  /** @throws StatusException 429 when the pod is one too many, 500 when it has several budgets */
  void check(ObjectNode pod) {
    if (NOT_COUNTED.contains(pod.at("/status/phase").asString("")) || pod.at("/metadata/deletionTimestamp").isString()) {
      return;
    }
    Resource budgets = registry.require("policy", "v1", "poddisruptionbudgets");
    List<ObjectNode> own = store.locked(() -> store.of(budgets).in(pod.at("/metadata/namespace").asString("")).values().stream()
        .map(budget -> budget.tree())
        .filter(budget -> SelectorMatch.matches(budget.at("/spec/selector"), pod.at("/metadata/labels"))).toList());
    if (own.size() > 1) {
      throw new StatusException(Statuses.failure(500,
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."));
    }
    for (ObjectNode budget : own) {
      String name = budget.at("/metadata/name").asString("");
      if (budget.at("/status/observedGeneration").asLong(0) < budget.at("/metadata/generation").asLong(0)) {
        throw refused("The disruption budget " + name + " is still being processed by the server.", true);
      }
      if (budget.at("/status/disruptionsAllowed").asInt(0) <= 0) {
        throw refused("The disruption budget %s needs %d healthy pods and has %d currently".formatted(name,
            budget.at("/status/desiredHealthy").asInt(0), budget.at("/status/currentHealthy").asInt(0)), false);
      }
    }
  }

  private static StatusException refused(String why, boolean soon) {
    ObjectNode status = Statuses.failure(429, "Cannot evict pod as it would violate the pod's disruption budget.");
    ObjectNode details = status.putObject("details");
    JsonNode cause = Json.object().put("reason", "DisruptionBudget").put("message", why);
    details.putArray("causes").add(cause);
    if (soon) {
      details.put("retryAfterSeconds", 10);
    }
    return new StatusException(status);
  }
}
