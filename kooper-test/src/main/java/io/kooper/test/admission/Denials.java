package io.kooper.test.admission;

import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a client is told whose change a webhook has refused. */
final class Denials {

  private Denials() {}

  /** @param said the status of the response, which may be missing */
  static StatusException of(String webhook, JsonNode said) {
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.set("metadata", said.path("metadata").isObject() ? said.path("metadata") : Json.object());
    String outcome = said.path("status").asString("");
    status.put("status", outcome.isEmpty() || outcome.equals("Success") ? "Failure" : outcome);
    String why = said.path("message").asString("");
    String reason = said.path("reason").asString("");
    status.put("message", "admission webhook \"%s\" denied the request%s".formatted(webhook,
        !why.isEmpty() ? ": " + why : !reason.isEmpty() ? ": " + reason : " without explanation"));
    if (!reason.isEmpty()) {
      status.put("reason", reason);
    }
    if (said.path("details").isObject()) {
      status.set("details", said.path("details"));
    }
    return new StatusException(status.put("code", Math.max(said.path("code").asInt(400), 400)));
  }
}
