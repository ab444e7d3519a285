package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** Checks an object by {@code rules.txt}: each part by the lines of its type. A status is not checked. */
final class Rules {

  /** By the name of the type, in the order of the file. */
  private static final Map<String, List<Rule>> ALL = read();

  private final List<Problem> problems;

  Rules(List<Problem> problems) {
    this.problems = problems;
  }

  private record Rule(String place, List<String> path, String check, String argument) {}

  private static Map<String, List<Rule>> read() {
    Map<String, List<Rule>> all = new HashMap<>();
    for (String line : Data.lines("rules.txt")) {
      String[] parts = line.split(" ", 4);
      all.computeIfAbsent(parts[0], type -> new ArrayList<>())
          .add(new Rule(parts[1], List.of(parts[1].split("\\.")), parts[2], parts.length > 3 ? parts[3] : ""));
    }
    return all;
  }

  void struct(Struct struct, JsonNode object, String path) {
    for (Rule rule : ALL.getOrDefault(struct.simpleName(), List.of())) {
      JsonNode value = object;
      for (String step : rule.path()) {
        value = value.path(step);
      }
      check(rule, object, value, path.isEmpty() ? rule.place() : path + "." + rule.place());
    }
    struct.nested().forEach((name, field) -> {
      JsonNode value = object.get(name);
      if (value != null && !name.equals("metadata") && !(path.isEmpty() && name.equals("status"))) {
        field(field, value, path.isEmpty() ? name : path + "." + name);
      }
    });
  }

  private void field(Field field, JsonNode value, String path) {
    Field of = field.of();
    if (field.form() == Field.Form.STRUCT && value.isObject()) {
      struct(field.struct(), value, path);
    } else if (of != null && value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        field(of, value.get(i), path + "[" + i + "]");
      }
    }
  }

  private void check(Rule rule, JsonNode object, JsonNode value, String path) {
    boolean missing = value.isMissingNode() || value.isNull() || value.isString() && value.stringValue().isEmpty();
    switch (rule.check()) {
      case "required" -> {
        if (missing && !value.isObject() || value.isContainer() && value.isEmpty() || value.isNumber() && value.asInt() == 0) {
          problems.add(Problem.required(path, rule.argument()));
        }
      }
      case "present" -> {
        if (missing) {
          problems.add(Problem.required(path, rule.argument()));
        }
      }
      case "enum!" -> enumeration(value.isMissingNode() ? MissingNode.getInstance() : value, rule.argument(), path);
      case "enum" -> {
        if (!missing) {
          enumeration(value, rule.argument(), path);
        }
      }
      case "enums" -> value.forEach(item -> enumeration(item, rule.argument(), path));
      case "items-enum" -> {
        for (int i = 0; i < value.size(); i++) {
          enumeration(value.get(i), rule.argument(), path + "[" + i + "]");
        }
      }
      case "labels" -> Labels.check(value, path, problems);
      case "choice" -> {
        if (value.isString()) {
          enumeration(value, rule.argument(), path);
        }
      }
      case "each" -> {
        for (int i = 0; i < value.size(); i++) {
          wrong(Checks.check(rule.argument(), "", value.get(i)), value.get(i), path + "[" + i + "]");
        }
      }
      case "each-has" -> {
        for (int i = 0; i < value.size(); i++) {
          if (value.get(i).path(rule.argument()).isEmpty()) {
            problems.add(Problem.required(path + "[" + i + "]." + rule.argument(), "must contain at least 1 address"));
          }
        }
      }
      case "present-port" -> wrong(Checks.check("port-or-name", "", value), value, path);
      case "given-subdomain", "given-label-key" -> {
        if (value.isString()) {
          wrong(Checks.check(rule.check().substring("given-".length()), "", value), value, path);
        }
      }
      case "resource-names" -> Checks.resourceNames(value, rule.argument()).forEach(name -> problems.add(
          Problem.of("FieldValueInvalid", path + "[" + name + "]", "Invalid value", name,
              "must be a standard resource type or fully qualified")));
      case "with-operator" -> {
        if (value.isEmpty() && List.of("In", "NotIn").contains(object.path("operator").asString(""))) {
          problems.add(Problem.required(path, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
      }
      case "distinct" -> distinct(value, path);
      case "unique" -> unique(value, rule.argument(), path);
      default -> {
        if (!missing) {
          wrong(Checks.check(rule.check(), rule.argument(), value), value, path);
        }
      }
    }
  }

  private void wrong(List<String> wrong, JsonNode value, String path) {
    wrong.forEach(why -> problems.add(Problem.invalid(path, Problem.shown(value), why)));
  }

  private void distinct(JsonNode list, String path) {
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      if (!seen.add(list.get(i))) {
        problems.add(Problem.duplicate(path + "[" + i + "]", list.get(i)));
      }
    }
  }

  private void enumeration(JsonNode value, String values, String path) {
    String text = value.asString("");
    if (!List.of(values.split(",", -1)).contains(text)) {
      problems.add(Problem.of("FieldValueNotSupported", path, "Unsupported value", text,
          "supported values: \"" + values.replace(",", "\", \"") + "\""));
    }
  }

  private void unique(JsonNode list, String key, String path) {
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode value = list.get(i).path(key);
      if (value.isString() && !value.stringValue().isEmpty() && !seen.add(value)) {
        problems.add(Problem.duplicate(path + "[" + i + "]." + key, value));
      }
    }
  }
}
