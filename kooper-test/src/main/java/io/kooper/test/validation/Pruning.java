package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Removes what a schema does not know, and says what it was. */
final class Pruning {

  private static final Set<String> RESOURCE = Set.of("apiVersion", "kind", "metadata");
  private static final Set<String> METADATA = Set.of("annotations", "creationTimestamp", "deletionGracePeriodSeconds",
      "deletionTimestamp", "finalizers", "generateName", "generation", "labels", "managedFields", "name", "namespace",
      "ownerReferences", "resourceVersion", "selfLink", "uid");

  private final List<String> unknown = new ArrayList<>();

  private Pruning() {}

  /** The paths of what was removed, sorted. */
  static List<String> prune(SchemaNode schema, ObjectNode object) {
    Pruning pruning = new Pruning();
    pruning.prune(object, schema, "", true);
    Collections.sort(pruning.unknown);
    return pruning.unknown;
  }

  /** As {@link #prune}, of a part of an object. */
  static List<String> prunePart(SchemaNode schema, JsonNode part) {
    Pruning pruning = new Pruning();
    pruning.prune(part, schema, "", false);
    return pruning.unknown;
  }

  private void prune(JsonNode value, @Nullable SchemaNode schema, String path, boolean root) {
    if (value instanceof ObjectNode object) {
      boolean resource = root || schema != null && schema.embedded;
      boolean keep = schema != null && schema.preserveUnknown;
      object.propertyNames().stream().toList().forEach(name -> {
        JsonNode member = object.get(name);
        String at = path.isEmpty() ? name : path + "." + name;
        SchemaNode known = schema == null ? null : schema.properties.get(name);
        if (resource && RESOURCE.contains(name)) {
          if (name.equals("metadata") && member instanceof ObjectNode metadata) {
            pruneMetadata(metadata, at);
          }
        } else if (known != null) {
          prune(member, known, at, false);
        } else if (schema != null && schema.additional != null) {
          prune(member, schema.additional, at, false);
        } else if (schema == null || !keep && !schema.additionalAllowed) {
          object.remove(name);
          unknown.add(at);
        }
      });
    } else if (value instanceof ArrayNode array) {
      SchemaNode items = schema == null ? null : schema.items;
      if (schema == null || !schema.preserveUnknown || items != null) {
        for (int i = 0; i < array.size(); i++) {
          prune(array.get(i), items, path + "[" + i + "]", false);
        }
      }
    }
  }

  private void pruneMetadata(ObjectNode metadata, String path) {
    metadata.propertyNames().stream().filter(name -> !METADATA.contains(name)).toList().forEach(name -> {
      metadata.remove(name);
      unknown.add(path + "." + name);
    });
  }
}
