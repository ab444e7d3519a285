package io.kooper.test.kinds;

import io.kooper.test.validation.CelCondition;
import io.kooper.test.validation.Problem;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What the configurations of webhooks have to be. */
final class WebhookRules {

  private static final Set<String> OPERATIONS = Set.of("*", "CREATE", "UPDATE", "DELETE", "CONNECT");
  private static final String NO_NAME = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start"
      + " and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
      + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  private static final String FORM = "; desired format: https://host[/path]";

  private WebhookRules() {}

  static void check(JsonNode webhooks, List<Problem> problems) {
    int index = 0;
    Set<String> names = new HashSet<>();
    for (JsonNode webhook : webhooks) {
      String path = "webhooks[" + index++ + "]";
      webhook(webhook, path, problems);
      if (!names.add(webhook.path("name").asString(""))) {
        problems.add(Problem.duplicate(path + ".name", webhook.path("name")));
      }
    }
  }

  private static void webhook(JsonNode webhook, String path, List<Problem> problems) {
    versions(webhook.path("admissionReviewVersions"), path + ".admissionReviewVersions", problems);
    name(webhook.path("name").asString(""), path + ".name", problems);
    int index = 0;
    for (JsonNode rule : webhook.path("rules")) {
      rule(rule, path + ".rules[" + index++ + "]", problems);
    }
    oneOf(webhook, "failurePolicy", path, problems, "Fail", "Ignore");
    oneOf(webhook, "matchPolicy", path, problems, "Equivalent", "Exact");
    oneOf(webhook, "sideEffects", path, problems, "None", "NoneOnDryRun");
    oneOf(webhook, "reinvocationPolicy", path, problems, "IfNeeded", "Never");
    int timeout = webhook.path("timeoutSeconds").asInt(10);
    if (timeout < 1 || timeout > 30) {
      problems.add(Problem.invalid(path + ".timeoutSeconds", Integer.toString(timeout),
          "the timeout value must be between 1 and 30 seconds"));
    }
    selector(webhook.path("namespaceSelector"), path + ".namespaceSelector", problems);
    selector(webhook.path("objectSelector"), path + ".objectSelector", problems);
    JsonNode client = webhook.path("clientConfig");
    if (client.has("url") == client.has("service")) {
      problems.add(Problem.required(path + ".clientConfig", "exactly one of url or service is required"));
    } else if (client.has("url")) {
      url(client.path("url").asString(""), path + ".clientConfig.url", problems);
    } else {
      service(client.path("service"), path + ".clientConfig.service", problems);
    }
    index = 0;
    Set<String> conditions = new HashSet<>();
    for (JsonNode condition : webhook.path("matchConditions")) {
      condition(condition, path + ".matchConditions[" + index++ + "]", conditions, problems);
    }
  }

  private static void versions(JsonNode versions, String path, List<Problem> problems) {
    Set<String> known = new HashSet<>();
    int index = 0;
    for (JsonNode version : versions) {
      String at = path + "[" + index++ + "]";
      String name = version.asString("");
      if (!known.add(name)) {
        invalid(at, name, "duplicate version", problems);
      } else if (!name.matches("[a-z]([-a-z0-9]*[a-z0-9])?")) {
        invalid(at, name, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
            + " character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is"
            + " '[a-z]([-a-z0-9]*[a-z0-9])?')", problems);
      }
    }
    if (!versions.isEmpty() && !known.contains("v1") && !known.contains("v1beta1")) {
      problems.add(Problem.invalid(path, Problem.shown(versions), "must include at least one of v1, v1beta1"));
    }
  }

  private static void oneOf(JsonNode json, String member, String path, List<Problem> problems, String... supported) {
    String value = json.path(member).asString("");
    if (!value.isEmpty() && !List.of(supported).contains(value)) {
      problems.add(Problem.of("FieldValueNotSupported", path + "." + member, "Unsupported value", value,
          "supported values: \"" + String.join("\", \"", supported) + "\""));
    }
  }

  /** As of other kinds, but for a last word. */
  private static void selector(JsonNode selector, String path, List<Problem> problems) {
    List<Problem> found = new ArrayList<>();
    SelectorMatch.problems(selector, path, found);
    found.removeIf(problem -> problem.field().equals(path));
    problems.addAll(found);
  }

  private static void name(String name, String path, List<Problem> problems) {
    if (name.isEmpty()) {
      problems.add(Problem.required(path, ""));
      return;
    }
    List<String> wrong = Checks.subdomain(name);
    wrong.forEach(why -> problems.add(Problem.of("FieldValueInvalid", path, "Invalid value", name, why)));
    if (wrong.isEmpty() && name.split("\\.").length < 3) {
      problems.add(Problem.of("FieldValueInvalid", path, "Invalid value", name,
          "should be a domain with at least three segments separated by dots"));
    }
  }

  private static void rule(JsonNode rule, String path, List<Problem> problems) {
    several(rule, "operations", "operations", path, problems);
    int index = 0;
    for (JsonNode operation : rule.path("operations")) {
      if (!OPERATIONS.contains(operation.asString(""))) {
        problems.add(Problem.of("FieldValueNotSupported", path + ".operations[" + index + "]", "Unsupported value",
            operation.asString(""), "supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\""));
      }
      index++;
    }
    several(rule, "apiGroups", "API groups", path, problems);
    several(rule, "apiVersions", "API versions", path, problems);
    resources(rule.path("resources"), path + ".resources", problems);
    oneOf(rule, "scope", path, problems, "*", "Cluster", "Namespaced");
  }

  private static void resources(JsonNode resources, String path, List<Problem> problems) {
    if (resources.isEmpty()) {
      problems.add(Problem.required(path, ""));
    }
    List<String> names = resources.valueStream().map(name -> name.asString("")).toList();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      int slash = name.indexOf('/');
      String all = slash < 0 ? "" : name.substring(0, slash) + "/*";
      if (name.isEmpty()) {
        problems.add(Problem.required(path + "[" + i + "]", ""));
      } else if (!name.equals(all) && names.contains(all)) {
        invalid(path + "[" + i + "]", name, "if '" + all + "' is present, must not specify " + name, problems);
      }
    }
    if (names.size() > 1 && names.contains("*/*")) {
      problems.add(Problem.invalid(path, Problem.shown(resources), "if '*/*' is present, must not specify other resources"));
    } else if (names.contains("*") && names.stream().anyMatch(name -> !name.equals("*") && !name.contains("/"))) {
      problems.add(Problem.invalid(path, Problem.shown(resources),
          "if '*' is present, must not specify other resources without subresources"));
    }
  }

  private static void several(JsonNode rule, String member, String what, String path, List<Problem> problems) {
    JsonNode values = rule.path(member);
    if (values.isEmpty()) {
      problems.add(Problem.required(path + "." + member, ""));
    } else if (values.size() > 1 && values.valueStream().anyMatch(value -> value.asString("").equals("*"))) {
      problems.add(Problem.invalid(path + "." + member, Problem.shown(values),
          "if '*' is present, must not specify other " + what));
    }
  }

  private static void url(String url, String path, List<Problem> problems) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      problems.add(Problem.required(path, "url must be a valid URL: " + e.getMessage() + FORM));
      return;
    }
    if (!"https".equals(uri.getScheme())) {
      invalid(path, uri.getScheme() == null ? "" : uri.getScheme(), "'https' is the only allowed URL scheme" + FORM, problems);
    }
    if (uri.getHost() == null) {
      invalid(path, "", "host must be specified" + FORM, problems);
    }
    if (uri.getUserInfo() != null) {
      invalid(path, uri.getUserInfo(), "user information is not permitted in the URL", problems);
    }
    if (uri.getFragment() != null) {
      invalid(path, uri.getFragment(), "fragments are not permitted in the URL", problems);
    }
    if (uri.getQuery() != null) {
      invalid(path, uri.getQuery(), "query parameters are not permitted in the URL", problems);
    }
  }

  private static void service(JsonNode service, String path, List<Problem> problems) {
    for (String member : List.of("name", "namespace")) {
      if (service.path(member).asString("").isEmpty()) {
        problems.add(Problem.required(path + "." + member, ""));
      }
    }
    int port = service.path("port").asInt(443);
    if (port < 1 || port > 65_535) {
      problems.add(Problem.invalid(path + ".port", Integer.toString(port),
          "port is not valid: must be between 1 and 65535, inclusive"));
    }
    String route = service.path("path").asString("");
    if (!route.isEmpty() && !route.startsWith("/")) {
      invalid(path + ".path", route, "must start with a '/'", problems);
    }
  }

  private static void condition(JsonNode condition, String path, Set<String> names, List<Problem> problems) {
    String expression = condition.path("expression").asString("");
    CelCondition compiled = CelCondition.condition(expression, List.of("object", "oldObject", "request"));
    if (expression.isBlank()) {
      problems.add(Problem.required(path + ".expression", ""));
    } else if (compiled.isWrong()) {
      invalid(path + ".expression", expression, String.valueOf(compiled.error()), problems);
    }
    String name = condition.path("name").asString("");
    if (name.isEmpty()) {
      problems.add(Problem.required(path + ".name", ""));
    } else if (!name.substring(name.indexOf('/') + 1).matches("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")) {
      invalid(path + ".name", name, NO_NAME, problems);
    }
    if (!name.isEmpty() && !names.add(name)) {
      problems.add(Problem.duplicate(path + ".name", condition.path("name")));
    }
  }

  private static void invalid(String path, String value, String why, List<Problem> problems) {
    problems.add(Problem.of("FieldValueInvalid", path, "Invalid value", value, why));
  }
}
