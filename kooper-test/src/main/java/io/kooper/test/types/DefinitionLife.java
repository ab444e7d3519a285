package io.kooper.test.types;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a definition may be called and may become, and which of its names others have already. */
final class DefinitionLife {

  private static final Pattern SUBDOMAIN = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern LABEL = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final String NO_SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
      + " '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
      + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  private static final String NO_LABEL = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with"
      + " an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for"
      + " validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
  private static final String APPROVAL = "api-approved.kubernetes.io";

  private final List<Problem> problems = new ArrayList<>();

  private DefinitionLife() {}

  /** What is wrong with a definition but for its schemas; {@code old} is what it was. */
  static List<Problem> problems(String name, ObjectNode crd, @Nullable ObjectNode old) {
    DefinitionLife life = new DefinitionLife();
    JsonNode spec = crd.path("spec");
    if (old == null) {
      life.name(name, spec);
    }
    life.group(crd, spec.path("group").asString(""));
    life.scope(spec.path("scope").asString(""));
    life.names(spec.path("names"));
    life.versions(spec.path("versions"), crd.at("/status/storedVersions"));
    if (old != null) {
      life.changes(spec, old);
    }
    return life.problems;
  }

  private void name(String name, JsonNode spec) {
    if (name.isEmpty()) {
      required("metadata.name", "name or generateName is required");
      return;
    }
    if (!SUBDOMAIN.matcher(name).matches()) {
      invalid("metadata.name", name, NO_SUBDOMAIN);
    }
    if (!name.equals(spec.at("/names/plural").asString("") + "." + spec.path("group").asString(""))) {
      invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
    }
  }

  private void group(ObjectNode crd, String group) {
    if (group.isEmpty()) {
      required("spec.group", "");
    } else if (!SUBDOMAIN.matcher(group).matches()) {
      invalid("spec.group", group, NO_SUBDOMAIN);
    } else if (!group.contains(".")) {
      invalid("spec.group", group, "should be a domain with at least one dot");
    }
    boolean guarded = ("." + group).endsWith(".k8s.io") || ("." + group).endsWith(".kubernetes.io");
    if (guarded && crd.path("metadata").path("annotations").path(APPROVAL).asString("").isEmpty()) {
      required("metadata.annotations[" + APPROVAL + "]", "protected groups must have approval annotation \"" + APPROVAL
          + "\", see https://github.com/kubernetes/enhancements/pull/1111");
    }
  }

  private void scope(String scope) {
    if (scope.isEmpty()) {
      required("spec.scope", "");
    } else if (!scope.equals("Cluster") && !scope.equals("Namespaced")) {
      problems.add(Problem.of("FieldValueNotSupported", "spec.scope", "Unsupported value", scope,
          "supported values: \"Cluster\", \"Namespaced\""));
    }
  }

  private void names(JsonNode names) {
    label("spec.names.plural", names.path("plural").asString(""));
    label("spec.names.singular", names.path("singular").asString("x"));
    for (String list : List.of("shortNames", "categories")) {
      int index = 0;
      for (JsonNode name : names.path(list)) {
        label("spec.names." + list + "[" + index++ + "]", name.asString(""));
      }
    }
    for (String kind : List.of("kind", "listKind")) {
      String value = names.path(kind).asString(kind.equals("kind") ? "" : "XList");
      if (value.isEmpty()) {
        required("spec.names." + kind, "");
      } else if (!LABEL.matcher(value.toLowerCase(Locale.ROOT)).matches()) {
        invalid("spec.names." + kind, value, "may have mixed case, but should otherwise match: " + NO_LABEL);
      }
    }
  }

  private void versions(JsonNode versions, JsonNode stored) {
    int index = 0;
    int storages = 0;
    Set<String> names = new HashSet<>();
    for (JsonNode version : versions) {
      String name = version.path("name").asString("");
      label("spec.versions[" + index + "].name", name);
      if (index++ == 0) {
        label("spec.version", name);
      }
      storages += version.path("storage").asBoolean(false) ? 1 : 0;
      if (!names.add(name)) {
        problems.add(new Problem("FieldValueInvalid", "spec.versions", "Invalid value: must contain unique version names"));
      }
    }
    if (storages != 1) {
      problems.add(new Problem("FieldValueInvalid", "spec.versions", "Invalid value: " + (versions.isEmpty() ? "[]: " : "")
          + "must have exactly one version marked as storage version"));
    }
    if (versions.isEmpty()) {
      problems.add(new Problem("FieldValueInvalid", "status.storedVersions",
          "Invalid value: null: must have at least one stored version"));
    }
    index = 0;
    for (JsonNode version : stored) {
      String name = version.asString("");
      if (!names.contains(name)) {
        invalid("status.storedVersions[" + index + "]", name, ("missing from spec.versions; %s was previously a storage version,"
            + " and must remain in spec.versions until a storage migration ensures no data remains persisted in %s and removes"
            + " %s from status.storedVersions").formatted(name, name, name));
      }
      index++;
    }
  }

  private void changes(JsonNode spec, ObjectNode old) {
    List<String> immutable = isTrue(old, "Established") ? List.of("scope", "names.kind", "group", "names.plural")
        : List.of("group", "names.plural");
    for (String field : immutable) {
      JsonNode value = spec.at("/" + field.replace('.', '/'));
      if (!value.equals(old.path("spec").at("/" + field.replace('.', '/')))) {
        invalid("spec." + field, value.asString(""), "field is immutable");
      }
    }
  }

  private void label(String field, String value) {
    if (!LABEL.matcher(value).matches()) {
      invalid(field, value, NO_LABEL);
    }
  }

  private void required(String field, String detail) {
    problems.add(new Problem("FieldValueRequired", field, "Required value" + (detail.isEmpty() ? "" : ": " + detail)));
  }

  private void invalid(String field, String value, String detail) {
    problems.add(Problem.of("FieldValueInvalid", field, "Invalid value", value, detail));
  }

  static boolean isTrue(ObjectNode crd, String condition) {
    return crd.at("/status/conditions").valueStream().anyMatch(one ->
        one.path("type").asString("").equals(condition) && one.path("status").asString("").equals("True"));
  }

  /**
   * The names that a definition gets, and of the first that others of its group have already the conflict: as the API
   * server's controller of names.
   *
   * @param accepted what is accepted; what was accepted before stays where the new name is not
   * @return the reason and the message of the last conflict, null without one
   */
  static String @Nullable [] accept(ObjectNode crd, List<ObjectNode> others, ObjectNode accepted) {
    JsonNode names = crd.at("/spec/names");
    Set<String> resources = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    for (ObjectNode other : others) {
      JsonNode taken = other.at("/status/acceptedNames");
      for (String name : List.of("plural", "singular")) {
        resources.add(taken.path(name).asString(""));
      }
      taken.path("shortNames").forEach(name -> resources.add(name.asString("")));
      kinds.add(taken.path("kind").asString(""));
      kinds.add(taken.path("listKind").asString(""));
    }
    String[] conflict = null;
    for (String name : List.of("plural", "singular", "shortNames", "kind", "listKind")) {
      JsonNode value = names.path(name);
      Set<String> taken = name.endsWith("ind") ? kinds : resources;
      List<String> clashes = value.isArray()
          ? value.valueStream().map(one -> one.asString("")).filter(taken::contains).toList()
          : taken.contains(value.asString("")) && !value.asString("").isEmpty() ? List.of(value.asString("")) : List.of();
      if (!clashes.isEmpty()) {
        String reason = Character.toUpperCase(name.charAt(0)) + name.substring(1) + "Conflict";
        conflict = new String[] {reason, "\"" + clashes.get(0) + "\" is already in use"};
      } else if (!value.isMissingNode()) {
        accepted.set(name, value.deepCopy());
      }
    }
    if (names.has("categories")) {
      accepted.set("categories", names.path("categories").deepCopy());
    }
    return conflict;
  }

  /** Adds the version in which objects are stored from now on to those that have been one. */
  static void storedVersions(ObjectNode crd, String storage) {
    ArrayNode stored = crd.withObjectProperty("status").withArrayProperty("storedVersions");
    if (stored.valueStream().noneMatch(version -> version.asString("").equals(storage))) {
      stored.add(storage);
    }
  }
}
