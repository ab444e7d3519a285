package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a definition's schema has to be itself: structural, with lists and defaults that make sense. */
final class DefinitionRules {

  private static final List<String> TYPES = List.of("array", "boolean", "integer", "number", "object", "string");
  private static final List<String> LIST_TYPES = List.of("atomic", "set", "map");
  private static final String LIST_TYPE = "x-kubernetes-list-type";
  private static final String MAP_KEYS = "x-kubernetes-list-map-keys";

  private enum Level {
    ROOT("at the root"), ITEM("for specified array items"), FIELD("for specified object fields");

    private final String where;

    Level(String where) {
      this.where = where;
    }
  }

  private final List<Problem> problems = new ArrayList<>();

  private DefinitionRules() {}

  /** @param path where the schema is in its definition */
  static List<Problem> problems(JsonNode schema, String path) {
    DefinitionRules rules = new DefinitionRules();
    rules.check(schema, path, Level.ROOT);
    if (rules.problems.isEmpty()) {
      rules.checkDefaults(schema, path);
    }
    return rules.problems;
  }

  private void check(JsonNode schema, String path, Level level) {
    String type = schema.path("type").asString("");
    boolean open = schema.path("x-kubernetes-int-or-string").asBoolean(false)
        || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false);
    if (type.isEmpty() && !open) {
      problems.add(Problem.required(path + ".type", "must not be empty " + level.where));
    } else if (!type.isEmpty() && !TYPES.contains(type)) {
      unsupported(path + ".type", type, TYPES);
    } else if (level == Level.ROOT && !type.isEmpty() && !type.equals("object")) {
      problems.add(Problem.invalid(path + ".type", Go.quote(type), "must be object at the root"));
    }
    if (type.equals("array") && !schema.path("items").isObject()) {
      problems.add(Problem.required(path + ".items", "must be specified"));
    }
    checkForbidden(schema, path);
    checkList(schema, path, type);
    if (schema.path("items").isObject()) {
      check(schema.path("items"), path + ".items", Level.ITEM);
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      boolean meta = level == Level.ROOT && property.getKey().equals("metadata");
      if (!meta) {
        check(property.getValue(), path + ".properties[" + property.getKey() + "]", Level.FIELD);
      }
    }
    if (schema.path("additionalProperties").isObject()) {
      check(schema.path("additionalProperties"), path + ".additionalProperties", Level.FIELD);
    }
    boolean mixed = schema.path("x-kubernetes-int-or-string").asBoolean(false);
    for (String name : List.of("allOf", "anyOf", "oneOf")) {
      int index = 0;
      for (JsonNode part : schema.path(name)) {
        checkNested(part, path + "." + name + "[" + index++ + "]", mixed);
      }
    }
    if (schema.path("not").isObject()) {
      checkNested(schema.path("not"), path + ".not", false);
    }
  }

  private void checkForbidden(JsonNode schema, String path) {
    if (schema.path("uniqueItems").asBoolean(false)) {
      problems.add(Problem.forbidden(path + ".uniqueItems",
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
    }
    for (String name : List.of("additionalItems", "patternProperties", "definitions", "dependencies", "$ref")) {
      if (schema.has(name)) {
        problems.add(Problem.forbidden(path + "." + name, name + " is not supported"));
      }
    }
    JsonNode additional = schema.path("additionalProperties");
    if (!schema.path("properties").isEmpty() && (additional.isObject() || additional.isBoolean()
        && !additional.booleanValue())) {
      problems.add(Problem.forbidden(path + ".additionalProperties",
          "additionalProperties and properties are mutual exclusive"));
    }
    JsonNode preserve = schema.path("x-kubernetes-preserve-unknown-fields");
    if (preserve.isBoolean() && !preserve.booleanValue()) {
      problems.add(Problem.invalid(path + ".x-kubernetes-preserve-unknown-fields", "false",
          "must be true or undefined"));
    }
  }

  private void checkList(JsonNode schema, String path, String type) {
    String listType = schema.path(LIST_TYPE).asString("");
    JsonNode keys = schema.path(MAP_KEYS);
    if (!listType.isEmpty() && !type.equals("array")) {
      problems.add(Problem.invalid(path + ".type", Go.quote(type), "must be array if " + LIST_TYPE + " is specified"));
    }
    if (!listType.isEmpty() && !LIST_TYPES.contains(listType)) {
      unsupported(path + "." + LIST_TYPE, listType, LIST_TYPES);
    }
    if (!keys.isEmpty() && !listType.equals("map")) {
      String why = "must be map if " + MAP_KEYS + " is non-empty";
      problems.add(listType.isEmpty() ? Problem.required(path + "." + LIST_TYPE, why)
          : Problem.invalid(path + "." + LIST_TYPE, Go.quote(listType), why));
    }
    if (!listType.equals("map")) {
      return;
    }
    if (keys.isEmpty()) {
      problems.add(Problem.required(path + "." + MAP_KEYS, "must not be empty if " + LIST_TYPE + " is map"));
    }
    JsonNode items = schema.path("items");
    for (JsonNode key : keys) {
      JsonNode property = items.path("properties").path(key.asString(""));
      String name = key.asString("");
      boolean required = items.path("required").valueStream().anyMatch(key::equals);
      if (property.isMissingNode()) {
        problems.add(Problem.invalid(path + "." + MAP_KEYS, Go.json(keys), "entries must all be names of item properties"));
      } else if (!required && !property.has("default")) {
        problems.add(Problem.required(path + ".items.properties[" + name + "].default",
            "this property is in " + MAP_KEYS + ", so it must have a default or be a required property"));
      }
    }
  }

  private void checkNested(JsonNode schema, String path, boolean typed) {
    if (!typed && schema.has("type")) {
      problems.add(Problem.forbidden(path + ".type", "must be empty to be structural"));
    }
    for (String name : List.of("default", "additionalProperties", LIST_TYPE)) {
      if (schema.has(name)) {
        problems.add(Problem.forbidden(path + "." + name, "must be undefined to be structural"));
      }
    }
    for (String name : List.of("title", "description", "x-kubernetes-validations")) {
      if (schema.has(name)) {
        problems.add(Problem.forbidden(path + "." + name, "must be empty to be structural"));
      }
    }
    for (String name : List.of("nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string")) {
      if (schema.path(name).asBoolean(false)) {
        problems.add(Problem.forbidden(path + "." + name, "must be false to be structural"));
      }
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      checkNested(property.getValue(), path + ".properties[" + property.getKey() + "]", false);
    }
    if (schema.path("items").isObject()) {
      checkNested(schema.path("items"), path + ".items", false);
    }
    for (String name : List.of("allOf", "anyOf", "oneOf")) {
      int index = 0;
      for (JsonNode part : schema.path(name)) {
        checkNested(part, path + "." + name + "[" + index++ + "]", typed);
      }
    }
  }

  private void checkDefaults(JsonNode schema, String path) {
    SchemaNode node = SchemaNode.of(schema);
    if (node.defaultValue != null) {
      JsonNode pruned = node.defaultValue.deepCopy();
      if (!Pruning.prunePart(node, pruned).isEmpty()) {
        problems.add(Problem.invalid(path + ".default", Go.value(node.defaultValue), "must not have unknown fields"));
      }
      problems.addAll(SchemaWalk.walk(node, "", node.defaultValue, null).problems(path + ".default"));
    }
    if (schema.path("items").isObject()) {
      checkDefaults(schema.path("items"), path + ".items");
    }
    schema.path("properties").properties().forEach(property ->
        checkDefaults(property.getValue(), path + ".properties[" + property.getKey() + "]"));
  }

  private void unsupported(String path, String value, List<String> supported) {
    problems.add(new Problem("FieldValueNotSupported", path, Problem.body("Unsupported value", Go.quote(value),
        "supported values: " + String.join(", ", supported.stream().map(Go::quote).toList()))));
  }
}
