package io.kooper.test.admission;

import java.util.List;

/** A change concerns webhooks that have not been asked yet: it is tried again with their answers. Nothing has been written. */
public final class Unanswered extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Admission admission;
  private final transient List<Question> questions;

  Unanswered(Admission admission, List<Question> questions) {
    super("webhooks have to be asked first", null, false, false); // no stack trace: it is a way, not a defect
    this.admission = admission;
    this.questions = questions;
  }

  /** For a webhook, and what tells it from other questions of the same request. */
  record Question(String key, Hook hook, Review review) {}

  Admission admission() {
    return admission;
  }

  List<Question> questions() {
    return questions;
  }
}
