package io.kooper.test.http;

import io.kooper.test.admission.Admission;
import io.kooper.test.admission.Hooks;
import io.kooper.test.auth.Caller;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import io.kooper.test.validation.Problem;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** What a request says beside its object; bad values are refused in the words of the API server. */
final class Options {

  private static final List<String> PROPAGATIONS = List.of("Foreground", "Background", "Orphan");

  private Options() {}

  /** @throws StatusException 422 for a kind of dry run that there is not */
  static void dryRun(Call call) {
    String value = call.param("dryRun");
    if (value != null && !value.equals("All")) {
      throw Statuses.invalidOptions(kind(call), "dryRun", "FieldValueNotSupported",
          "Unsupported value: [\"%s\"]: supported values: \"All\"".formatted(value));
    }
  }

  private static String kind(Call call) {
    return switch (call.request().verb()) {
      case "create" -> "CreateOptions";
      case "update" -> "UpdateOptions";
      case "patch" -> "PatchOptions";
      default -> "DeleteOptions";
    };
  }

  /**
   * How something is to be deleted: as the body says, or else the query.
   *
   * @throws StatusException 400 or 422 when it cannot be like that
   */
  static ObjectNode delete(Call call, byte[] body) {
    ObjectNode options = body.length == 0 ? Json.object() : Json.readObject(body);
    String kind = options.path("kind").asString("DeleteOptions");
    if (!kind.equals("DeleteOptions")) {
      String version = options.path("apiVersion").asString("v1");
      throw Statuses.badRequest("no kind \"%s\" is registered for version \"%s\" in scheme \"k8s.io/apimachinery/pkg/apis/meta/"
          .formatted(kind, version) + "internalversion/scheme/register.go:27\"");
    }
    for (String name : List.of("propagationPolicy", "gracePeriodSeconds", "orphanDependents")) {
      String value = call.param(name);
      if (value != null && !options.has(name)) {
        if (name.equals("gracePeriodSeconds")) {
          if (!value.matches("[-+]?\\d+")) {
            throw Statuses.badRequest("strconv.ParseInt: parsing \"%s\": invalid syntax".formatted(value));
          }
          options.put(name, call.number(name));
        } else if (name.equals("orphanDependents")) {
          options.put(name, Boolean.parseBoolean(value));
        } else {
          options.put(name, value);
        }
      }
    }
    JsonNode propagation = options.path("propagationPolicy");
    if (propagation.isString() && options.has("orphanDependents")) {
      throw refused(Problem.of("FieldValueInvalid", "propagationPolicy", "Invalid value", propagation.stringValue(),
          "orphanDependents and deletionPropagation cannot be both set"));
    }
    if (propagation.isString() && !PROPAGATIONS.contains(propagation.stringValue())) {
      throw refused(Problem.of("FieldValueNotSupported", "propagationPolicy", "Unsupported value", propagation.stringValue(),
          "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""));
    }
    return options;
  }

  /** A request's way past the webhooks, which see what it says beside its object. */
  static Admission admission(Call call, Caller caller, Hooks hooks) {
    ObjectNode options = Json.object().put("kind", kind(call)).put("apiVersion", "meta.k8s.io/v1");
    if (call.request().verb().startsWith("delete")) {
      sent(call).properties().forEach(member -> options.putIfAbsent(member.getKey(), member.getValue()));
    }
    for (String name : List.of("fieldManager", "fieldValidation", "propagationPolicy")) {
      if (call.param(name) != null) {
        options.put(name, call.param(name));
      }
    }
    if (call.param("dryRun") != null) {
      options.putArray("dryRun").add(call.param("dryRun"));
    }
    boolean dryRun = !options.path("dryRun").isEmpty();
    return Admission.of(hooks, caller.json(), options, dryRun);
  }

  private static JsonNode sent(Call call) {
    try {
      return Json.tree(call.http().body());
    } catch (JacksonException e) { // it is refused where it is obeyed
      return MissingNode.getInstance();
    }
  }

  /** What a client is told that lets the pods of a job be without saying so. */
  static List<String> warnings(Resource resource, ObjectNode options) {
    boolean said = options.path("propagationPolicy").isString() || options.path("orphanDependents").isBoolean();
    return said || !resource.is("jobs.batch") ? List.of() : List.of("child pods are preserved by default when jobs are deleted;"
        + " set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning");
  }

  private static StatusException refused(Problem problem) {
    return Statuses.invalidOptions("DeleteOptions", problem.field(), problem.reason(), problem.message());
  }
}
