package io.kooper.test;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What is wrong with an object's labels, annotations, finalizers and owners, in the words of the API server. */
final class MetadataRules {

  private static final Pattern NAME = Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]");
  private static final Pattern PREFIX = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Set<String> STANDARD_FINALIZERS = Set.of("orphan", "foregroundDeletion", "kubernetes");

  private static final String NO_NAME = "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
      + " alphanumeric character (e.g. '%s',  or '%s',  or '%s', regex used for validation is '%s')";
  private static final String NAME_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
  private static final String NO_VALUE = "a valid label must be an empty string or "
      + NO_NAME.formatted("MyValue", "my_value", "12345", "(" + NAME_FORM + ")?");
  private static final String NO_NAME_PART = "name part must " + NO_NAME.formatted("MyName", "my.name", "123-abc", NAME_FORM);
  private static final String NO_KEY = "a valid label key must " + NO_NAME.formatted("MyName", "my.name", "123-abc", NAME_FORM)
      + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

  private final List<Problem> problems = new ArrayList<>();

  private MetadataRules() {}

  static List<Problem> problems(Resource resource, ObjectNode object) {
    MetadataRules rules = new MetadataRules();
    JsonNode metadata = object.path("metadata");
    for (Map.Entry<String, JsonNode> label : metadata.path("labels").properties()) {
      rules.key("metadata.labels", label.getKey());
      String value = label.getValue().asString("");
      if (!value.isEmpty() && !NAME.matcher(value).matches()) {
        rules.invalid("metadata.labels", value, NO_VALUE);
      }
    }
    metadata.path("annotations").propertyNames().forEach(name -> rules.key("metadata.annotations", name));
    if (!resource.isCustom()) { // of which the API server only warns
      rules.finalizers(metadata.path("finalizers"));
    }
    metadata.path("ownerReferences").forEach(owner -> {
      if (owner.path("uid").asString("").isEmpty()) {
        rules.invalid("metadata.ownerReferences.uid", "", "must not be empty");
      }
    });
    return rules.problems;
  }

  private void key(String field, String key) {
    int slash = key.indexOf('/');
    if (key.indexOf('/', slash + 1) >= 0 && slash >= 0) {
      invalid(field, key, NO_KEY);
    } else if (!NAME.matcher(key.substring(slash + 1)).matches()) {
      invalid(field, key, NO_NAME_PART);
    } else if (slash >= 0 && !PREFIX.matcher(key.substring(0, slash)).matches()) {
      invalid(field, key, "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
          + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }
  }

  private void finalizers(JsonNode finalizers) {
    int index = 0;
    for (JsonNode finalizer : finalizers) {
      String name = finalizer.asString("");
      if (!name.contains("/") && !STANDARD_FINALIZERS.contains(name)) {
        invalid("metadata.finalizers[" + index + "]", name,
            "name is neither a standard finalizer name nor is it fully qualified");
      }
      index++;
    }
  }

  private void invalid(String field, String value, String detail) {
    problems.add(Problem.of("FieldValueInvalid", field, "Invalid value", value, detail));
  }
}
