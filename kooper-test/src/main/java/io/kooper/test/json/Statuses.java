package io.kooper.test.json;

import io.kooper.test.ApiRequest;
import io.kooper.test.ResourceType;
import io.kooper.test.validation.Problem;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The {@code Status} objects of the API server, worded as it words them, since clients and people read the words. */
public final class Statuses {

  private static final Map<Integer, String> REASONS = Map.ofEntries(Map.entry(400, "BadRequest"),
      Map.entry(401, "Unauthorized"), Map.entry(403, "Forbidden"), Map.entry(404, "NotFound"),
      Map.entry(405, "MethodNotAllowed"), Map.entry(406, "NotAcceptable"), Map.entry(409, "Conflict"),
      Map.entry(410, "Expired"), Map.entry(413, "RequestEntityTooLarge"), Map.entry(415, "UnsupportedMediaType"),
      Map.entry(422, "Invalid"), Map.entry(429, "TooManyRequests"), Map.entry(500, "InternalError"),
      Map.entry(503, "ServiceUnavailable"), Map.entry(504, "Timeout"));

  private Statuses() {}

  /** A failure without details; the reason is the usual one of the code. */
  public static ObjectNode failure(int code, String message) {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    status.put("status", "Failure").put("message", message);
    String reason = REASONS.get(code);
    if (reason != null) {
      status.put("reason", reason);
    }
    return status.put("code", code);
  }

  /** A failure of the API server itself, for which it gives no reason. */
  public static ObjectNode unreasoned(int code, String message) {
    return failure(code, message).without("reason");
  }

  public static ObjectNode success(ResourceType type, String name, @Nullable String uid) {
    ObjectNode status = Json.object();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    status.put("status", "Success");
    details(status, type, name);
    if (uid != null) {
      ((ObjectNode) status.get("details")).put("uid", uid);
    }
    return status;
  }

  /** A failure of the API server itself. */
  public static StatusException internal(String why) {
    ObjectNode status = failure(500, "Internal error occurred: " + why);
    status.putObject("details").putArray("causes").addObject().put("message", why);
    return new StatusException(status);
  }

  /** What a client of some other server makes of an answer that says nothing of Kubernetes. */
  public static String generic(int code, String body) {
    return switch (code) {
      case 400 -> "the server rejected our request for an unknown reason";
      case 401 -> "the server has asked for the client to provide credentials";
      case 403 -> body;
      case 404 -> "the server could not find the requested resource";
      case 405 -> "the server does not allow this method on the requested resource";
      case 429 -> "the server has received too many requests and has asked us to try again later";
      case 500 -> "an error on the server (\"%s\") has prevented the request from succeeding".formatted(body);
      case 503 -> "the server is currently unable to handle the request";
      case 504 -> "the server was unable to return a response in the time allotted, but may still be processing the request";
      default -> "the server responded with the status code %d but did not return more information".formatted(code);
    };
  }

  public static StatusException badRequest(String message) {
    return new StatusException(failure(400, message));
  }

  public static StatusException notFound(ResourceType type, String name) {
    return about(404, type, name, "%s \"%s\" not found".formatted(type.qualifiedName(), name));
  }

  /** What the API server answers for a path of which none of its parts knows anything. */
  public static StatusException noSuchPage() {
    return new StatusException(failure(404, "404 page not found\n"), true);
  }

  /** What the API server answers for a path it does not know. */
  public static StatusException noSuchPath() {
    ObjectNode status = failure(404, "the server could not find the requested resource");
    status.putObject("details");
    return new StatusException(status);
  }

  /** @param generated whether the client has asked for a name that begins like that */
  public static StatusException alreadyExists(ResourceType type, String name, boolean generated) {
    StatusException e = about(409, type, name, "%s \"%s\" already exists%s".formatted(type.qualifiedName(), name,
        generated ? ", the server was not able to generate a unique name for the object" : ""));
    e.status().put("reason", "AlreadyExists");
    if (generated) {
      e.status().withObjectProperty("details").put("retryAfterSeconds", 1);
    }
    return e;
  }

  public static StatusException conflict(ResourceType type, String name, String why) {
    return about(409, type, name,
        "Operation cannot be fulfilled on %s \"%s\": %s".formatted(type.qualifiedName(), name, why));
  }

  public static StatusException staleVersion(ResourceType type, String name) {
    return conflict(type, name,
        "the object has been modified; please apply your changes to the latest version and try again");
  }

  public static StatusException forbidden(ResourceType type, String name, String why) {
    return about(403, type, name, "%s \"%s\" is forbidden: %s".formatted(type.qualifiedName(), name, why));
  }

  /** Nothing begins in a namespace that ends. */
  public static StatusException namespaceTerminating(ResourceType type, String name, String namespace) {
    StatusException e = forbidden(type, name,
        "unable to create new content in namespace %s because it is being terminated".formatted(namespace));
    ((ObjectNode) e.status().get("details")).putArray("causes").addObject().put("reason", "NamespaceTerminating")
        .put("message", "namespace %s is being terminated".formatted(namespace)).put("field", "metadata.namespace");
    return e;
  }

  /** Somebody may not do what he asks for. */
  public static StatusException notPermitted(ApiRequest request, String user) {
    String resource = request.resource() + (request.subresource() == null ? "" : "/" + request.subresource());
    if (resource.isEmpty()) {
      ObjectNode status = failure(403,
          "forbidden: User \"%s\" cannot %s path \"%s\"".formatted(user, request.verb(), request.path()));
      status.putObject("details");
      return new StatusException(status);
    }
    ResourceType type = ResourceType.of(request.group(), "v1", resource, resource, true);
    String name = request.name() == null ? "" : request.name();
    String namespace = request.namespace() == null ? "" : request.namespace();
    return about(403, type, name, "%s%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" %s".formatted(
        type.qualifiedName(), name.isEmpty() ? "" : " \"" + name + "\"", user, request.verb(), resource, request.group(),
        namespace.isEmpty() ? "at the cluster scope" : "in the namespace \"" + namespace + "\""));
  }

  public static StatusException invalid(ResourceType type, String name, String field, String why) {
    String kind = type.group().isEmpty() ? type.kind() : type.kind() + "." + type.group();
    StatusException e = about(422, type, name, "%s \"%s\" is invalid: %s: %s".formatted(kind, name, field, why));
    ObjectNode details = (ObjectNode) e.status().get("details");
    details.put("kind", type.kind());
    details.putArray("causes").addObject().put("reason", "FieldValueInvalid").put("message", why).put("field", field);
    return e;
  }

  /** Everything that is wrong with an object. */
  public static StatusException invalid(ResourceType type, String name, List<Problem> problems) {
    StatusException e = about(422, type, name, "%s \"%s\" is invalid: %s".formatted(
        type.group().isEmpty() ? type.kind() : type.kind() + "." + type.group(), name, Problem.join(problems)));
    ObjectNode details = (ObjectNode) e.status().get("details");
    ArrayNode causes = details.put("kind", type.kind()).putArray("causes");
    problems.forEach(problem -> causes.addObject().put("reason", problem.reason()).put("message", problem.message())
        .put("field", problem.field()));
    return e;
  }

  /** An update that does not say of which version: the API server names the plural where it names kinds otherwise. */
  public static StatusException unversioned(ResourceType type, String name) {
    return invalid(ResourceType.of(type.group(), type.version(), type.plural(), type.plural(), type.namespaced()), name,
        "metadata.resourceVersion", "Invalid value: 0: must be specified for an update");
  }

  /** A patch that does not fit: the API server does not say why. */
  public static StatusException unprocessable() {
    ObjectNode status = failure(422, "the server rejected our request due to an error in our request");
    status.putObject("details");
    return new StatusException(status);
  }

  /** What is applied cannot be understood: a failure of the API server itself, for which it gives no reason. */
  public static StatusException unapplied(String why) {
    return new StatusException(unreasoned(500, why));
  }

  /** What a patch has made, which is this text, cannot be understood. */
  public static StatusException invalidPatch(String patched, String why) {
    Problem problem = Problem.of("FieldValueInvalid", "patch", "Invalid value", patched, why);
    StatusException e = new StatusException(failure(422, " \"\" is invalid: " + problem));
    e.status().putObject("details").putArray("causes").addObject().put("reason", problem.reason())
        .put("message", problem.message()).put("field", problem.field());
    return e;
  }

  public static StatusException invalidOptions(String kind, String field, String reason, String why) {
    return invalidOptions(kind, List.of(new Problem(reason, field, why)));
  }

  /** Everything that is wrong with what a request says beside its object. */
  public static StatusException invalidOptions(String kind, List<Problem> problems) {
    return invalid(ResourceType.of("meta.k8s.io", "v1", kind, kind, false), "", problems);
  }

  public static StatusException methodNotAllowed() {
    ObjectNode status = failure(405, "the server does not allow this method on the requested resource");
    status.putObject("details");
    return new StatusException(status);
  }

  public static StatusException unsupportedMedia() {
    ObjectNode status = failure(415, "415: Unsupported Media Type");
    status.putObject("details");
    return new StatusException(status);
  }

  /** There is no such form of what the client takes. */
  public static StatusException notAcceptable() {
    return new StatusException(failure(406,
        "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"));
  }

  /**
   * There is nothing that the client takes.
   *
   * @param stream whether it may be watched what was asked for
   */
  public static StatusException notAcceptable(boolean stream) {
    ObjectNode status = failure(406, "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml,"
        + " application/vnd.kubernetes.protobuf"
        + (stream ? ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch" : ""));
    status.putObject("details");
    return new StatusException(status);
  }

  public static StatusException unsupportedPatch(boolean custom) {
    return new StatusException(failure(415, "the body of the request was in an unknown format - accepted media types "
        + "include: application/json-patch+json, application/merge-patch+json, "
        + (custom ? "" : "application/strategic-merge-patch+json, ") + "application/apply-patch+yaml"));
  }

  /** Other managers own what one would like to apply. */
  public static StatusException applyConflict(String message, Map<String, String> causes) {
    ObjectNode status = failure(409, message);
    ArrayNode array = status.putObject("details").putArray("causes");
    causes.forEach((field, why) -> array.addObject().put("reason", "FieldManagerConflict").put("message", why)
        .put("field", field));
    return new StatusException(status);
  }

  /** The version asked for has been compacted: the client must list anew. */
  public static StatusException expired(long requested, long oldest) {
    return new StatusException(failure(410, "too old resource version: %d (%d)".formatted(requested, oldest)));
  }

  public static StatusException continueExpired() {
    return new StatusException(failure(410,
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            + "without the continue parameter."));
  }

  public static StatusException tooLargeVersion(long requested, long current) {
    StatusException e = new StatusException(failure(504,
        "Timeout: Too large resource version: %d, current: %d".formatted(requested, current)));
    ObjectNode details = e.status().putObject("details");
    details.putArray("causes").addObject().put("reason", "ResourceVersionTooLarge")
        .put("message", "Too large resource version");
    details.put("retryAfterSeconds", 1);
    return e;
  }

  private static StatusException about(int code, ResourceType type, String name, String message) {
    ObjectNode status = failure(code, message);
    details(status, type, name);
    return new StatusException(status);
  }

  private static void details(ObjectNode status, ResourceType type, String name) {
    ObjectNode details = status.putObject("details");
    if (!name.isEmpty()) {
      details.put("name", name);
    }
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    details.put("kind", type.plural());
  }
}
