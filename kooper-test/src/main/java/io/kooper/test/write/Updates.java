package io.kooper.test.write;

import io.kooper.test.json.Json;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Resource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The state in which an update leaves an object. */
final class Updates {

  private Updates() {}

  /** The state that is wanted, as it is kept. */
  static ObjectNode next(
      Resource resource, @Nullable String subresource, StoredObject current, ObjectNode before, ObjectNode wanted) {
    ObjectNode after = Validation.store(resource, Conversions.stored(resource, after(resource, subresource, before, wanted)));
    Json.metadata(after).put("resourceVersion", Long.toString(current.version()));
    if (Deletes.isFinal(resource, after)) {
      Json.metadata(after).remove("finalizers"); // those of a namespace, for which nobody waits
    }
    return after;
  }

  private static ObjectNode after(
      Resource resource, @Nullable String subresource, ObjectNode before, ObjectNode wanted) {
    if (subresource == null) {
      return main(resource, before, wanted);
    }
    if (subresource.equals("scale") && resource.scale() != null) {
      return main(resource, before,
          resource.scale().write(before.at("/metadata/name").asString(""), wanted, before.deepCopy()));
    }
    ObjectNode after = before.deepCopy();
    switch (subresource) {
      case "finalize" -> keep(after, wanted, "spec");
      case "resize" -> {
        keep(after, wanted, "spec");
        count(resource, before, after);
      }
      case "ephemeralcontainers" -> {
        keep(after.withObjectProperty("spec"), wanted.withObjectProperty("spec"), "ephemeralContainers");
        count(resource, before, after);
      }
      case "binding" -> { // which is no change of what the pod is to be
        keep(after, wanted, "spec");
        keep(after, wanted, "status");
      }
      default -> keep(after, wanted, "status");
    }
    if (resource.is("pods") && subresource.equals("status")) {
      keep(Json.metadata(after), Json.metadata(wanted), "labels");
      keep(Json.metadata(after), Json.metadata(wanted), "annotations");
    }
    return after;
  }

  /** Everything but what the server owns is the client's; status has its own path where the type has one. */
  private static ObjectNode main(Resource resource, ObjectNode before, ObjectNode wanted) {
    ObjectNode after = wanted;
    after.put("apiVersion", resource.storedApiVersion());
    ObjectNode old = Json.metadata(before);
    ObjectNode metadata = Json.metadata(after);
    for (String owned : new String[] {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "generation", "name", "namespace"}) {
      keep(metadata, old, owned);
    }
    if (resource.type().statusSubresource()) {
      keep(after, before, "status");
    }
    count(resource, before, after);
    return after;
  }

  private static void count(Resource resource, ObjectNode before, ObjectNode after) {
    if (resource.generation() && Validation.isOtherWanted(resource, before, after)) {
      Json.metadata(after).put("generation", before.at("/metadata/generation").asLong(0) + 1);
    }
  }

  private static void keep(ObjectNode target, ObjectNode source, String member) {
    JsonNode value = source.get(member);
    if (value == null) {
      target.remove(member);
    } else {
      target.set(member, value);
    }
  }
}
