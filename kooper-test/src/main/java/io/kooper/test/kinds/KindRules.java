package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The checks that a line of {@code rules.txt} cannot say: those that compare one part of an object with another. */
final class KindRules {

  private static final Map<String, List<String>> SECRETS = Map.of("kubernetes.io/tls", List.of("tls.crt", "tls.key"),
      "kubernetes.io/dockerconfigjson", List.of(".dockerconfigjson"), "kubernetes.io/dockercfg", List.of(".dockercfg"),
      "kubernetes.io/ssh-auth", List.of("ssh-privatekey"));
  private static final int MOST_DATA = 1024 * 1024;
  private static final int HIGHEST_PRIORITY = 1_000_000_000;

  private final JsonNode object;
  private final List<Problem> problems;

  KindRules(JsonNode object, List<Problem> problems) {
    this.object = object;
    this.problems = problems;
  }

  void check(String kind) {
    JsonNode spec = object.path("spec");
    switch (kind) {
      case "Pod" -> PodRules.check(spec, "spec", problems);
      case "PodTemplate" -> PodRules.check(object.at("/template/spec"), "template.spec", problems);
      case "Deployment" -> {
        workload(spec, true, true);
        strategy(spec);
      }
      case "ReplicaSet" -> workload(spec, true, false);
      case "StatefulSet" -> {
        workload(spec, true, false);
        spec.path("volumeClaimTemplates").forEach(claim -> claim(claim.path("spec")));
      }
      case "NetworkPolicy" -> {
        peers(spec.path("ingress"), "from", "spec.ingress");
        peers(spec.path("egress"), "to", "spec.egress");
      }
      case "DaemonSet" -> workload(spec, false, false);
      case "ReplicationController" -> {
        if (spec.path("selector").properties().stream()
            .anyMatch(label -> !label.getValue().equals(spec.at("/template/metadata/labels").get(label.getKey())))) {
          problems.add(Problem.invalid("spec.template.metadata.labels", Problem.shown(spec.at("/template/metadata/labels")),
              "`selector` does not match template `labels`"));
        }
        template(spec.path("template"), "spec.template");
      }
      case "Job" -> job(spec, "spec");
      case "CronJob" -> {
        CronSchedule.check(spec.path("schedule").asString(""), problems);
        job(spec.at("/jobTemplate/spec"), "spec.jobTemplate.spec");
      }
      case "Service" -> ServiceRules.check(spec, problems);
      case "ConfigMap" -> {
        data("data");
        data("binaryData");
      }
      case "Secret" -> secret();
      case "PersistentVolumeClaim" -> claim(spec);
      case "Event" -> EventRules.check(object, problems);
      case "Ingress" -> ingress(spec);
      case "Role" -> roles(true);
      case "ClusterRole" -> roles(false);
      case "HorizontalPodAutoscaler" -> autoscaler(spec);
      case "PodDisruptionBudget" -> {
        if (spec.has("minAvailable") && spec.has("maxUnavailable")) {
          problems.add(Problem.invalid("spec", Problem.shown(spec), "minAvailable and maxUnavailable cannot be both set"));
        }
      }
      case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" -> {
        WebhookRules.check(object.path("webhooks"), problems);
      }
      case "PriorityClass" -> {
        if (object.path("value").asLong() > HIGHEST_PRIORITY && !object.at("/metadata/name").asString("").startsWith("system-")) {
          problems.add(Problem.forbidden("value", "maximum allowed value of a user defined priority is " + HIGHEST_PRIORITY));
        }
      }
      case "CertificateSigningRequest" -> {
        String request = spec.path("request").asString("");
        if (!request.startsWith("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNU")) { // -----BEGIN CERTIFICATE REQUEST
          problems.add(Problem.invalid("spec.request", Problem.shown(spec.path("request")),
              "PEM block type must be CERTIFICATE REQUEST"));
        }
      }
      default -> { }
    }
  }

  /** Selector and template: the pods must be those that it makes. */
  private void workload(JsonNode spec, boolean selectorRequired, boolean replicaSet) {
    JsonNode selector = spec.path("selector");
    JsonNode labels = spec.at("/template/metadata/labels");
    if (selectorRequired && !selector.isObject()) {
      problems.add(Problem.required("spec.selector", ""));
    } else if (selector.isObject() && selector.isEmpty()) {
      problems.add(Problem.invalid("spec.selector", "{}", "empty selector is invalid for "
          + (replicaSet ? "deployment" : object.path("kind").asString("").toLowerCase(Locale.ROOT))));
    }
    SelectorMatch.problems(selector, "spec.selector", problems);
    if (!(selector.isObject() && selector.isEmpty()) && !SelectorMatch.matches(selector, labels)) {
      problems.add(Problem.invalid("spec.template.metadata.labels", labels.isObject() ? Problem.shown(labels) : "null",
          "`selector` does not match template `labels`"));
    }
    template(spec.path("template"), "spec.template");
  }

  private void template(JsonNode template, String path) {
    Labels.check(template.at("/metadata/labels"), path + ".labels", problems);
    Set<String> claims = object.at("/spec/volumeClaimTemplates").valueStream()
        .map(claim -> claim.at("/metadata/name").asString("")).collect(Collectors.toSet());
    PodRules.check(template.path("spec"), path + ".spec", claims, problems);
    String policy = template.at("/spec/restartPolicy").asString("Always");
    if (!policy.equals("Always") && !problems.stream().anyMatch(one -> one.field().equals(path + ".spec.restartPolicy"))) {
      problems.add(Problem.of("FieldValueNotSupported", path + ".spec.restartPolicy", "Unsupported value", policy,
          "supported values: \"Always\""));
    }
    if (template.path("spec").has("activeDeadlineSeconds")) {
      problems.add(Problem.forbidden(path + ".spec.activeDeadlineSeconds",
          "activeDeadlineSeconds in ReplicaSet is not Supported"));
    }
  }

  private void strategy(JsonNode spec) {
    JsonNode strategy = spec.path("strategy");
    String type = strategy.path("type").asString("");
    JsonNode rolling = strategy.path("rollingUpdate");
    if (type.equals("Recreate") && rolling.isObject()) {
      problems.add(Problem.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
    } else if (type.equals("RollingUpdate")) {
      if (isZero(rolling.path("maxSurge")) && isZero(rolling.path("maxUnavailable"))) {
        problems.add(Problem.invalid("spec.strategy.rollingUpdate.maxUnavailable", Problem.shown(rolling.path("maxUnavailable")),
            "may not be 0 when `maxSurge` is 0"));
      }
    } else if (!type.equals("Recreate")) {
      problems.add(new Problem("FieldValueNotSupported", "spec.strategy",
          "Unsupported value: {\"Type\":%s,\"RollingUpdate\":null}: "
          .formatted(Problem.shown(strategy.path("type"))) + "supported values: \"Recreate\", \"RollingUpdate\""));
    }
    JsonNode deadline = spec.path("progressDeadlineSeconds");
    if (deadline.isNumber() && deadline.asInt() <= spec.path("minReadySeconds").asInt(0)) {
      problems.add(Problem.invalid("spec.progressDeadlineSeconds", deadline.asString(), "must be greater than minReadySeconds"));
    }
  }

  private static boolean isZero(JsonNode value) {
    return value.asString("").equals("0") || value.asString("").equals("0%");
  }

  private void job(JsonNode spec, String path) {
    if (spec.path("completionMode").asString("").equals("Indexed") && !spec.has("completions")) {
      problems.add(Problem.required(path + ".completions", "when completion mode is Indexed"));
    }
    String policy = spec.at("/template/spec/restartPolicy").asString("");
    if (policy.equals("Always") || policy.isEmpty()) {
      problems.add(Problem.required(path + ".template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""));
    }
    Labels.check(spec.at("/template/metadata/labels"), path + ".template.labels", problems);
    PodRules.check(spec.at("/template/spec"), path + ".template.spec", problems);
    if (spec.has("selector") && !SelectorMatch.matches(spec.path("selector"), spec.at("/template/metadata/labels"))) {
      problems.add(Problem.invalid(path + ".template.metadata.labels", Problem.shown(spec.at("/template/metadata/labels")),
          "`selector` does not match template `labels`"));
    }
  }

  private long data(String member) {
    long size = 0;
    for (Map.Entry<String, JsonNode> one : object.path(member).properties()) {
      String path = member + "[" + one.getKey() + "]";
      Checks.configKey(one.getKey()).forEach(wrong -> problems.add(
          Problem.of("FieldValueInvalid", path, "Invalid value", one.getKey(), wrong)));
      size += one.getValue().asString("").length();
    }
    if (size > MOST_DATA) {
      problems.add(new Problem("FieldValueTooLong", "", "Too long: may not be more than " + MOST_DATA + " bytes"));
    }
    return size;
  }

  private void secret() {
    data("data");
    String type = object.path("type").asString("");
    JsonNode data = object.path("data");
    SECRETS.getOrDefault(type, List.of()).stream().filter(key -> !data.has(key))
        .forEach(key -> problems.add(Problem.required("data[" + key + "]", "")));
    if (type.equals("kubernetes.io/basic-auth") && !data.has("username") && !data.has("password")) {
      problems.add(Problem.required("data[username]", ""));
      problems.add(Problem.required("data[password]", ""));
    }
    if (type.equals("kubernetes.io/service-account-token")
        && !object.path("metadata").path("annotations").has("kubernetes.io/service-account.name")) {
      problems.add(Problem.required("metadata.annotations[kubernetes.io/service-account.name]", ""));
    }
  }

  private void claim(JsonNode spec) {
    JsonNode storage = spec.at("/resources/requests/storage");
    Quantity amount = Quantity.parse(storage.asString(""));
    if (amount == null) {
      problems.add(Problem.required("spec.resources[storage]", ""));
    } else if (amount.value().signum() <= 0) {
      problems.add(Problem.invalid("spec.resources[storage]", Problem.shown(storage), "must be greater than zero"));
    }
  }

  private void peers(JsonNode rules, String member, String path) {
    int index = 0;
    for (JsonNode rule : rules) {
      String at = path + "[" + index++ + "]";
      int number = 0;
      for (JsonNode peer : rule.path(member)) {
        String of = at + "." + member + "[" + number++ + "]";
        if (peer.isEmpty()) {
          problems.add(Problem.required(of, "must specify a peer"));
        }
      }
      number = 0;
      for (JsonNode port : rule.path("ports")) {
        String of = at + ".ports[" + number++ + "].endPort";
        JsonNode end = port.path("endPort");
        if (end.isNumber() && !port.path("port").isNumber()) {
          problems.add(Problem.invalid(of, end.asString(), "may not be specified when `port` is unspecified or non-numeric"));
        } else if (end.isNumber() && end.asInt() < port.path("port").asInt()) {
          problems.add(Problem.invalid(of, end.asString(), "must be greater than or equal to `port`"));
        }
      }
    }
  }

  private void ingress(JsonNode spec) {
    if (spec.has("defaultBackend")) {
      backend(spec.path("defaultBackend"), "spec.defaultBackend");
    }
    if (!spec.has("rules") && !spec.has("defaultBackend")) {
      problems.add(Problem.invalid("spec", "null", "either `defaultBackend` or `rules` must be specified"));
    }
    int index = 0;
    for (JsonNode rule : spec.path("rules")) {
      String path = "spec.rules[" + index++ + "]";
      String host = rule.path("host").asString("");
      if (!host.isEmpty() && !host.startsWith("*.")) {
        List<String> wrong = host.matches("[0-9.]+") ? List.of("must be a DNS name, not an IP address") : Checks.subdomain(host);
        wrong.forEach(why -> problems.add(Problem.of("FieldValueInvalid", path + ".host", "Invalid value", host, why)));
      }
      int number = 0;
      for (JsonNode one : rule.at("/http/paths")) {
        ingressPath(one, path + ".http.paths[" + number++ + "]");
      }
    }
  }

  private void ingressPath(JsonNode one, String path) {
    String type = one.path("pathType").asString("");
    String http = one.path("path").asString("");
    if ((type.equals("Prefix") || type.equals("Exact")) && !http.startsWith("/")) {
      problems.add(Problem.of("FieldValueInvalid", path + ".path", "Invalid value", http, "must be an absolute path"));
    }
    backend(one.path("backend"), path + ".backend");
  }

  private void backend(JsonNode backend, String path) {
    JsonNode port = backend.at("/service/port");
    if (!backend.has("service") && !backend.has("resource")) {
      problems.add(Problem.invalid(path, "\"\"", "resource or service backend is required"));
    } else if (backend.has("service") && port.path("name").asString("").isEmpty() && port.path("number").asInt(0) == 0) {
      problems.add(Problem.required(path, "port name or number is required"));
    }
  }

  private void roles(boolean namespaced) {
    int index = 0;
    for (JsonNode rule : object.path("rules")) {
      String path = "rules[" + index++ + "]";
      JsonNode urls = rule.path("nonResourceURLs");
      if (urls.size() > 0 && namespaced) {
        problems.add(Problem.invalid(path + ".nonResourceURLs", Problem.shown(urls),
            "namespaced rules cannot apply to non-resource URLs"));
      } else if (urls.size() > 0 && Stream.of("apiGroups", "resources",
          "resourceNames").anyMatch(one -> rule.path(one).size() > 0)) {
        problems.add(Problem.invalid(path + ".nonResourceURLs", Problem.shown(urls),
            "rules cannot apply to both regular resources and non-resource URLs"));
      } else if (urls.isEmpty()) {
        if (rule.path("apiGroups").isEmpty()) {
          problems.add(Problem.required(path + ".apiGroups", "resource rules must supply at least one api group"));
        }
        if (rule.path("resources").isEmpty()) {
          problems.add(Problem.required(path + ".resources", "resource rules must supply at least one resource"));
        }
      }
    }
  }

  private void autoscaler(JsonNode spec) {
    int index = 0;
    for (JsonNode metric : spec.path("metrics")) {
      String type = metric.path("type").asString("");
      String path = "spec.metrics[" + index++ + "]";
      String source = type.isEmpty() ? "" : Character.toLowerCase(type.charAt(0)) + type.substring(1);
      JsonNode target = metric.path(source).path("target");
      if (!type.isEmpty() && !metric.has(source)) {
        problems.add(Problem.required(path + "." + source,
            "must populate information for the given metric source"));
      } else if (target.path("type").asString("").equals("Utilization") && !target.has("averageUtilization")) {
        problems.add(Problem.required(path + "." + source + ".target.averageUtilization",
            "must set either a target raw value or a target utilization"));
      } else if (target.path("type").asString("").equals("AverageValue") && !target.has("averageValue")) {
        problems.add(Problem.required(path + "." + source + ".target.averageValue",
            "must specify a positive target averageValue"));
      }
    }
    JsonNode most = spec.path("maxReplicas");
    JsonNode least = spec.path("minReplicas");
    if (least.asInt(1) < 1) {
      problems.add(Problem.invalid("spec.minReplicas", least.asString(), "must be greater than or equal to 1"));
    }
    if (most.asInt(0) < 1) {
      problems.add(Problem.required("spec.maxReplicas", "must be set and greater than 0"));
    }
    if (most.asInt(0) < least.asInt(1)) {
      problems.add(Problem.invalid("spec.maxReplicas", most.asString("0"), "must be greater than or equal to `minReplicas`"));
    }
  }
}
