package io.kooper.test.tables;

import io.kooper.test.json.Json;
import io.kooper.test.kinds.Kinds;
import io.kooper.test.types.Scale;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** What stands in the rows of built-in kinds: most of it by the expressions of a data file, the rest by code. */
final class Cells {

  static final String NONE = "<none>";

  private static final Map<String, String> EXPRESSIONS = Kinds.cells();
  private static final Pattern PLACE = Pattern.compile("\\{([#@=]?)([^:}]+?)(?::([^}]*))?\\}");

  /** The columns that mean the same in each kind that has them. */
  private static final Map<String, String> COMMON = Map.of(
      "Name", "{.metadata.name}", "Age", "{@.metadata.creationTimestamp:<unknown>}",
      "Created At", "{.metadata.creationTimestamp}",
      "Containers", "{.spec.template.spec.containers[*].name}", "Images", "{.spec.template.spec.containers[*].image}",
      "Selector", "{=.spec.selector}");

  private Cells() {}

  /** What an object of a built-in kind has in a column. */
  static JsonNode cell(String resource, JsonNode column, ObjectNode object, Instant now) {
    String name = column.path("name").asString("");
    Function<ObjectNode, String> code = code(resource, name, now);
    String expression = EXPRESSIONS.getOrDefault(resource + " " + name, COMMON.getOrDefault(name, NONE));
    String text = code != null ? code.apply(object) : evaluate(expression, object, now);
    return switch (column.path("type").asString("")) {
      case "integer" -> text.matches("-?\\d+") ? LongNode.valueOf(Long.parseLong(text)) : StringNode.valueOf(text);
      case "boolean" -> BooleanNode.valueOf(text.equals("true"));
      default -> expression.startsWith("{#") && code == null ? LongNode.valueOf(Long.parseLong(text)) : StringNode.valueOf(text);
    };
  }

  private static @Nullable Function<ObjectNode, String> code(String resource, String column, Instant now) {
    return switch (resource) {
      case "pods" -> PodCells.code(column, now);
      case "events", "events.events.k8s.io" -> OtherCells.event(column, now);
      case "services" -> OtherCells.service(column);
      case "jobs.batch" -> OtherCells.job(column, now);
      case "nodes" -> OtherCells.node(column);
      case "ingresses.networking.k8s.io" -> !column.equals("Ports") ? null
          : ingress -> ingress.at("/spec/tls").isEmpty() ? "80" : "80, 443";
      default -> null;
    };
  }

  private static String evaluate(String expression, ObjectNode object, Instant now) {
    Matcher place = PLACE.matcher(expression);
    StringBuilder text = new StringBuilder();
    while (place.find()) {
      List<JsonNode> found = Stream.of(place.group(2).split(",(?=\\.)")).flatMap(path -> JsonPath.find(object, path).stream())
          .filter(node -> !node.isNull()).toList();
      String missing = place.group(3) == null ? "" : place.group(3);
      String shown = switch (place.group(1)) {
        case "#" -> Integer.toString(found.stream().mapToInt(JsonNode::size).sum());
        case "@" -> found.isEmpty() ? missing : Ages.since(found.get(0).asString(""), now);
        case "=" -> found.isEmpty() || found.get(0).isEmpty() ? NONE : selector(found.get(0));
        default -> found.isEmpty() ? missing : found.stream().map(node -> node.asString("")).collect(Collectors.joining(","));
      };
      place.appendReplacement(text, Matcher.quoteReplacement(shown));
    }
    return place.appendTail(text).toString();
  }

  private static String selector(JsonNode selector) {
    String text = Scale.selector(selector);
    return text.isEmpty() ? NONE : text;
  }

  /** The text at a pointer, or something else where there is none. */
  static String text(JsonNode object, String pointer, String missing) {
    String text = Json.text(object, pointer);
    return text == null || text.isEmpty() ? missing : text;
  }
}
