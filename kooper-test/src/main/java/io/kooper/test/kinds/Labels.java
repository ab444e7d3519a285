package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What labels and their like may be, in the words of the API server. */
public final class Labels {

  private static final int LONGEST = 63;

  private static final String NO_NAME = "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
      + " alphanumeric character (e.g. '%s',  or '%s',  or '%s', regex used for validation is '%s')";
  private static final String NAME_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
  private static final Pattern NAME = Pattern.compile(NAME_FORM);
  private static final String NO_VALUE = "a valid label must be an empty string or "
      + NO_NAME.formatted("MyValue", "my_value", "12345", "(" + NAME_FORM + ")?");
  private static final String NO_NAME_PART = "name part must " + NO_NAME.formatted("MyName", "my.name", "123-abc", NAME_FORM);
  private static final String NO_KEY = "a valid label key must " + NO_NAME.formatted("MyName", "my.name", "123-abc", NAME_FORM)
      + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

  private Labels() {}

  /** Adds what is wrong with labels, or with a selector by them. */
  public static void check(JsonNode labels, String path, List<Problem> problems) {
    for (Map.Entry<String, JsonNode> label : labels.properties()) {
      String value = label.getValue().asString("");
      name(label.getKey(), path, problems);
      value(value).forEach(wrong -> problems.add(invalid(path, value, wrong)));
    }
  }

  /** Adds what is wrong with a name that has the form of a label's. */
  static void name(String name, String path, List<Problem> problems) {
    key(name).forEach(wrong -> problems.add(invalid(path, name, wrong)));
  }

  private static Problem invalid(String path, String value, String wrong) {
    return Problem.of("FieldValueInvalid", path, "Invalid value", value, wrong);
  }

  /** What is wrong with the value of a label. */
  public static List<String> value(String value) {
    return value.length() > LONGEST ? List.of("must be no more than 63 bytes")
        : value.isEmpty() || NAME.matcher(value).matches() ? List.of() : List.of(NO_VALUE);
  }

  /** What is wrong with the name of a label or an annotation. */
  public static List<String> key(String key) {
    int slash = key.indexOf('/');
    String name = key.substring(slash + 1);
    if (slash >= 0 && name.indexOf('/') >= 0) {
      return List.of(NO_KEY);
    }
    List<String> wrong = new ArrayList<>();
    if (slash == 0) {
      wrong.add("prefix part must be non-empty");
    } else if (slash > 0) {
      Checks.subdomain(key.substring(0, slash)).forEach(why -> wrong.add("prefix part " + why));
    }
    if (name.isEmpty()) {
      wrong.add("name part must be non-empty");
    } else if (name.length() > LONGEST) {
      wrong.add("name part must be no more than 63 bytes");
    }
    if (!NAME.matcher(name).matches()) {
      wrong.add(NO_NAME_PART);
    }
    return wrong;
  }
}
