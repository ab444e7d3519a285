package io.kooper.test.patch;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Shape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A request for server-side apply: what a manager wants an object to be.
 *
 * @param object what it wants
 * @param force whether it takes fields from others
 */
public record Apply(ObjectNode object, FieldOwners.Manager manager, boolean force) {

  public static final String MEDIA_TYPE = "application/apply-patch+yaml";
  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  /**
   * Understands a request.
   *
   * @throws StatusException 400 for a body that cannot be applied there
   */
  public static Apply of(
      Resource resource, @Nullable String subresource, byte[] body, String manager, boolean force) {
    ObjectNode object = read(body);
    ResourceType type = resource.typeAt(subresource);
    String apiVersion = object.path("apiVersion").asString("");
    String kind = object.path("kind").asString("");
    if (!apiVersion.equals(type.apiVersion()) || !kind.equals(type.kind())) {
      throw Statuses.badRequest("invalid object type: %s%s, Kind=%s".formatted(
          apiVersion.contains("/") ? "" : "/", apiVersion, kind));
    }
    if (!object.at("/metadata/managedFields").isMissingNode()) {
      throw Statuses.badRequest("metadata.managedFields must be nil");
    }
    return new Apply(object, new FieldOwners.Manager(manager, true, resource.type().apiVersion(), subresource), force);
  }

  /**
   * The part that is applied.
   *
   * @throws StatusException 500, as from the API server, when the object is not what its schema says
   */
  public ObjectNode checkedPart(Resource resource) {
    String subresource = manager.subresource();
    ResourceType type = resource.typeAt(subresource);
    String kind = (type.group().isEmpty() ? "/" : "") + type.apiVersion() + ", Kind=" + type.kind();
    String shown = "(%s/%s; %s)".formatted( // as it was sent
        object.at("/metadata/namespace").asString(""), object.at("/metadata/name").asString(""), kind);
    String wrong = Typing.problem(object, resource.shapeAt(subresource));
    if (wrong != null) {
      throw Statuses.unapplied("failed to create typed patch object " + shown + ": " + wrong);
    }
    String unread = resource.kind() == null || "scale".equals(subresource) ? null
        : resource.kind().schema().read(object.deepCopy()).error();
    if (unread != null) {
      throw Statuses.unapplied("failed to convert new object " + shown + " to proper version: unable to convert unstructured"
          + " object to " + kind + ": " + unread.replaceFirst("Go struct field \\S+ of", "Go value of")); // of no struct there
    }
    return part(resource);
  }

  /** The part that is applied: an object without its status, or the status only, or the wanted number of replicas. */
  ObjectNode part(Resource resource) {
    ObjectNode part = object.deepCopy();
    String subresource = manager.subresource();
    if (subresource == null) {
      return resource.type().statusSubresource() ? part.without("status") : part;
    }
    return part.retain("scale".equals(subresource) ? "spec" : "status");
  }

  /**
   * Merges what is wanted into what is there, which it changes: objects by their members, lists by their parts, in the
   * order of those that are wanted. Null stands for an empty one.
   */
  static JsonNode merge(@Nullable JsonNode present, JsonNode wanted, Shape shape) {
    if (wanted instanceof ObjectNode change && !shape.isAtomic()) {
      ObjectNode target = present instanceof ObjectNode object ? object : Json.object();
      change.forEachEntry((name, value) -> target.set(name, merge(target.get(name), value, shape.member(name))));
      return target;
    }
    if (wanted instanceof ArrayNode change && Fields.isMerged(shape)) {
      return mergeLists(present instanceof ArrayNode array ? array : Json.array(), change, shape);
    }
    return wanted.isNull() && present != null && Fields.isMerged(present, shape) ? present : wanted;
  }

  private static ArrayNode mergeLists(ArrayNode present, ArrayNode wanted, Shape shape) {
    Map<String, JsonNode> parts = new LinkedHashMap<>();
    wanted.forEach(part -> parts.put(Fields.key(part, shape), part));
    Map<String, JsonNode> before = new LinkedHashMap<>();
    present.forEach(part -> before.put(Fields.key(part, shape), part));
    Deque<String> rest = new ArrayDeque<>(before.keySet());
    Deque<String> shared = new ArrayDeque<>(parts.keySet());
    shared.retainAll(before.keySet());
    ArrayNode merged = Json.array();
    parts.forEach((key, part) -> {
      // the parts that nobody mentions stay before the next one that both have; of those the wanted order holds
      while (!rest.isEmpty() && !rest.element().equals(shared.peek())) {
        addUnless(parts, rest.remove(), before, merged);
      }
      merged.add(merge(before.get(key), part, shape.items()));
      if (key.equals(shared.peek())) {
        shared.remove();
        rest.remove(key);
      }
    });
    rest.forEach(key -> addUnless(parts, key, before, merged));
    return merged;
  }

  private static void addUnless(
      Map<String, JsonNode> wanted, String key, Map<String, JsonNode> before, ArrayNode merged) {
    if (!wanted.containsKey(key)) {
      merged.add(before.get(key));
    }
  }

  private static ObjectNode read(byte[] body) {
    JsonNode node;
    try {
      node = YAML.readTree(new String(body, StandardCharsets.UTF_8));
    } catch (JacksonException e) {
      throw Statuses.badRequest("error decoding YAML: " + e.getOriginalMessage());
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    if (node.isMissingNode() || node.isNull()) {
      return Json.object();
    }
    throw Statuses.badRequest("error decoding YAML: error unmarshaling JSON: while decoding JSON: "
        + Patches.mismatch(node, "map[string]interface {}"));
  }
}
