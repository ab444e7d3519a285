package io.kooper.test.write;

import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.KindSchema;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.CustomSchema;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Refuses objects that are not what their schema says. Under the store's lock. */
final class Validation {

  private static final Set<String> KEPT_AS_JSON = Set.of(Crds.GROUP, "apiregistration.k8s.io");

  private Validation() {}

  /** @throws StatusException 422 that names everything that is wrong */
  static void created(Resource resource, String name, ObjectNode object) {
    CustomSchema schema = resource.schema();
    List<Problem> problems = Names.problems(resource, object.path("metadata"));
    problems.addAll(MetadataRules.problems(resource, object));
    if (resource.kind() != null) {
      problems.addAll(storedKind(resource).problems(object));
      problems.addAll(resource.kind().schema().createdProblems(object));
    }
    if (schema != null) {
      problems.addAll(schema.created(object));
    }
    refuse(resource, name, problems);
  }

  /** @throws StatusException 422 that names everything that is wrong and was not so before */
  static void updated(
      Resource resource, String name, @Nullable String subresource, ObjectNode object, ObjectNode old) {
    CustomSchema schema = resource.schema();
    List<Problem> problems = new ArrayList<>();
    if (subresource == null && !object.path("metadata").equals(old.path("metadata"))) {
      problems.addAll(MetadataRules.changed(resource, object));
    }
    if (resource.kind() != null) {
      KindSchema kind = storedKind(resource);
      problems.addAll(switch (subresource == null ? "" : subresource) {
        case "", "scale" -> kind.changed(object, old);
        case "status" -> kind.statusProblems(object);
        case "resize" -> kind.resizeProblems(object, old);
        case "ephemeralcontainers" -> kind.ephemeralProblems(object, old);
        default -> List.of();
      });
    }
    if (schema != null) {
      problems.addAll("status".equals(subresource) ? schema.statusUpdated(object, old) : schema.updated(object, old));
    }
    refuse(resource, name, problems);
  }

  /** What a client is told of an object with which nothing is wrong. */
  static List<String> warnings(Resource resource, @Nullable String subresource, ObjectNode object) {
    return resource.kind() == null || subresource != null ? List.of() : storedKind(resource).warnings(object);
  }

  /** The kind in whose form an object is kept. */
  private static KindSchema storedKind(Resource resource) {
    return Conversions.stored(resource);
  }

  /** Makes an object what is read back of it; what is kept as JSON stays as it is. */
  static ObjectNode store(Resource resource, ObjectNode object) {
    if (resource.kind() != null && !KEPT_AS_JSON.contains(resource.type().group())) {
      storedKind(resource).store(object);
    }
    return object;
  }

  /** Makes an object that was applied what its schema says of it, without a word. */
  static ObjectNode applied(Resource resource, @Nullable String subresource, ObjectNode object) {
    if (resource.schema() != null && !"scale".equals(subresource)) {
      resource.schema().complete(object); // with its nulls, which may be refused
    }
    if (resource.kind() != null && !"scale".equals(subresource)) {
      resource.kind().schema().read(object);
      resource.kind().schema().complete(object);
    }
    return object;
  }

  /** As {@link #applied}, of what somebody has made of an object that was read already. */
  static ObjectNode reshape(Resource resource, @Nullable String subresource, ObjectNode object) {
    if (resource.kind() != null && !"scale".equals(subresource)) {
      String error = resource.kind().schema().read(object).error();
      if (error != null) {
        throw Statuses.internal(error);
      }
    }
    if (resource.schema() != null && !"scale".equals(subresource)) {
      resource.schema().shape(object);
    }
    return applied(resource, subresource, object);
  }

  /** Whether a change counts: that of a spec, and of a custom resource that of anything but its metadata. */
  static boolean isOtherWanted(Resource resource, ObjectNode before, ObjectNode after) {
    if (resource.is("deployments.apps") && !before.at("/metadata/annotations").equals(after.at("/metadata/annotations"))) {
      return true;
    }
    return resource.isCustom() ? !before.deepCopy().without("metadata").equals(after.deepCopy().without("metadata"))
        : !Objects.equals(after.get("spec"), before.get("spec"));
  }

  private static void refuse(Resource resource, String name, List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw Statuses.invalid(resource.storedType(), name, problems);
    }
  }
}
