package io.kooper.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** An answer, normalised. */
record Answered(int status, String warning, JsonNode body) {

  private static final int SHOWN = 12; // differences of one answer

  /** What is different from what a real server answered, a line each; empty if nothing is. */
  String difference(Answered real) {
    List<String> lines = new ArrayList<>();
    compare("status", String.valueOf(real.status), String.valueOf(status), lines);
    compare("warning", real.warning, warning, lines);
    compare("", real.body, body, lines);
    return String.join("", lines.subList(0, Math.min(SHOWN, lines.size())));
  }

  private static void compare(String path, JsonNode real, JsonNode ours, List<String> lines) {
    if (real.isObject() && ours.isObject()) {
      Set<String> names = new TreeSet<>(real.propertyNames());
      names.addAll(ours.propertyNames());
      names.forEach(name -> compare(path + "/" + name, real.path(name), ours.path(name), lines));
    } else if (real.isArray() && ours.isArray() && real.size() == ours.size()) {
      for (int i = 0; i < real.size(); i++) {
        compare(path + "/" + i, real.get(i), ours.get(i), lines);
      }
    } else if (!real.equals(ours)) {
      compare(path, text(real), text(ours), lines);
    }
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.toString();
  }

  private static void compare(String path, String real, String ours, List<String> lines) {
    if (!real.equals(ours)) {
      lines.add("\n  " + path + "\n    real: " + real + "\n    ours: " + ours);
    }
  }
}
