package io.kooper.corpus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * An object in which one thing has been broken, or perhaps only changed.
 *
 * @param place where, as a JSON pointer; empty for the object as it was
 * @param how such as {@code gone}
 */
record Mutant(String place, String how, ObjectNode object) {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int LONG = 300; // letters: more than any name may have

  /** Everything that is done to texts, numbers and so on, by its name. */
  private static final Map<String, UnaryOperator<JsonNode>> TEXTS = Map.of("number", node -> IntNode.valueOf(7),
      "empty", node -> StringNode.valueOf(""), "odd", node -> StringNode.valueOf("Not Valid!"),
      "long", node -> StringNode.valueOf("a".repeat(LONG)), "object", node -> NODES.objectNode());
  private static final Map<String, UnaryOperator<JsonNode>> NUMBERS = Map.of("text", node -> StringNode.valueOf("x"),
      "negative", node -> IntNode.valueOf(-1), "zero", node -> IntNode.valueOf(0),
      "huge", node -> LongNode.valueOf(3_000_000_000L), "fraction", node -> DoubleNode.valueOf(1.5));
  private static final Map<String, UnaryOperator<JsonNode>> BOOLEANS = Map.of("text", node -> StringNode.valueOf("true"),
      "other", node -> BooleanNode.valueOf(!node.booleanValue()));
  private static final Map<String, UnaryOperator<JsonNode>> OBJECTS = Map.of("text", node -> StringNode.valueOf("x"),
      "list", node -> NODES.arrayNode(), "hollow", node -> NODES.objectNode(),
      "unknown", node -> ((ObjectNode) node.deepCopy()).put("nobodyKnowsThis", 1));
  private static final Map<String, UnaryOperator<JsonNode>> LISTS = Map.of("text", node -> StringNode.valueOf("x"),
      "object", node -> NODES.objectNode(), "empty", node -> NODES.arrayNode(), "twice", Mutant::twice,
      "hole", node -> ((ArrayNode) node.deepCopy()).addNull());

  private static JsonNode twice(JsonNode list) {
    ArrayNode twice = (ArrayNode) list.deepCopy();
    return twice.isEmpty() ? twice : twice.add(twice.get(0).deepCopy());
  }

  /** Those of an object, always in the same order; the object itself is the first. */
  static List<Mutant> of(ObjectNode object) {
    List<Mutant> mutants = new ArrayList<>(List.of(new Mutant("", "whole", object)));
    Map<String, JsonNode> places = new LinkedHashMap<>();
    collect(object, "", places);
    places.forEach((place, node) -> {
      mutants.add(new Mutant(place, "gone", without(object, place)));
      mutants.add(new Mutant(place, "null", with(object, place, NullNode.instance)));
      Map<String, UnaryOperator<JsonNode>> ways = node.isString() ? TEXTS : node.isNumber() ? NUMBERS
          : node.isBoolean() ? BOOLEANS : node.isObject() ? OBJECTS : LISTS;
      ways.keySet().stream().sorted()
          .forEach(how -> mutants.add(new Mutant(place, how, with(object, place, ways.get(how).apply(node)))));
    });
    return mutants;
  }

  private static void collect(JsonNode node, String place, Map<String, JsonNode> places) {
    if (!place.isEmpty()) {
      places.put(place, node);
    }
    if (node.isObject()) {
      node.properties().forEach(member -> collect(member.getValue(),
          place + "/" + member.getKey().replace("~", "~0").replace("/", "~1"), places));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), place + "/" + i, places);
      }
    }
  }

  private static ObjectNode without(ObjectNode object, String place) {
    ObjectNode copy = object.deepCopy();
    JsonPointer pointer = JsonPointer.compile(place);
    JsonNode parent = copy.at(pointer.head());
    if (parent instanceof ObjectNode in) {
      in.remove(pointer.last().getMatchingProperty());
    } else if (parent instanceof ArrayNode in) {
      in.remove(pointer.last().getMatchingIndex());
    }
    return copy;
  }

  private static ObjectNode with(ObjectNode object, String place, JsonNode value) {
    ObjectNode copy = object.deepCopy();
    JsonPointer pointer = JsonPointer.compile(place);
    JsonNode parent = copy.at(pointer.head());
    if (parent instanceof ObjectNode in) {
      in.set(pointer.last().getMatchingProperty(), value);
    } else if (parent instanceof ArrayNode in) {
      in.set(pointer.last().getMatchingIndex(), value);
    }
    return copy;
  }
}
