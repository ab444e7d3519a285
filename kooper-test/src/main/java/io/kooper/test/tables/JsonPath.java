package io.kooper.test.tables;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The part of JSONPath that the columns of definitions may have: members, indexes, slices, {@code [*]}, and comparisons. */
final class JsonPath {

  private static final Pattern STEP = Pattern.compile("\\.?(?:"
      + "\\[\\?\\(@(?<member>[^=!<>)]+?)\\s*(?<operator>==|!=)\\s*(?<value>'[^']*'|\"[^\"]*\"|[^)]+?)\\s*\\)\\]"
      + "|\\[(?<all>\\*)\\]|\\[(?<index>-?\\d+)\\]|\\[(?<from>-?\\d*):(?<to>-?\\d*)\\]"
      + "|\\[(?<quoted>'(?:\\\\.|[^'])*'|\"(?:\\\\.|[^\"])*\")\\]|(?<star>\\*)|(?<name>(?:\\\\.|[^.\\[\\]\\\\])+))");

  private JsonPath() {}

  /** What a path finds, in order; nothing where it cannot be read. */
  static List<JsonNode> find(JsonNode root, String path) {
    List<JsonNode> found = List.of(root);
    Matcher step = STEP.matcher(path);
    int at = 0;
    while (at < path.length()) {
      if (!step.find(at) || step.start() != at) {
        return List.of();
      }
      List<JsonNode> next = new ArrayList<>();
      found.forEach(node -> step(node, step, next));
      found = next;
      at = step.end();
    }
    return found;
  }

  private static void step(JsonNode node, Matcher step, List<JsonNode> found) {
    String index = step.group("index");
    if (step.group("all") != null || step.group("star") != null) {
      node.forEach(found::add);
    } else if (index != null) {
      int i = Integer.parseInt(index);
      add(node.get(i < 0 ? node.size() + i : i), found);
    } else if (step.group("from") != null) {
      int from = bound(step.group("from"), 0, node.size());
      int to = bound(step.group("to"), node.size(), node.size());
      for (int i = from; i < to; i++) {
        found.add(node.get(i));
      }
    } else if (step.group("member") != null) {
      String wanted = unquoted(step.group("value"));
      boolean equal = step.group("operator").equals("==");
      node.forEach(one -> {
        boolean is = find(one, step.group("member").strip()).stream().anyMatch(value -> value.asString("").equals(wanted));
        if (is == equal) {
          found.add(one);
        }
      });
    } else {
      String quoted = step.group("quoted");
      add(node.get(quoted != null ? unquoted(quoted) : step.group("name").replace("\\", "")), found);
    }
  }

  private static int bound(String text, int missing, int size) {
    int bound = text.isEmpty() ? missing : Integer.parseInt(text);
    return Math.max(0, Math.min(size, bound < 0 ? size + bound : bound));
  }

  private static void add(@Nullable JsonNode node, List<JsonNode> found) {
    if (node != null) {
      found.add(node);
    }
  }

  private static String unquoted(String text) {
    boolean quoted = text.length() > 1 && (text.startsWith("'") || text.startsWith("\""));
    return (quoted ? text.substring(1, text.length() - 1) : text).replace("\\", "");
  }
}
