package io.kooper.differential;

import tools.jackson.databind.JsonNode;

/** An answer, normalised. */
record Answered(int status, String warning, JsonNode body) {

  /** What is told first of a difference. */
  @Override
  public String toString() {
    return status + " " + body.path("message").asString(body.toString()) + (warning.isEmpty() ? "" : " [" + warning + "]");
  }
}
