package io.kooper.test.auth;

import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the roles that are bound to somebody let him do. They are read from the store, each time. */
final class Roles {

  private static final String GROUP = "rbac.authorization.k8s.io";

  /** What everybody may do, as a cluster's own roles say. */
  private static final Rule HEALTH = Rule.paths(List.of("/healthz", "/livez", "/readyz", "/version", "/version/"), "get");

  /** What those may do who are known. */
  private static final List<Rule> BASICS = List.of(
      Rule.resources(List.of("authorization.k8s.io"), List.of("selfsubjectaccessreviews", "selfsubjectrulesreviews"), "create"),
      Rule.resources(List.of("authentication.k8s.io"), List.of("selfsubjectreviews"), "create"),
      Rule.paths(List.of("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
          "/version", "/version/"), "get"),
      Rule.paths(List.of("/.well-known", "/.well-known/*"), "get"));
  private static final List<Rule> EVERYTHING = List.of(Rule.paths(List.of("*"), "*"),
      Rule.resources(List.of("*"), List.of("*"), "*"));

  private final ObjectStore store;
  private final Registry registry;

  Roles(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  /** All rules for somebody in a namespace. */
  List<Rule> rules(Caller caller, String namespace) {
    List<Rule> rules = new ArrayList<>();
    visit(caller, namespace, (rule, why) -> {
      rules.add(rule);
      return null;
    });
    return rules;
  }

  /** Why somebody may do something, null if he may not. */
  @Nullable String reason(Caller caller, Ask ask) {
    return visit(caller, ask.namespace(), (rule, why) -> rule.allows(ask) ? why : null);
  }

  private @Nullable String visit(Caller caller, String namespace, BiFunction<Rule, String, @Nullable String> visitor) {
    List<Rule> general = new ArrayList<>(List.of(HEALTH));
    if (caller.isMaster()) {
      general.add(EVERYTHING.get(0));
    }
    if (caller.groups().contains(Caller.AUTHENTICATED)) {
      general.addAll(BASICS);
    }
    if (caller.isMaster()) {
      general.add(EVERYTHING.get(1)); // in the order in which a cluster tells of them
    }
    for (Rule rule : general) {
      String found = visitor.apply(rule, "");
      if (found != null) {
        return found;
      }
    }
    return store.locked(() -> {
      String found = visit(caller, "clusterrolebindings", "", visitor);
      return found != null || namespace.isEmpty() ? found : visit(caller, "rolebindings", namespace, visitor);
    });
  }

  private @Nullable String visit(Caller caller, String bindings, String namespace,
      BiFunction<Rule, String, @Nullable String> visitor) {
    Resource resource = registry.require(GROUP, "v1", bindings);
    for (StoredObject stored : store.of(resource).in(namespace.isEmpty() ? null : namespace).values()) {
      ObjectNode binding = stored.tree();
      for (JsonNode subject : binding.path("subjects")) {
        if (isMeant(subject, caller, namespace)) {
          JsonNode role = binding.path("roleRef");
          String why = "RBAC: allowed by %s \"%s\" of %s \"%s\" to %s \"%s\"".formatted(resource.type().kind(),
              stored.path().contains("/") ? stored.name() + "/" + namespace : stored.name(), role.path("kind").asString(""),
              role.path("name").asString(""), subject.path("kind").asString(""), subjectName(subject));
          for (Rule rule : rules(role, namespace)) {
            String found = visitor.apply(rule, why);
            if (found != null) {
              return found;
            }
          }
        }
      }
    }
    return null;
  }

  private static String subjectName(JsonNode subject) {
    String name = subject.path("name").asString("");
    String namespace = subject.path("namespace").asString("");
    return namespace.isEmpty() ? name : name + "/" + namespace;
  }

  private static boolean isMeant(JsonNode subject, Caller caller, String namespace) {
    String name = subject.path("name").asString("");
    return switch (subject.path("kind").asString("")) {
      case "User" -> name.equals(caller.name());
      case "Group" -> caller.groups().contains(name);
      case "ServiceAccount" -> caller.name().equals(
          Caller.ACCOUNT + subject.path("namespace").asString(namespace) + ":" + name);
      default -> false;
    };
  }

  private List<Rule> rules(JsonNode ref, String namespace) {
    boolean cluster = ref.path("kind").asString("").equals("ClusterRole");
    String name = ref.path("name").asString("");
    StoredObject role = store.of(registry.require(GROUP, "v1", cluster ? "clusterroles" : "roles"))
        .get(cluster ? "" : namespace, name);
    if (role == null) {
      return cluster && name.equals("cluster-admin") ? EVERYTHING : List.of(); // the one that each cluster has
    }
    return role.tree().path("rules").valueStream().map(Rule::new).collect(Collectors.toList());
  }
}
