package io.kooper.test.types;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The scale subresource of a type: how many replicas there are and should be, without the rest of the object.
 *
 * @param specReplicas where the wanted number is found
 * @param statusReplicas where the present number is found
 * @param selector where the selector is found, null if nowhere
 * @param defaultReplicas the wanted number of an object that does not say, null if it has to
 */
public record Scale(JsonPointer specReplicas, JsonPointer statusReplicas, @Nullable JsonPointer selector,
    @Nullable Integer defaultReplicas) {

  public static final ResourceType TYPE = ResourceType.of("autoscaling", "v1", "Scale", "scales", true);

  /** That of deployments and the like. */
  static final Scale BUILT_IN = new Scale(JsonPointer.compile("/spec/replicas"),
      JsonPointer.compile("/status/replicas"), JsonPointer.compile("/spec/selector"), 1);

  /** That of a definition, null if it has none. */
  static @Nullable Scale of(JsonNode definition) {
    return definition.isObject()
        ? new Scale(pointer(definition, "specReplicasPath"), pointer(definition, "statusReplicasPath"),
            definition.has("labelSelectorPath") ? pointer(definition, "labelSelectorPath") : null, null)
        : null;
  }

  /** The wanted number as a field that somebody owns. */
  public String field() {
    return "f:" + specReplicas.toString().substring(1).replace("/", "\nf:");
  }

  /** @throws StatusException 500 when an object does not say how many replicas it wants, and has to */
  public void requireReplicas(ObjectNode object) {
    if (defaultReplicas == null && !object.at(specReplicas).isNumber()) {
      throw new StatusException(Statuses.failure(500, "Internal error occurred: the spec replicas field \"%s\" does "
          .formatted(specReplicas.toString().replace('/', '.')) + "not exist"));
    }
  }

  /** The {@code Scale} of an object. */
  public ObjectNode read(ObjectNode object) {
    ObjectNode scale = Json.object().put("kind", TYPE.kind()).put("apiVersion", TYPE.apiVersion());
    ObjectNode metadata = scale.putObject("metadata");
    for (String member : List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
      JsonNode value = object.path("metadata").get(member);
      if (value != null) {
        metadata.set(member, value);
      }
    }
    ObjectNode spec = scale.putObject("spec");
    int replicas = object.at(specReplicas).asInt(defaultReplicas == null ? 0 : defaultReplicas);
    if (replicas != 0) { // as the API server: its Go type leaves a zero out
      spec.put("replicas", replicas);
    }
    ObjectNode status = scale.putObject("status").put("replicas", object.at(statusReplicas).asInt(0));
    String text = selector == null ? "" : selector(object.at(selector));
    if (!text.isEmpty()) {
      status.put("selector", text);
    }
    return scale;
  }

  /**
   * Writes the wanted number of replicas into an object.
   *
   * @throws StatusException 422 when it is negative
   */
  public ObjectNode write(String name, ObjectNode scale, ObjectNode object) {
    int replicas = scale.path("spec").path("replicas").asInt(0);
    if (replicas < 0 && defaultReplicas != null) { // that of a custom resource is validated by its schema
      throw Statuses.invalid(TYPE, name, "spec.replicas",
          "Invalid value: " + replicas + ": must be greater than or equal to 0");
    }
    ObjectNode parent = object;
    for (JsonPointer rest = specReplicas.head(); !rest.matches(); rest = rest.tail()) {
      parent = parent.withObjectProperty(rest.getMatchingProperty());
    }
    parent.put(specReplicas.last().getMatchingProperty(), replicas);
    return object;
  }

  /** A selector as text, whether it is text, a map of labels, or a {@code LabelSelector}. */
  public static String selector(JsonNode selector) {
    if (!selector.has("matchLabels") && !selector.has("matchExpressions")) {
      return selector.isObject() ? labels(selector) : selector.asString("");
    }
    List<String> requirements = new ArrayList<>();
    if (selector.path("matchLabels").size() > 0) {
      requirements.add(labels(selector.path("matchLabels")));
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      String key = expression.path("key").asString("");
      String values = expression.path("values").valueStream().map(value -> value.asString("")).sorted()
          .collect(Collectors.joining(",", "(", ")"));
      requirements.add(switch (expression.path("operator").asString("")) {
        case "In" -> key + " in " + values;
        case "NotIn" -> key + " notin " + values;
        case "DoesNotExist" -> "!" + key;
        default -> key;
      });
    }
    return String.join(",", requirements);
  }

  private static String labels(JsonNode labels) {
    Map<String, String> sorted = new TreeMap<>(Json.strings(labels));
    return sorted.entrySet().stream().map(label -> label.getKey() + "=" + label.getValue())
        .collect(Collectors.joining(","));
  }

  private static JsonPointer pointer(JsonNode definition, String member) {
    return JsonPointer.compile(definition.path(member).asString("").replace('.', '/'));
  }
}
