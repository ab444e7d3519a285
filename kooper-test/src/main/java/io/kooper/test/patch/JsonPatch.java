package io.kooper.test.patch;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * RFC 6902. Written here because the library at hand forgives what the API server refuses, such as the removal of what
 * is not there.
 */
final class JsonPatch {

  private JsonPatch() {}

  /**
   * Applies the operations to a tree, which it changes, and returns what became of it.
   *
   * @throws StatusException 422 when one does not apply
   */
  static JsonNode apply(JsonNode tree, ArrayNode operations) {
    JsonNode result = tree;
    for (JsonNode operation : operations) {
      result = apply(result, operation);
    }
    return result;
  }

  private static JsonNode apply(JsonNode tree, JsonNode operation) {
    String name = operation.path("op").asString("");
    JsonPointer path = pointer(operation, "path");
    return switch (name) {
      case "add" -> add(tree, path, value(operation));
      case "remove" -> {
        remove(tree, path);
        yield tree;
      }
      case "replace" -> {
        JsonNode value = value(operation);
        if (path.matches()) {
          yield value;
        }
        if (!tree.at(path.head()).isObject()) { // an object takes what it did not have, too
          existing(tree, path);
          remove(tree, path);
        }
        yield add(tree, path, value);
      }
      case "move" -> {
        JsonPointer from = pointer(operation, "from");
        JsonNode moved = existing(tree, from);
        remove(tree, from);
        yield add(tree, path, moved);
      }
      case "copy" -> add(tree, path, existing(tree, pointer(operation, "from")).deepCopy());
      case "test" -> {
        JsonNode expected = value(operation);
        boolean absent = expected.isNull() && tree.at(path).isMissingNode(); // which is null
        if (!absent && !existing(tree, path).equals(expected)) {
          throw inapplicable("testing value " + path + " failed");
        }
        yield tree;
      }
      default -> throw inapplicable("unexpected kind: " + name);
    };
  }

  private static JsonNode add(JsonNode tree, JsonPointer path, JsonNode value) {
    if (path.matches()) {
      return value;
    }
    JsonNode parent = existing(tree, path.head());
    JsonPointer last = path.last();
    if (parent instanceof ObjectNode object) {
      object.set(last.getMatchingProperty(), value);
    } else if (parent instanceof ArrayNode array) {
      array.insert(last.getMatchingProperty().equals("-") ? array.size() : index(last, array.size()), value);
    } else {
      throw inapplicable("nothing can be added at " + path);
    }
    return tree;
  }

  private static void remove(JsonNode tree, JsonPointer path) {
    existing(tree, path);
    if (path.matches()) {
      throw inapplicable("the whole object cannot be removed");
    }
    JsonNode parent = existing(tree, path.head());
    JsonPointer last = path.last();
    if (parent instanceof ObjectNode object) {
      object.remove(last.getMatchingProperty());
    } else if (parent instanceof ArrayNode array) {
      array.remove(index(last, array.size() - 1));
    }
  }

  private static int index(JsonPointer last, int highest) {
    int index = last.getMatchingIndex();
    if (index < 0 || index > highest) {
      throw inapplicable("no such index: " + last);
    }
    return index;
  }

  private static JsonNode existing(JsonNode tree, JsonPointer path) {
    JsonNode node = tree.at(path);
    if (node.isMissingNode()) {
      throw inapplicable("doc is missing path: " + path);
    }
    return node;
  }

  private static JsonNode value(JsonNode operation) {
    JsonNode value = operation.get("value");
    return value == null ? NullNode.instance : value;
  }

  private static JsonPointer pointer(JsonNode operation, String member) {
    JsonNode pointer = operation.path(member);
    if (!pointer.isString()) {
      throw inapplicable("an operation has no " + member);
    }
    try {
      String text = pointer.stringValue();
      return JsonPointer.compile(text.substring(Math.max(0, text.indexOf('/')))); // what is before the first slash is nothing
    } catch (IllegalArgumentException e) {
      throw inapplicable(String.valueOf(e.getMessage()));
    }
  }

  private static StatusException inapplicable(String why) {
    StatusException e = Statuses.unprocessable();
    e.addSuppressed(new IllegalArgumentException(why)); // for the log: the API server's own answer does not say it
    return e;
  }
}
