package io.kooper.test.write;

import io.kooper.test.patch.FieldOwners;
import io.kooper.test.patch.Fields;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Scale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Who owns which fields of an object after a write that is no apply. */
final class Ownership {

  private static final Set<String> UNTRACKED = Set.of("binding", "eviction"); // as there

  /** What admission gives each pod; two tolerations are among it. */
  private static final Set<String> ADMITTED =
      Set.of("f:spec\nf:priority", "f:spec\nf:preemptionPolicy", "f:spec\nf:tolerations");

  private Ownership() {}

  /** What belongs to the client that creates an object: not its status, nor what admission adds. */
  static FieldOwners created(Resource resource, ObjectNode object, FieldOwners.Manager manager) {
    ObjectNode own = object;
    if (resource.type().statusSubresource()) {
      own = object.deepCopy().without("status");
    }
    Set<String> fields = Fields.created(own, resource.shape());
    if (resource.is("pods")) {
      fields.removeIf(ADMITTED::contains);
      if (object.at("/spec/tolerations").size() > 2) {
        fields.add("f:spec\nf:tolerations");
      }
    }
    return FieldOwners.of(manager, fields);
  }

  /** What an update leaves to whom; null if that is not known of this object. */
  static @Nullable ArrayNode updated(Resource resource, FieldOwners.Manager manager, ObjectNode before, ObjectNode after) {
    JsonNode given = after.path("metadata").get("managedFields");
    JsonNode known = given != null ? given : before.at("/metadata/managedFields");
    FieldOwners owners = FieldOwners.read(known);
    if (owners.isEmpty()) {
      return null;
    }
    Scale scale = "scale".equals(manager.subresource()) ? resource.scale() : null;
    // of a scale, too, it is not known any more who owns it once nobody does
    if (!UNTRACKED.contains(String.valueOf(manager.subresource())) && (scale == null || owners.isOwned(scale.field()))) {
      Map<String, JsonNode> now = Fields.of(after, resource.shape());
      if (scale != null && after.at(scale.specReplicas()).asInt(0) == 0) {
        now.remove(scale.field()); // a scale says nothing of a zero
      }
      owners.written(manager, Fields.of(before, resource.shape()), now);
    }
    return owners.write(Writes.now());
  }
}
