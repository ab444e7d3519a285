package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schema of one version of a custom resource. It is read when it is needed first, and two of the same text are
 * equal. Used under one lock.
 */
public final class CustomSchema {

  private final JsonNode text;
  private final JsonNode scale;
  private final List<CelRules.Broken> broken = new ArrayList<>();
  private @Nullable SchemaNode root;
  private @Nullable CelRules rules;

  /**
   * @param text the version's {@code openAPIV3Schema}
   * @param scale its {@code subresources.scale}, missing if there is none
   */
  public CustomSchema(JsonNode text, JsonNode scale) {
    this.text = text;
    this.scale = scale;
  }

  /** As the definition says it. */
  public JsonNode text() {
    return text;
  }

  /**
   * Makes an object what the schema says of it: unknown fields go, defaults come.
   *
   * @return the paths of the fields that went, sorted
   */
  public List<String> shape(ObjectNode object) {
    Defaulting.dropNulls(root(), object);
    return complete(object);
  }

  /** As {@link #shape}, but that a null stays where it may not be. */
  public List<String> complete(ObjectNode object) {
    SchemaNode schema = root();
    List<String> unknown = Pruning.prune(schema, object);
    Defaulting.complete(schema, object);
    Numbers.shorten(object);
    return unknown;
  }

  /** Why an object cannot be read at all, null if it can. */
  public @Nullable Problem unreadable(ObjectNode object) {
    return Embedded.mistyped(root(), object);
  }

  /** What is wrong with an object that is new. */
  public List<Problem> created(ObjectNode object) {
    SchemaNode schema = root();
    List<Problem> problems = new ArrayList<>(SchemaWalk.walk(schema, "", object, null).problems(""));
    problems.addAll(ScaleRules.problems(scale, object, true));
    problems.addAll(Embedded.problems(schema, object));
    problems.addAll(ListKeys.duplicates(schema, object));
    return withRules(problems, object, null);
  }

  /** What is wrong with a changed object, but for what was wrong before and has not changed. */
  public List<Problem> updated(ObjectNode object, ObjectNode old) {
    SchemaNode schema = root();
    List<Problem> problems = new ArrayList<>(SchemaWalk.walk(schema, "", object, old).problems(""));
    problems.addAll(ScaleRules.problems(scale, object, true));
    problems.addAll(Embedded.problems(schema, object));
    if (ListKeys.duplicates(schema, old).isEmpty()) {
      problems.addAll(ListKeys.duplicates(schema, object));
    }
    return withRules(problems, object, old);
  }

  /** As {@link #updated}, of an object of which only the status may change. */
  public List<Problem> statusUpdated(ObjectNode object, ObjectNode old) {
    SchemaNode schema = root();
    List<Problem> problems = new ArrayList<>();
    JsonNode status = object.get("status");
    SchemaNode known = schema.properties.get("status");
    if (status != null && known != null) {
      problems.addAll(SchemaWalk.walk(known, "", status, old.get("status")).problems("status"));
    }
    problems.addAll(ScaleRules.problems(scale, object, false));
    if (ListKeys.duplicates(schema, old).isEmpty()) {
      problems.addAll(ListKeys.duplicates(schema, object));
    }
    return withRules(problems, object, old);
  }

  /**
   * What is wrong with the schema itself.
   *
   * @param path where it is in its definition
   */
  public List<Problem> definitionProblems(String path) {
    List<Problem> problems = new ArrayList<>(DefinitionRules.problems(text, path));
    if (problems.isEmpty()) {
      root();
      broken.stream().filter(CelRules.Broken::isWrong).forEach(rule -> problems.add(rule.problem(path)));
    }
    return problems;
  }

  /** The formats of texts that nobody checks, sorted. */
  public List<String> unknownFormats() {
    Set<String> formats = new TreeSet<>();
    Formats.collectUnknown(text, formats);
    return List.copyOf(formats);
  }

  /** What the API server checks and this schema cannot: rules and patterns that only it can compile. */
  public List<String> unchecked() {
    SchemaNode schema = root();
    List<String> unchecked = new ArrayList<>();
    for (CelRules.Broken rule : broken) {
      unchecked.add("the rule " + rule.rule().text() + " at openAPIV3Schema" + rule.place() + ": " + rule.why());
    }
    schema.uncheckedPatterns("", unchecked);
    return unchecked;
  }

  private List<Problem> withRules(List<Problem> problems, ObjectNode object, @Nullable ObjectNode old) {
    SchemaNode schema = root();
    if (rules == null) {
      return problems;
    }
    if (problems.stream().anyMatch(Problem::blocksRules)) {
      problems.add(Problem.invalid(Problem.NO_FIELD, "null", "some validation rules were not checked because the object "
          + "was invalid; correct the existing errors to complete validation"));
    } else {
      problems.addAll(rules.check("", object, old));
    }
    return problems;
  }

  private SchemaNode root() {
    SchemaNode schema = root;
    if (schema == null) {
      schema = SchemaNode.of(text);
      root = schema;
      rules = CelRules.compile(schema, broken);
    }
    return schema;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || other instanceof CustomSchema schema && text.equals(schema.text)
        && scale.equals(schema.scale);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }
}
