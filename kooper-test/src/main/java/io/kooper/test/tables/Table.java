package io.kooper.test.tables;

import io.kooper.test.json.Json;
import io.kooper.test.kinds.Kinds;
import io.kooper.test.types.Resource;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Objects of a type as a {@code Table}, with as much of each object as the client wants. */
public final class Table {

  /** How much of an object stands beside its cells. */
  public enum Include { NONE, METADATA, OBJECT }

  private static final Map<String, JsonNode> BUILT_IN = Kinds.columns();

  /** The columns of a type of which nothing else is said. */
  private static final ArrayNode USUAL = columns(column("Age", "date", ".metadata.creationTimestamp"));

  private final Resource resource;
  private final Include include;
  private final String apiVersion;
  private final ArrayNode columns;

  /** @param apiVersion its own, {@code meta.k8s.io/v1} or an older one of the same form */
  public Table(Resource resource, Include include, String apiVersion) {
    this.resource = resource;
    this.include = include;
    this.apiVersion = apiVersion;
    String name = resource.type().group() + "_" + resource.type().version() + "_" + resource.type().plural();
    JsonNode known = resource.kind() == null ? null : BUILT_IN.get(name);
    this.columns = known instanceof ArrayNode array ? array
        : resource.printerColumns().isEmpty() ? USUAL : columns(resource.printerColumns());
  }

  private static ArrayNode columns(JsonNode printerColumns) {
    ArrayNode columns = Json.array();
    columns.addObject().put("name", "Name").put("type", "string").put("format", "name").put("priority", 0);
    for (JsonNode one : printerColumns) {
      columns.addObject().put("name", one.path("name").asString("")).put("type", one.path("type").asString(""))
          .put("format", one.path("format").asString("")).put("priority", one.path("priority").asInt(0))
          .put("description", one.path("description").asString("Custom resource definition column (in JSONPath format): "
              + one.path("jsonPath").asString(""))).put("jsonPath", one.path("jsonPath").asString(""));
    }
    return columns;
  }

  private static ArrayNode column(String name, String type, String path) {
    ArrayNode one = Json.array();
    one.addObject().put("name", name).put("type", type).put("jsonPath", path);
    return one;
  }

  /**
   * A table of objects.
   *
   * @param metadata that of the list, or of the one object
   * @param headed whether it says what its columns are; a watch says it once
   */
  public ObjectNode of(List<ObjectNode> objects, ObjectNode metadata, boolean headed) {
    ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", apiVersion);
    table.set("metadata", metadata);
    if (headed) {
      ArrayNode definitions = table.putArray("columnDefinitions");
      columns.forEach(column -> definitions.addObject().put("name", column.path("name").asString(""))
          .put("type", column.path("type").asString("")).put("format", column.path("format").asString(""))
          .put("description", column.path("description").asString("")).put("priority", column.path("priority").asInt(0)));
    } else {
      table.putNull("columnDefinitions");
    }
    ArrayNode rows = table.putArray("rows");
    Instant now = Instant.now();
    objects.forEach(object -> {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      columns.forEach(column -> cells.add(cell(column, object, now)));
      row.set("object", shown(object));
    });
    return table;
  }

  private JsonNode shown(ObjectNode object) {
    return switch (include) {
      case NONE -> NullNode.instance;
      case OBJECT -> object;
      case METADATA -> Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", apiVersion)
          .set("metadata", object.path("metadata"));
    };
  }

  private JsonNode cell(JsonNode column, ObjectNode object, Instant now) {
    if (resource.kind() != null) {
      return Cells.cell(resource.type().qualifiedName(), column, object, now);
    }
    String path = column.path("jsonPath").asString(".metadata.name");
    List<JsonNode> found = JsonPath.find(object, path);
    return found.isEmpty() ? NullNode.instance : typed(column.path("type").asString(""), found.get(0), now);
  }

  /** A value in a column of a definition; null where it is of another type. */
  private static JsonNode typed(String type, JsonNode value, Instant now) {
    @Nullable JsonNode cell = switch (type) {
      case "integer" -> value.isNumber() ? LongNode.valueOf(value.longValue()) : null;
      case "number" -> value.isNumber() ? DoubleNode.valueOf(value.doubleValue()) : null;
      case "boolean" -> value.isBoolean() ? BooleanNode.valueOf(value.booleanValue()) : null;
      case "date" -> value.isString() ? StringNode.valueOf(Ages.since(value.stringValue(), now)) : null;
      default -> value.isNull() ? null : StringNode.valueOf(value.isValueNode() ? value.asString("") : value.toString());
    };
    return cell == null ? NullNode.instance : cell;
  }
}
