package io.kooper.test.auth;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.Resource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers questions about users and what they may do; they are posted, and stored nowhere. */
public final class Reviews {

  private static final Set<String> REVIEWS = Set.of("selfsubjectaccessreviews.authorization.k8s.io",
      "subjectaccessreviews.authorization.k8s.io", "localsubjectaccessreviews.authorization.k8s.io",
      "selfsubjectrulesreviews.authorization.k8s.io", "tokenreviews.authentication.k8s.io",
      "selfsubjectreviews.authentication.k8s.io");

  private final Access access;
  private final Tokens tokens;

  public Reviews(Access access, Tokens tokens) {
    this.access = access;
    this.tokens = tokens;
  }

  public static boolean isReview(Resource resource) {
    return REVIEWS.contains(resource.type().qualifiedName());
  }

  /** Whether somebody asks of himself, as everybody may who is known. */
  static boolean isOfOneself(Ask ask) {
    return ask.verb().equals("create") && ask.resource().startsWith("selfsubject")
        && REVIEWS.contains(ask.resource() + "." + ask.group());
  }

  /**
   * The answer to a question.
   *
   * @throws StatusException 422 when it asks for nothing, or for too much
   */
  public byte[] answer(Resource resource, Caller caller, @Nullable String namespace, ObjectNode review) {
    ObjectNode metadata = Json.metadata(review);
    if (namespace != null) {
      metadata.put("namespace", namespace);
    }
    ObjectNode spec = review.get("spec") instanceof ObjectNode given ? given : Json.object();
    switch (resource.type().kind()) {
      case "SelfSubjectRulesReview" -> {
        rules(review.putObject("status"), access.rules(caller, spec.path("namespace").asString("")));
        review.putObject("spec"); // as the API server, which does not repeat it
        metadata.remove("managedFields");
      }
      case "TokenReview" -> token(review.putObject("status"), tokens.find(spec.path("token").asString("")));
      case "SelfSubjectReview" -> {
        metadata.put("creationTimestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        review.putObject("status").set("userInfo", caller.json());
      }
      default -> {
        if (spec.has("resourceAttributes") == spec.has("nonResourceAttributes")) {
          throw Statuses.invalid(
              ResourceType.of(resource.type().group(), resource.type().version(), "Review", "reviews", false), "",
              "spec.resourceAttributes", "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must"
                  + " be specified");
        }
        List<String> groups = spec.path("groups").valueStream().map(group -> group.asString("")).toList();
        Caller subject = resource.type().kind().startsWith("Self") ? caller
            : new Caller(spec.path("user").asString(""), spec.path("uid").asString(""), groups);
        String reason = access.reason(subject, Ask.of(spec));
        ObjectNode status = review.putObject("status").put("allowed", reason != null);
        if (reason != null && !reason.isEmpty()) {
          status.put("reason", reason);
        }
      }
    }
    return Json.bytes(review);
  }

  private static void token(ObjectNode status, @Nullable Caller known) {
    if (known == null) {
      status.put("error", "invalid bearer token").putObject("user");
    } else {
      status.put("authenticated", true).set("user", known.json());
    }
  }

  private static void rules(ObjectNode status, List<Rule> rules) {
    status.put("incomplete", false);
    ArrayNode resources = status.putArray("resourceRules");
    ArrayNode paths = status.putArray("nonResourceRules");
    rules.forEach(rule -> (rule.isOfResources() ? resources : paths).add(rule.json()));
  }
}
