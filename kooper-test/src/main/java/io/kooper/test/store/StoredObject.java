package io.kooper.test.store;

import io.kooper.test.json.Json;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.CustomSchema;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One version of one object: its bytes as they go over the wire, and what lists and selectors need of them.
 *
 * @param namespace empty for an object without a namespace
 * @param owners their uids
 * @param terminating whether it is being deleted
 * @param schema what it was made to conform to, null if nothing
 */
public record StoredObject(
    String namespace,
    String name,
    @Nullable String uid,
    long version,
    Map<String, String> labels,
    Map<String, String> fields,
    List<String> owners,
    boolean terminating,
    byte[] json,
    @Nullable CustomSchema schema) {

  /** What each object begins with, so that a list may leave it out. */
  private static final List<String> FIRST = List.of("apiVersion", "kind");

  /** The object in this tree, stamped with a version. */
  public static StoredObject of(Resource resource, String namespace, String name, ObjectNode tree, long version) {
    // a raw object may have metadata that is no object: it keeps it, and has no version
    if (tree.get("metadata") instanceof ObjectNode metadata) {
      metadata.put("resourceVersion", Long.toString(version));
    }
    Map<String, String> fields = new LinkedHashMap<>();
    resource.fields().forEach((field, pointer) -> fields.put(field, Selectors.value(resource, field, tree.at(pointer))));
    fields.put("metadata.name", name);
    if (resource.type().namespaced()) {
      fields.put("metadata.namespace", namespace);
    }
    ObjectNode ordered = Json.object();
    for (String first : FIRST) {
      JsonNode value = tree.get(first);
      if (value != null) {
        ordered.set(first, value);
      }
    }
    return new StoredObject(namespace, name, Json.text(tree, "/metadata/uid"), version,
        Json.strings(tree.at("/metadata/labels")), fields, owners(tree),
        tree.at("/metadata/deletionTimestamp").isString(), Json.bytes(ordered.setAll(tree)), resource.schema());
  }

  /** The place in a list: etcd orders by the bytes of this path. */
  public String path() {
    return path(namespace, name);
  }

  public static String path(String namespace, String name) {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** A fresh, mutable tree. */
  public ObjectNode tree() {
    return Json.parse(json);
  }

  /** The same state under another version, as the last state of an object is told. */
  public StoredObject at(Resource resource, long newVersion) {
    return with(resource, tree(), newVersion);
  }

  /** Another state of the object, which conforms to what this one does. */
  public StoredObject with(Resource resource, ObjectNode tree, long newVersion) {
    StoredObject next = of(resource, namespace, name, tree, newVersion);
    return new StoredObject(namespace, name, next.uid, newVersion, next.labels, next.fields, next.owners,
        next.terminating, next.json, schema);
  }

  private static List<String> owners(ObjectNode tree) {
    JsonNode references = tree.path("metadata").path("ownerReferences");
    return references.isEmpty() ? List.of() : references.valueStream().map(owner -> owner.path("uid").asString("")).toList();
  }

  /** The bytes as a version of the API shows them. */
  public byte[] jsonFor(Resource resource) {
    if (resource.isMetadataOnly()) {
      ObjectNode only = Json.object().put("kind", resource.shownKind()).put("apiVersion", resource.shownApiVersion());
      return Json.bytes(only.set("metadata", tree().path("metadata")));
    }
    CustomSchema shown = resource.schema();
    if (Conversions.isNeeded(resource)) {
      return Json.bytes(Conversions.shown(resource, tree().put("apiVersion", resource.type().apiVersion())));
    }
    boolean conforms = shown == null || shown.equals(schema);
    if (conforms && resource.type().apiVersion().equals(resource.storedApiVersion())) {
      return json;
    }
    ObjectNode tree = tree().put("apiVersion", resource.type().apiVersion());
    if (shown != null && !conforms) {
      shown.shape(tree);
    }
    return Json.bytes(tree);
  }

  /** The bytes in a list, where the API server names the type of built-in objects once, in the list's own kind. */
  public byte[] itemFor(Resource resource) {
    byte[] whole = jsonFor(resource);
    byte[] type = "{\"apiVersion\":\"%s\",\"kind\":\"%s\",".formatted(resource.type().apiVersion(), resource.type().kind())
        .getBytes(StandardCharsets.UTF_8);
    if (resource.isCustom() || whole.length < type.length || !Arrays.equals(whole, 0, type.length, type, 0, type.length)) {
      return whole;
    }
    byte[] item = Arrays.copyOfRange(whole, type.length - 1, whole.length);
    item[0] = '{';
    return item;
  }
}
