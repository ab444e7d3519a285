package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a walk finds: problems, each once, and how many checks were made without one, by which the API server chooses
 * the alternative whose problems it shows.
 */
final class Findings {

  /** @param path null for what the API server says of no path */
  private record Finding(String reason, @Nullable String path, String body) {}

  private final Map<String, Finding> found = new LinkedHashMap<>(); // by their full text
  private int matches;

  boolean isEmpty() {
    return found.isEmpty();
  }

  int matches() {
    return matches;
  }

  void match() {
    matches++;
  }

  /** @param detail what is wrong; the text by which it is told from others, too */
  void add(String reason, String path, String what, @Nullable String value, String detail) {
    found.putIfAbsent(detail, new Finding(reason, path, Problem.body(what, value, detail)));
  }

  /** As {@link #add}, of what is shown without the detail. */
  void addShort(String reason, String path, String text, String body) {
    found.putIfAbsent(text, new Finding(reason, path, body));
  }

  void addWithoutPath(String detail) {
    found.putIfAbsent(detail, new Finding("FieldValueInvalid", null, Problem.body("Invalid value", "\"\"", detail)));
  }

  void merge(Findings other) {
    other.found.forEach(found::putIfAbsent);
    matches += other.matches;
  }

  /** The problems are known already. */
  void forget() {
    found.clear();
    matches = 0;
  }

  /** @param base the path of the value that was walked, empty for the object itself */
  List<Problem> problems(String base) {
    List<Problem> problems = new ArrayList<>();
    for (Finding finding : found.values()) {
      String path = finding.path() == null ? "" : finding.path();
      path = path.startsWith(".") ? path.substring(1) : path;
      String whole = base.isEmpty() || path.isEmpty() ? base + path : base + "." + path;
      problems.add(new Problem(finding.reason(), whole.isEmpty() ? Problem.NO_FIELD : whole, finding.body()));
    }
    return problems;
  }
}
