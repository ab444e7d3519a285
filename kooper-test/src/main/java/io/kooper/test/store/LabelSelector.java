package io.kooper.test.store;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.Labels;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads a label selector: requirements between commas, refused with the words of a kube-apiserver. */
final class LabelSelector {

  private static final String END = "";
  private static final Set<String> OPERATORS = Set.of("in", "notin", "=", "==", "!=", ">", "<");
  private static final Pattern TOKEN = Pattern.compile("==|!=|[=!<>(),]|[^\\s=!<>(),]+");
  private static final Pattern WORD = Pattern.compile("[^=!<>(),]+");
  private static final String UNREAD = "unable to parse requirement: ";

  private final List<String> tokens;
  private int next;

  private LabelSelector(String selector) {
    tokens = new ArrayList<>(TOKEN.matcher(selector).results().map(token -> token.group()).toList());
    tokens.add(END);
  }

  /** @throws StatusException 400 when it cannot be understood */
  static Predicate<Map<String, String>> of(String selector) {
    return new LabelSelector(selector).all();
  }

  private Predicate<Map<String, String>> all() {
    Predicate<Map<String, String>> all = labels -> true;
    if (tokens.get(0).equals(END)) {
      return all;
    }
    if (!isWord(tokens.get(0)) && !tokens.get(0).equals("!")) {
      throw expected("", tokens.get(0), "!, identifier, or 'end of string'");
    }
    while (true) {
      all = all.and(requirement());
      String behind = take();
      if (behind.equals(END)) {
        return all;
      }
      if (!behind.equals(",")) {
        throw expected("", behind, "',' or 'end of string'");
      }
      if (!isWord(tokens.get(next)) && !tokens.get(next).equals("!")) {
        throw expected("", tokens.get(next), "identifier after ','");
      }
    }
  }

  private Predicate<Map<String, String>> requirement() {
    boolean absent = tokens.get(next).equals("!");
    next += absent ? 1 : 0;
    String key = word();
    if (absent || isOver()) {
      check(key, Set.of());
      return labels -> labels.containsKey(key) != absent;
    }
    String operator = take();
    if (!OPERATORS.contains(operator)) {
      throw expected(UNREAD, operator, "in, notin, =, ==, !=, gt, lt");
    }
    return switch (operator) {
      case "in", "notin" -> {
        Set<String> values = values();
        check(key, values);
        boolean in = operator.equals("in");
        yield labels -> (labels.containsKey(key) && values.contains(labels.get(key))) == in;
      }
      case "<", ">" -> {
        long bound = number(key);
        int sign = operator.equals(">") ? 1 : -1;
        yield labels -> {
          String value = labels.get(key);
          return value != null && isNumber(value) && Long.compare(Long.parseLong(value), bound) == sign;
        };
      }
      default -> {
        String value = isOver() ? "" : word();
        check(key, Set.of(value));
        boolean equal = !operator.equals("!="); // which also lets through what has no such label
        yield labels -> value.equals(labels.get(key)) == equal;
      }
    };
  }

  /** In the order in which the API server counts them. */
  private SortedSet<String> values() {
    String open = take();
    if (!open.equals("(")) {
      throw Statuses.badRequest(UNREAD + "found '" + open + "' expected: '('");
    }
    SortedSet<String> values = new TreeSet<>();
    while (true) {
      String token = take();
      boolean word = isWord(token);
      values.add(word ? token : ""); // nothing between commas is an empty value
      String behind = word ? take() : token;
      if (behind.equals(")")) {
        return values;
      }
      if (!behind.equals(",")) {
        throw expected(UNREAD, behind, "',' or ')'");
      }
    }
  }

  private long number(String key) {
    String value = word();
    check(key, Set.of());
    if (!isNumber(value)) {
      throw Statuses.badRequest(UNREAD + "values[0]: Invalid value: \"" + value
          + "\": for 'Gt', 'Lt' operators, the value must be an integer");
    }
    return Long.parseLong(value);
  }

  private static boolean isNumber(String text) {
    return text.matches("[-+]?\\d{1,18}");
  }

  /** @throws StatusException 400 when no label can be like that */
  private static void check(String key, Set<String> values) {
    List<Problem> problems = new ArrayList<>();
    add("<nil>", key, Labels.key(key), problems);
    int index = 0;
    for (String value : problems.isEmpty() ? values : Set.<String>of()) { // those of no label are not looked at
      add("values[" + index++ + "][" + key + "]", value, Labels.value(value), problems);
    }
    if (!problems.isEmpty()) {
      throw Statuses.badRequest(UNREAD + Problem.join(problems));
    }
  }

  private static void add(String field, String text, List<String> wrong, List<Problem> problems) {
    if (!wrong.isEmpty()) {
      problems.add(Problem.of("FieldValueInvalid", field, "Invalid value", text, String.join("; ", wrong)));
    }
  }

  private boolean isOver() {
    return tokens.get(next).equals(END) || tokens.get(next).equals(",");
  }

  private String word() {
    String word = take();
    if (!isWord(word)) {
      throw expected(UNREAD, word, "identifier");
    }
    return word;
  }

  /** The next token; behind the last one there is no end of ends. */
  private String take() {
    String token = tokens.get(next);
    next += token.equals(END) ? 0 : 1;
    return token;
  }

  private static boolean isWord(String token) {
    return WORD.matcher(token).matches();
  }

  private static StatusException expected(String before, String found, String what) {
    return Statuses.badRequest(before + "found '" + found + "', expected: " + what);
  }
}
