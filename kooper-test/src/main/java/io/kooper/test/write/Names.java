package io.kooper.test.write;

import io.kooper.test.kinds.Checks;
import io.kooper.test.types.Crds;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Which names the API server takes for an object. */
final class Names {

  private static final int LONGEST_CRON_JOB = 52; // a job's name has the time behind it

  /** Those of which the name is part of the host names of others. */
  private static final Set<String> LABELLED = Set.of("namespaces", "services");

  /** Those whose names are segments of paths, and nothing more. */
  private static final Set<String> SEGMENTS = Set.of("roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
      "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io");

  private Names() {}

  /** What is wrong with the name of a new object, and with the prefix of which it was made. */
  static List<Problem> problems(Resource resource, JsonNode metadata) {
    List<Problem> problems = new ArrayList<>();
    String prefix = metadata.path("generateName").asString("");
    if (!prefix.isEmpty()) {
      add("metadata.generateName", prefix, problem(resource, prefix.replaceFirst("(?<=.)-$", "a")), problems);
    }
    String name = metadata.path("name").asString("");
    if (name.isEmpty()) {
      problems.add(Problem.required("metadata.name", "name or generateName is required"));
    } else {
      add("metadata.name", name, problem(resource, name), problems);
    }
    return problems;
  }

  private static void add(String field, String name, @Nullable String wrong, List<Problem> problems) {
    if (wrong != null) {
      problems.add(Problem.of("FieldValueInvalid", field, "Invalid value", name, wrong));
    }
  }

  private static @Nullable String problem(Resource resource, String name) {
    String type = resource.type().qualifiedName();
    if (type.equals(Crds.QUALIFIED_NAME) || type.equals("events") || type.equals("events.events.k8s.io")) {
      return null; // which say this and more of themselves
    }
    if (SEGMENTS.contains(type)) {
      return name.equals(".") || name.equals("..") ? "may not be '" + name + "'"
          : name.contains("/") ? "may not contain '/'" : name.contains("%") ? "may not contain '%'" : null;
    }
    if (LABELLED.contains(type)) {
      return first(Checks.label(name));
    }
    if (type.equals("cronjobs.batch") && name.length() > LONGEST_CRON_JOB) {
      return "must be no more than 52 characters";
    }
    return first(Checks.subdomain(name));
  }

  private static @Nullable String first(List<String> wrong) {
    return wrong.isEmpty() ? null : wrong.get(0);
  }
}
