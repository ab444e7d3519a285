package io.kooper.test.kinds;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The schemas of built-in kinds, and of all that they are made of, as a document of OpenAPI has them, without descriptions. */
public final class OpenApiSchemas {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String METADATA = "apimachinery.pkg.apis.meta.v1.ObjectMeta";
  private static final Map<String, String> TEXTS = Map.of("apimachinery.pkg.api.resource.Quantity", "",
      "apimachinery.pkg.apis.meta.v1.Time", "date-time", "apimachinery.pkg.apis.meta.v1.MicroTime", "date-time",
      "apimachinery.pkg.util.intstr.IntOrString", "int-or-string");

  private final String references;
  private final Map<String, ObjectNode> schemas = new TreeMap<>();

  /** @param references where the document has its schemas, such as {@code #/definitions/} */
  public OpenApiSchemas(String references) {
    this.references = references;
  }

  /** Adds a built-in kind. */
  public void add(KindInfo kind) {
    Struct struct = kind.schema().struct();
    add(struct.name());
    ObjectNode schema = schemas.get("io.k8s." + struct.name());
    if (schema != null) {
      name(schema, kind.group(), kind.version(), kind.kind());
    }
  }

  /** Adds a kind of a definition, by its own schema. */
  public void add(String group, String version, String kind, ObjectNode schema) {
    ObjectNode own = schema.deepCopy();
    ObjectNode properties = own.withObjectProperty("properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    properties.set("metadata", reference(METADATA));
    name(own, group, version, kind);
    StringBuilder name = new StringBuilder();
    for (String part : group.split("\\.")) {
      name.insert(0, part + ".");
    }
    schemas.put(name + version + "." + kind, own);
  }

  /** All of them, by their names. */
  public ObjectNode all() {
    return JSON.objectNode().setAll(schemas);
  }

  private static void name(ObjectNode schema, String group, String version, String kind) {
    schema.withArrayProperty("x-kubernetes-group-version-kind").addObject().put("group", group).put("version", version)
        .put("kind", kind);
  }

  private void add(String name) {
    String full = "io.k8s." + name;
    if (schemas.containsKey(full)) {
      return;
    }
    ObjectNode schema = JSON.objectNode();
    schemas.put(full, schema); // before its fields: some types hold themselves
    String format = TEXTS.get(name);
    if (format != null) {
      schema.put("type", "string");
      if (!format.isEmpty()) {
        schema.put("format", format);
      }
    } else if (Struct.isOpen(name)) {
      schema.put("type", "object");
    } else {
      Struct struct = Struct.named(name);
      schema.put("type", "object");
      ObjectNode properties = JSON.objectNode();
      struct.fields().forEach((field, is) -> properties.set(field, schema(is)));
      if (!properties.isEmpty()) {
        schema.set("properties", properties);
      }
      if (!struct.required().isEmpty()) {
        ArrayNode required = schema.putArray("required");
        struct.required().stream().sorted().forEach(required::add);
      }
    }
  }

  private ObjectNode reference(String name) {
    add(name);
    return JSON.objectNode().put("$ref", references + "io.k8s." + name);
  }

  private ObjectNode schema(@Nullable Field field) {
    if (field == null) {
      return JSON.objectNode();
    }
    ObjectNode schema = switch (field.form()) {
      case LIST -> JSON.objectNode().put("type", "array").set("items", schema(field.of()));
      case MAP -> JSON.objectNode().put("type", "object").set("additionalProperties", schema(field.of()));
      case STRING -> typed("string", "");
      case INTEGER -> typed("integer", field.scalar());
      case NUMBER -> typed("number", "double");
      case BOOLEAN -> typed("boolean", "");
      case BYTES -> typed("string", "byte");
      default -> field.scalar().contains(".") ? reference(field.scalar()) : typed("object", "");
    };
    texts(schema, "enum", field.enumeration());
    put(schema, "x-kubernetes-list-type", field.listType());
    texts(schema, "x-kubernetes-list-map-keys", field.keys());
    put(schema, "x-kubernetes-patch-strategy", field.patch());
    put(schema, "x-kubernetes-patch-merge-key", field.patchKey() == null ? "" : field.patchKey());
    return schema;
  }

  private static ObjectNode typed(String type, String format) {
    ObjectNode schema = JSON.objectNode().put("type", type);
    put(schema, "format", format);
    return schema;
  }

  private static void put(ObjectNode schema, String name, String value) {
    if (!value.isEmpty()) {
      schema.put(name, value);
    }
  }

  private static void texts(ObjectNode schema, String name, Iterable<String> values) {
    for (String value : values) {
      schema.withArrayProperty(name).add(value);
    }
  }
}
