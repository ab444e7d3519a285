package io.kooper.test.admission;

import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * The webhooks that are configured on a server, in the order in which they are asked. Under the store's lock, but for addresses.
 */
public final class Hooks {

  private static final Logger LOG = LoggerFactory.getLogger("io.kooper.test.EmbeddedApiServer");
  static final String GROUP = "admissionregistration.k8s.io";

  private final ObjectStore store;
  private final Registry registry;
  private final Policies policies;
  private final Map<String, URI> endpoints = new ConcurrentHashMap<>(); // of services, by namespace and name
  private final Compiled<List<Hook>> mutating = compiled("MutatingWebhookConfiguration");
  private final Compiled<List<Hook>> validating = compiled("ValidatingWebhookConfiguration");
  private final Set<String> told = ConcurrentHashMap.newKeySet(); // what was logged

  public Hooks(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
    this.policies = new Policies(store, registry);
  }

  /** Says where a service is found. */
  public void endpoint(String namespace, String service, URI url) {
    endpoints.put(namespace + "/" + service, url);
  }

  /** Where a service is found, null if nobody has said so. */
  @Nullable URI endpoint(JsonNode service) {
    return endpoints.get(path(service));
  }

  private static String path(JsonNode service) {
    return service.path("namespace").asString("") + "/" + service.path("name").asString("");
  }

  List<Hook> mutating() {
    return hooks(mutating, "mutatingwebhookconfigurations");
  }

  List<Hook> validating() {
    return hooks(validating, "validatingwebhookconfigurations");
  }

  Policies policies() {
    return policies;
  }

  private List<Hook> hooks(Compiled<List<Hook>> compiled, String configurations) {
    Resource resource = registry.require(GROUP, "v1", configurations);
    List<List<Hook>> all = store.locked(() -> compiled.of(store.of(resource).in(null).values()));
    return all.isEmpty() ? List.of() : all.stream().flatMap(List::stream).toList();
  }

  private static Compiled<List<Hook>> compiled(String kind) {
    return new Compiled<>(configuration -> configuration.tree().path("webhooks").valueStream()
        .map(one -> Hook.of(kind + " " + configuration.name(), one)).toList());
  }

  /** The labels of the namespace in which something is, or of itself if it is one; null for what is in none. */
  @Nullable JsonNode namespaceLabels(Change change) {
    if (change.resource().is("namespaces")) {
      JsonNode namespace = change.object() != null ? change.object() : change.old();
      return namespace == null ? null : namespace.path("metadata").path("labels");
    }
    if (change.namespace().isEmpty()) {
      return null;
    }
    StoredObject namespace = store.of(registry.require("", "v1", "namespaces")).get("", change.namespace());
    return namespace == null ? MissingNode.getInstance() : namespace.tree().path("metadata").path("labels");
  }

  /** The other versions in which the objects of a type are served. */
  List<Resource> equivalents(Resource resource) {
    return registry.all().stream()
        .filter(other -> other.collection().equals(resource.collection()) && !other.type().equals(resource.type())).toList();
  }

  /** What the configurations say that this server cannot obey. */
  public List<String> unchecked() {
    List<String> unchecked = new ArrayList<>();
    Stream.concat(mutating().stream(), validating().stream()).forEach(hook -> {
      String what = hook.configuration() + ": webhook " + hook.name();
      JsonNode service = hook.json().path("clientConfig").path("service");
      if (service.isObject() && endpoint(service) == null) {
        unchecked.add(what + ": nobody has said the endpoint of service " + path(service));
      }
      hook.conditions().stream().filter(condition -> condition.error() != null)
          .forEach(condition -> unchecked.add(what + ": the condition " + condition.text() + ": " + condition.error()));
    });
    Resource definitions = registry.require("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    store.of(definitions).in(null).values().stream()
        .filter(definition -> definition.tree().at("/spec/conversion/strategy").asString("").equals("Webhook"))
        .forEach(definition -> unchecked.add("CustomResourceDefinition " + definition.name() + ": conversion by a webhook"));
    policies.all().forEach(policy -> policy.uncompiled().forEach(expression -> unchecked.add(
        "ValidatingAdmissionPolicy " + policy.name() + ": the expression " + expression.text() + ": " + expression.error())));
    store.of(registry.require(GROUP, "v1", "mutatingadmissionpolicies")).in(null).values()
        .forEach(policy -> unchecked.add("MutatingAdmissionPolicy " + policy.name()));
    return unchecked;
  }

  /** Logs what is new of {@link #unchecked()} when something of a group has been written. */
  public void written(String group) {
    if (group.equals(GROUP) || group.equals("apiextensions.k8s.io")) {
      store.locked(this::unchecked).stream().filter(told::add)
          .forEach(what -> LOG.warn("not checked, as only a kube-apiserver can: {}", what));
    }
  }
}
