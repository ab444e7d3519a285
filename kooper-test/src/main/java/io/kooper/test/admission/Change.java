package io.kooper.test.admission;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.types.Resource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What somebody wants to do, for webhooks.
 *
 * @param resource the type of the request's path
 * @param namespace empty for none
 * @param name empty while it is not known
 * @param operation CREATE, UPDATE or DELETE
 * @param object what is wanted, null for a deletion
 * @param old what is there, null for a creation
 */
public record Change(Resource resource, @Nullable String subresource, String namespace, String name, String operation,
    @Nullable ObjectNode object, @Nullable ObjectNode old) {

  /** A new object. */
  public static Change create(Resource resource, String namespace, String name, ObjectNode object) {
    return new Change(resource, null, namespace, name, "CREATE", object, null);
  }

  /** What is posted at a subresource of an object, such as an eviction. */
  public static Change action(Resource resource, String subresource, String namespace, String name, ObjectNode posted) {
    Change change = new Change(resource, subresource, namespace, name, "CREATE", posted, null);
    posted.put("apiVersion", change.kind().apiVersion()).put("kind", change.kind().kind());
    Json.metadata(posted).put("namespace", namespace);
    return change;
  }

  /** Another state of an object, or of what a subresource shows of it. */
  public static Change update(
      Resource resource, @Nullable String subresource, String namespace, String name, ObjectNode object, ObjectNode old) {
    return new Change(resource, subresource, namespace, name, "UPDATE", object, old);
  }

  /** The end of an object. */
  public static Change delete(Resource resource, String namespace, String name, ObjectNode old) {
    return new Change(resource, null, namespace, name, "DELETE", null, old);
  }

  Change with(ObjectNode other) {
    return new Change(resource, subresource, namespace, name, operation, other, old);
  }

  /** Of which type the object is: another than the resource for some subresources. */
  ResourceType kind() {
    JsonNode sub = resource.kind() == null || subresource == null ? null : resource.kind().subresources().get(subresource);
    if (sub == null) {
      return resource.typeAt(subresource);
    }
    ResourceType type = resource.type();
    return ResourceType.of(sub.path("group").asString(type.group()), sub.path("version").asString(type.version()),
        sub.path("kind").asString(type.kind()), type.plural(), type.namespaced());
  }

  boolean isOfOwnKind() {
    return kind().kind().equals(resource.type().kind());
  }
}
