package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** One place of a schema, read once. Immutable. */
final class SchemaNode {

  final String type; // empty if the schema names none
  final List<String> types; // what a value may be; empty if that is open
  final String format; // empty if there is none, or none that is checked
  final boolean nullable;
  final boolean intOrString;
  final boolean preserveUnknown;
  final boolean embedded;
  final Map<String, SchemaNode> properties;
  final @Nullable SchemaNode additional;
  final boolean additionalForbidden;
  final boolean additionalAllowed;
  final @Nullable SchemaNode items;
  final List<String> required;
  final List<JsonNode> enumeration;
  final List<SchemaNode> allOf;
  final List<SchemaNode> anyOf;
  final List<SchemaNode> oneOf;
  final @Nullable SchemaNode not;
  final @Nullable JsonNode defaultValue;
  final @Nullable String pattern;
  final @Nullable Pattern compiledPattern; // null if there is none, or if only we cannot compile it
  final @Nullable Double minimum;
  final @Nullable Double maximum;
  final boolean exclusiveMinimum;
  final boolean exclusiveMaximum;
  final @Nullable Double multipleOf;
  final @Nullable Long minLength;
  final @Nullable Long maxLength;
  final @Nullable Long minItems;
  final @Nullable Long maxItems;
  final @Nullable Long minProperties;
  final @Nullable Long maxProperties;
  final boolean uniqueItems;
  final String listType;
  final List<String> listMapKeys;
  final JsonNode rules; // x-kubernetes-validations, missing if there are none

  private SchemaNode(JsonNode schema) {
    type = schema.path("type").asString("");
    intOrString = flag(schema, "x-kubernetes-int-or-string");
    types = intOrString ? List.of("integer", "string") : type.isEmpty() ? List.of() : List.of(type);
    format = Formats.known(types, schema.path("format").asString(""));
    nullable = flag(schema, "nullable");
    preserveUnknown = flag(schema, "x-kubernetes-preserve-unknown-fields");
    embedded = flag(schema, "x-kubernetes-embedded-resource");
    properties = new LinkedHashMap<>();
    schema.path("properties").properties().forEach(p -> properties.put(p.getKey(), new SchemaNode(p.getValue())));
    JsonNode more = schema.path("additionalProperties");
    additional = more.isObject() ? new SchemaNode(more) : null;
    additionalForbidden = more.isBoolean() && !more.booleanValue();
    additionalAllowed = more.isBoolean() && more.booleanValue();
    items = schema.path("items").isObject() ? new SchemaNode(schema.path("items")) : null;
    required = texts(schema.path("required"));
    enumeration = schema.path("enum").valueStream().toList();
    allOf = nodes(schema.path("allOf"));
    anyOf = nodes(schema.path("anyOf"));
    oneOf = nodes(schema.path("oneOf"));
    not = schema.path("not").isObject() ? new SchemaNode(schema.path("not")) : null;
    JsonNode value = schema.get("default");
    defaultValue = value == null || value.isNull() ? null : value;
    String text = schema.path("pattern").asString("");
    pattern = text.isEmpty() ? null : text;
    compiledPattern = text.isEmpty() ? null : compile(text);
    minimum = number(schema, "minimum");
    maximum = number(schema, "maximum");
    exclusiveMinimum = flag(schema, "exclusiveMinimum");
    exclusiveMaximum = flag(schema, "exclusiveMaximum");
    multipleOf = number(schema, "multipleOf");
    minLength = count(schema, "minLength");
    maxLength = count(schema, "maxLength");
    minItems = count(schema, "minItems");
    maxItems = count(schema, "maxItems");
    minProperties = count(schema, "minProperties");
    maxProperties = count(schema, "maxProperties");
    uniqueItems = flag(schema, "uniqueItems");
    listType = schema.path("x-kubernetes-list-type").asString("");
    listMapKeys = texts(schema.path("x-kubernetes-list-map-keys"));
    rules = schema.path("x-kubernetes-validations");
  }

  static SchemaNode of(JsonNode schema) {
    return new SchemaNode(schema);
  }

  /** A place that is said in code. */
  static SchemaNode typed(String type, Map<String, SchemaNode> properties) {
    SchemaNode node = new SchemaNode(JsonNodeFactory.instance.objectNode().put("type", type));
    node.properties.putAll(properties);
    return node;
  }

  /** What is known of a member, null if nothing. */
  @Nullable SchemaNode member(String name) {
    SchemaNode property = properties.get(name);
    return property == null ? additional : property;
  }

  /** Adds what the patterns here and below are that only we cannot compile. */
  void uncheckedPatterns(String path, List<String> unchecked) {
    if (pattern != null && compiledPattern == null) {
      unchecked.add("the pattern " + pattern + " at openAPIV3Schema" + path);
    }
    properties.forEach((name, property) -> property.uncheckedPatterns(path + ".properties[" + name + "]", unchecked));
    if (items != null) {
      items.uncheckedPatterns(path + ".items", unchecked);
    }
    if (additional != null) {
      additional.uncheckedPatterns(path + ".additionalProperties", unchecked);
    }
  }

  private static @Nullable Pattern compile(String pattern) {
    try {
      return GoPattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      return null;
    }
  }

  private static boolean flag(JsonNode schema, String name) {
    return schema.path(name).asBoolean(false);
  }

  private static @Nullable Double number(JsonNode schema, String name) {
    JsonNode value = schema.path(name);
    return value.isNumber() ? value.doubleValue() : null;
  }

  private static @Nullable Long count(JsonNode schema, String name) {
    JsonNode value = schema.path(name);
    return value.isNumber() ? value.longValue() : null;
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(text -> text.asString("")).toList();
  }

  private static List<SchemaNode> nodes(JsonNode array) {
    List<SchemaNode> nodes = new ArrayList<>();
    array.forEach(node -> nodes.add(new SchemaNode(node)));
    return nodes;
  }
}
