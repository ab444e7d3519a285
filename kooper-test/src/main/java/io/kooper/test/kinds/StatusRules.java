package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What a status says has to agree with itself. */
final class StatusRules {

  private static final Set<String> WITH_REPLICAS =
      Set.of("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController");
  private static final Set<String> VALUES = Set.of("False", "True", "Unknown");
  private static final String NEGATIVE = "must be greater than or equal to 0";

  private final JsonNode status;
  private final List<Problem> problems = new ArrayList<>();

  private StatusRules(JsonNode status) {
    this.status = status;
  }

  static List<Problem> problems(String kind, JsonNode object) {
    StatusRules rules = new StatusRules(object.path("status"));
    switch (kind) {
      case "Job" -> rules.job();
      case "PodDisruptionBudget" -> {
        rules.negative("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods");
        rules.conditions();
      }
      case "Service" -> {
        if (rules.status.at("/loadBalancer/ingress").size() > 0
            && !object.at("/spec/type").asString("").equals("LoadBalancer")) {
          rules.problems.add(
              Problem.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'"));
        }
      }
      default -> {
        if (WITH_REPLICAS.contains(kind)) {
          rules.replicas(kind);
        }
      }
    }
    return rules.problems;
  }

  private void negative(String... members) {
    for (String member : members) {
      if (status.path(member).asInt(0) < 0) {
        invalid(member, NEGATIVE);
      }
    }
  }

  private void invalid(String member, String why) {
    problems.add(Problem.invalid("status." + member, status.path(member).asString("0"), why));
  }

  private void replicas(String kind) {
    negative("replicas", "updatedReplicas", "readyReplicas", "availableReplicas");
    for (String member : List.of("updatedReplicas", "readyReplicas", "availableReplicas", "fullyLabeledReplicas")) {
      boolean counted = !member.equals("fullyLabeledReplicas") || !kind.equals("Deployment") && !kind.equals("StatefulSet");
      if (counted && status.path(member).asInt(0) > status.path("replicas").asInt(0)) {
        invalid(member, "cannot be greater than status.replicas");
      }
    }
    if (status.path("availableReplicas").asInt(0) > status.path("readyReplicas").asInt(0)) {
      invalid("availableReplicas", "cannot be greater than readyReplicas");
    }
  }

  /** A job ends in one way, with its times, and without pods. */
  private void job() {
    negative("active", "succeeded", "failed", "ready", "terminating");
    boolean complete = isTrue("Complete");
    boolean failed = isTrue("Failed");
    if (complete && failed) {
      conditions("cannot set Complete=True and Failed=true conditions");
    }
    if (complete && isTrue("FailureTarget")) {
      conditions("cannot set Complete=True and FailureTarget=true conditions");
    }
    if (complete && !isTrue("SuccessCriteriaMet")) {
      conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
    }
    if (failed && !isTrue("FailureTarget")) {
      conditions("cannot set Failed=True condition without the FailureTarget=true condition");
    }
    if (complete && !status.path("completionTime").isString()) {
      problems.add(Problem.required("status.completionTime", "completionTime is required for Complete jobs"));
    }
    if ((complete || failed) && !status.path("startTime").isString()) {
      problems.add(Problem.required("status.startTime", "startTime is required for finished job"));
    }
    for (String member : List.of("active", "terminating")) {
      if ((complete || failed) && status.path(member).asInt(0) > 0) {
        invalid(member, member + ">0 is invalid for finished job");
      }
    }
    if (!complete && status.path("completionTime").isString()) {
      problems.add(Problem.invalid("status.completionTime", Problem.shown(status.path("completionTime")),
          "cannot set completionTime when there is no Complete=True condition"));
    }
  }

  private boolean isTrue(String condition) {
    return status.path("conditions").valueStream().anyMatch(
        one -> one.path("type").asString("").equals(condition) && one.path("status").asString("").equals("True"));
  }

  private void conditions(String why) {
    problems.add(Problem.invalid("status.conditions", null, why));
  }

  /** Conditions of the type that kinds share. */
  private void conditions() {
    Set<JsonNode> types = new HashSet<>();
    int index = 0;
    for (JsonNode condition : status.path("conditions")) {
      String path = "status.conditions[" + index++ + "].";
      Labels.name(condition.path("type").asString(""), path + "type", problems);
      String value = condition.path("status").asString("");
      if (!VALUES.contains(value)) {
        problems.add(Problem.of("FieldValueNotSupported", path + "status", "Unsupported value", value,
            "supported values: \"False\", \"True\", \"Unknown\""));
      }
      for (String member : List.of("lastTransitionTime", "reason")) {
        if (condition.path(member).asString("").isEmpty()) {
          problems.add(Problem.required(path + member, ""));
        }
      }
      if (!types.add(condition.path("type"))) {
        problems.add(Problem.duplicate(path + "type", condition.path("type")));
      }
    }
  }
}
