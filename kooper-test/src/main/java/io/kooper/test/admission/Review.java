package io.kooper.test.admission;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.types.Resource;
import java.util.Base64;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An {@code AdmissionReview} of {@code admission.k8s.io/v1}: what a webhook is asked, and how its answer is understood. */
record Review(ObjectNode request) {

  private static final String API_VERSION = "admission.k8s.io/v1";

  /**
   * A question about a change.
   *
   * @param seen the change in the version that the webhook knows
   * @param asked the same as it was asked for
   */
  static Review of(Change seen, Change asked, ObjectNode user, ObjectNode options, boolean dryRun) {
    ObjectNode request = Json.object().put("uid", UUID.randomUUID().toString());
    request.set("kind", kind(seen.kind()));
    request.set("resource", resource(seen.resource()));
    subresource(request, "subResource", seen);
    request.set("requestKind", kind(asked.kind()));
    request.set("requestResource", resource(asked.resource()));
    subresource(request, "requestSubResource", asked);
    if (!seen.name().isEmpty()) {
      request.put("name", seen.name());
    }
    String namespace = seen.resource().is("namespaces") ? seen.name() : seen.namespace();
    if (!namespace.isEmpty()) {
      request.put("namespace", namespace);
    }
    request.put("operation", seen.operation()).set("userInfo", user);
    request.set("object", orNull(seen.object()));
    request.set("oldObject", orNull(seen.old()));
    request.put("dryRun", dryRun).set("options", options);
    return new Review(request);
  }

  private static JsonNode orNull(@Nullable ObjectNode object) {
    return object == null ? Json.object().nullNode() : object;
  }

  private static ObjectNode kind(ResourceType type) {
    return Json.object().put("group", type.group()).put("version", type.version()).put("kind", type.kind());
  }

  private static ObjectNode resource(Resource resource) {
    return Json.object().put("group", resource.type().group()).put("version", resource.type().version())
        .put("resource", resource.type().plural());
  }

  private static void subresource(ObjectNode request, String member, Change change) {
    if (change.subresource() != null) {
      request.put(member, change.subresource());
    }
  }

  byte[] body() {
    ObjectNode review = Json.object().put("kind", "AdmissionReview").put("apiVersion", API_VERSION);
    return Json.bytes(review.set("request", request));
  }

  /** What a webhook has answered with, or why that is no answer. */
  Answer answer(byte[] body) {
    JsonNode review;
    try {
      review = Json.tree(body);
    } catch (JacksonException e) {
      return Answer.failure("failed to call webhook: couldn't get version/kind; json parse error: " + e.getOriginalMessage());
    }
    String kind = review.path("kind").asString("");
    String version = review.path("apiVersion").asString("");
    if (!kind.equals("AdmissionReview") || !version.equals(API_VERSION)) {
      return invalid("expected webhook response of %s, Kind=AdmissionReview, got %s%s, Kind=%s".formatted(
          API_VERSION, version.contains("/") ? "" : "/", version, kind));
    }
    if (!(review.get("response") instanceof ObjectNode response)) {
      return invalid("webhook response was absent");
    }
    String uid = response.path("uid").asString("");
    String wanted = request.path("uid").asString();
    if (!uid.equals(wanted)) {
      return invalid("expected response.uid=\"%s\", got \"%s\"".formatted(wanted, uid));
    }
    try {
      Base64.getDecoder().decode(response.path("patch").asString(""));
    } catch (IllegalArgumentException e) {
      return Answer.failure("failed to call webhook: " + e.getMessage());
    }
    return new Answer(response, null);
  }

  private static Answer invalid(String why) {
    return Answer.failure("received invalid webhook response: " + why);
  }

  /**
   * The answer of a webhook.
   *
   * @param response null if there is none
   * @param failure why there is none
   */
  record Answer(@Nullable ObjectNode response, @Nullable String failure) {

    static Answer failure(String why) {
      return new Answer(null, why);
    }

    /** Why it is no answer, or none that a webhook of this kind may give. */
    @Nullable String failure(boolean mutating) {
      if (response == null) {
        return failure;
      }
      boolean patched = !response.path("patch").isMissingNode() && !response.path("patch").isNull();
      String type = response.path("patchType").asString("");
      String wrong = !mutating ? patched ? "validating webhook may not return response.patch"
              : !type.isEmpty() ? "validating webhook may not return response.patchType" : null
          : patched && type.isEmpty() ? "webhook returned response.patch but not response.patchType"
          : !type.isEmpty() && !type.equals("JSONPatch") ? "webhook returned invalid response.patchType of \"" + type + "\""
          : null;
      return wrong == null ? null : "received invalid webhook response: " + wrong;
    }

    byte[] patch() {
      return response == null ? new byte[0] : Base64.getDecoder().decode(response.path("patch").asString(""));
    }
  }
}
