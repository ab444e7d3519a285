package io.kooper.test.admission;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.SelectorMatch;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.CelCondition;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The validating admission policies on a server, and their bindings. Under the store's lock. */
final class Policies {

  private static final Map<String, Integer> CODES =
      Map.of("Unauthorized", 401, "Forbidden", 403, "Invalid", 422, "RequestEntityTooLarge", 413);

  private final ObjectStore store;
  private final Registry registry;
  private final Compiled<Policy> compiled = new Compiled<>(one -> new Policy(one.name(), one.tree().path("spec")));

  Policies(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  private Collection<StoredObject> stored(String plural) {
    return store.locked(() -> store.of(registry.require(Hooks.GROUP, "v1", plural)).in(null).values());
  }

  /** All of them, in the order of their names. */
  List<Policy> all() {
    return store.locked(() -> compiled.of(stored("validatingadmissionpolicies")));
  }

  /** A policy, a binding of it, and what it is told as {@code params}. */
  private record Bound(Policy policy, String binding, JsonNode spec, @Nullable JsonNode params) {

    boolean does(String action) {
      return spec.path("validationActions").valueStream().anyMatch(one -> one.asString("").equals(action));
    }
  }

  /**
   * Asks a policy about a change.
   *
   * @param review what is known of it
   * @throws StatusException when it refuses the change
   */
  void check(Policy policy, Change change, Review review, @Nullable JsonNode namespaceLabels, List<String> warnings) {
    Map<String, Object> variables = new HashMap<>(Conditions.variables(review));
    variables.put("namespaceObject", CelCondition.value(namespace(change)));
    for (StoredObject stored : stored("validatingadmissionpolicybindings")) {
      JsonNode spec = stored.tree().path("spec");
      Matching matching = Policy.matching(spec.path("matchResources"));
      if (spec.path("policyName").asString("").equals(policy.name()) && matching.selects(namespaceLabels, change)
          && matching.names(change.resource(), change.subresource(), change.operation(), change.name())) {
        for (JsonNode params : params(policy, spec, change)) {
          variables.put("params", CelCondition.value(params));
          check(new Bound(policy, stored.name(), spec, params), change, policy.refusals(variables), warnings);
        }
      }
    }
  }

  private static void check(Bound bound, Change change, List<Policy.Refusal> refusals, List<String> warnings) {
    if (bound.does("Warn")) {
      refusals.forEach(refusal -> warnings.add("Validation failed for ValidatingAdmissionPolicy '%s' with binding '%s': %s"
          .formatted(bound.policy.name(), bound.binding, refusal.message())));
    }
    if (bound.does("Deny") && !refusals.isEmpty()) {
      throw denied(bound, change, refusals.get(0));
    }
  }

  private static StatusException denied(Bound bound, Change change, Policy.Refusal refusal) {
    String message = "ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s".formatted(
        bound.policy.name(), bound.binding, refusal.message());
    StatusException e = Statuses.forbidden(change.resource().type(), change.name(), message);
    e.status().put("reason", refusal.reason()).put("code", CODES.getOrDefault(refusal.reason(), 422));
    ((ObjectNode) e.status().get("details")).putArray("causes").addObject().put("message", message);
    return e;
  }

  private @Nullable JsonNode namespace(Change change) {
    StoredObject namespace = change.namespace().isEmpty() ? null
        : store.of(registry.require("", "v1", "namespaces")).get("", change.namespace());
    return namespace == null ? null : namespace.tree();
  }

  /** What a policy is told as {@code params}: once each, a null if it takes none. */
  private List<JsonNode> params(Policy policy, JsonNode binding, Change change) {
    JsonNode kind = policy.spec().path("paramKind");
    JsonNode reference = binding.path("paramRef");
    JsonNode none = Json.object().nullNode();
    if (!kind.isObject() || !reference.isObject()) {
      return List.of(none);
    }
    Resource resource = registry.ofKind(kind.path("apiVersion").asString(""), kind.path("kind").asString(""));
    String namespace = resource == null || !resource.type().namespaced() ? ""
        : reference.path("namespace").asString(change.namespace());
    List<JsonNode> found = resource == null ? List.of()
        : store.of(resource).in(namespace.isEmpty() ? null : namespace).values().stream()
            .filter(one -> reference.has("name") ? one.name().equals(reference.path("name").asString(""))
                : SelectorMatch.matches(reference.path("selector"), one.tree().path("metadata").path("labels")))
            .<JsonNode>map(one -> Json.parse(one.jsonFor(resource))).toList();
    if (found.isEmpty() && reference.path("parameterNotFoundAction").asString("").equals("Deny")) {
      throw Statuses.forbidden(change.resource().type(), change.name(), "ValidatingAdmissionPolicy '%s' denied request: failed to"
          .formatted(policy.name()) + " configure binding: no params found for policy binding with `Deny`"
          + " parameterNotFoundAction");
    }
    return found;
  }
}
