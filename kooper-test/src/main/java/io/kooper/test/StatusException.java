package io.kooper.test;

import tools.jackson.databind.node.ObjectNode;

/** A request's failure, in the words of the API server. */
final class StatusException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ObjectNode status;
  private final boolean page;

  StatusException(ObjectNode status) {
    this(status, false);
  }

  /** @param page whether the message is told alone, without a Status around it */
  StatusException(ObjectNode status, boolean page) {
    // no stack trace: it is an answer, not a defect
    super(status.path("message").asString(), null, false, false);
    this.status = status;
    this.page = page;
  }

  boolean isPage() {
    return page;
  }

  int code() {
    return status.path("code").asInt();
  }

  ObjectNode status() {
    return status;
  }
}
