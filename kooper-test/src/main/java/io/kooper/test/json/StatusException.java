package io.kooper.test.json;

import tools.jackson.databind.node.ObjectNode;

/** A request's failure, in the words of the API server. */
public final class StatusException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ObjectNode status;
  private final boolean page;

  public StatusException(ObjectNode status) {
    this(status, false);
  }

  /** @param page whether the message is told alone, without a Status around it */
  public StatusException(ObjectNode status, boolean page) {
    // no stack trace: it is an answer, not a defect
    super(status.path("message").asString(), null, false, false);
    this.status = status;
    this.page = page;
  }

  public boolean isPage() {
    return page;
  }

  public int code() {
    return status.path("code").asInt();
  }

  public ObjectNode status() {
    return status;
  }
}
