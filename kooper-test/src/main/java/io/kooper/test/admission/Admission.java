package io.kooper.test.admission;

import io.kooper.test.admission.Unanswered.Question;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.patch.Patches;
import io.kooper.test.types.Conversions;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request's way past the webhooks.
 *
 * <p>A write asks it on its way, under the store's lock, where nobody can be waited for. So when a webhook has not been asked
 * yet, the write ends with {@link Unanswered} before it has changed anything, the webhook is asked, and the write begins again
 * with what is stored then. It comes to its end with answers to all that it would ask. What it chooses at random, it chooses
 * {@link #once}.
 *
 * <p>Under the store's lock, or on the loop.
 */
public final class Admission {

  private static final Logger LOG = LoggerFactory.getLogger("io.kooper.test.EmbeddedApiServer");
  private static final Set<String> EXEMPT = Set.of("validatingwebhookconfigurations", "mutatingwebhookconfigurations",
      "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
      "mutatingadmissionpolicybindings");

  private final @Nullable Hooks hooks;
  private final ObjectNode user;
  private final ObjectNode options;
  private final boolean dryRun;
  private final Map<String, Review.Answer> answers = new HashMap<>(); // by the keys of questions
  private final Map<String, Object> choices = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private Admission(@Nullable Hooks hooks, ObjectNode user, ObjectNode options, boolean dryRun) {
    this.hooks = hooks;
    this.user = user;
    this.options = options;
    this.dryRun = dryRun;
  }

  /**
   * That of a request.
   *
   * @param user who asks, as reviews tell of him
   * @param options such as a {@code CreateOptions}
   */
  public static Admission of(Hooks hooks, ObjectNode user, ObjectNode options, boolean dryRun) {
    return new Admission(hooks, user, options, dryRun);
  }

  /** That of what the server itself writes: nobody is asked. */
  public static Admission none() {
    return new Admission(null, Json.object(), Json.object(), false);
  }

  /** The same whenever the write begins again. */
  public <T> T once(String what, Supplier<T> choice) {
    @SuppressWarnings("unchecked") // it was made by the same call
    T chosen = (T) choices.computeIfAbsent(what, key -> choice.get());
    return chosen;
  }

  /** What the client is to be told, by webhooks and others. */
  public List<String> warnings() {
    return warnings;
  }

  /** Adds to {@link #warnings}. */
  public void warn(List<String> more) {
    warnings.addAll(more);
  }

  void answered(String key, Review.Answer answer) {
    answers.put(key, answer);
    if (answer.response() != null) {
      answer.response().path("warnings").forEach(warning -> warnings.add(warning.asString("")));
    }
  }

  /** Whether mutating webhooks may want to see something. */
  public boolean mutates(Resource resource, @Nullable String subresource, String operation) {
    return hooks != null && hooks.mutating().stream()
        .anyMatch(hook -> seen(hook.matching(), resource, subresource, operation, null) != null);
  }

  /** Whether validating webhooks or policies may want to see something. */
  public boolean validates(Resource resource, @Nullable String subresource, String operation) {
    return hooks != null && Stream.concat(hooks.policies().all().stream().map(Policy::matching),
        hooks.validating().stream().map(Hook::matching))
        .anyMatch(one -> seen(one, resource, subresource, operation, null) != null);
  }

  /** The version of a type in which a webhook or a policy wants to see it; null if it does not. */
  private @Nullable Resource seen(
      Matching matching, Resource resource, @Nullable String subresource, String operation, @Nullable String name) {
    if (hooks == null || resource.type().group().equals("admissionregistration.k8s.io")
        && EXEMPT.contains(resource.type().plural())) {
      return null;
    }
    if (matching.names(resource, subresource, operation, name)) {
      return resource;
    }
    return !matching.isForEquivalents() ? null : hooks.equivalents(resource).stream()
        .filter(other -> matching.names(other, subresource, operation, name)).findFirst().orElse(null);
  }

  private @Nullable Resource seen(Matching matching, Change change) {
    return seen(matching, change.resource(), change.subresource(), change.operation(), change.name());
  }

  /**
   * What the mutating webhooks make of an object, one after the other; itself if they leave it alone.
   *
   * @param shape makes of a patched object what its type says
   * @throws Unanswered when one has to be asked first
   * @throws StatusException when one refuses, or cannot be asked and has to
   */
  public @Nullable ObjectNode mutate(Change change, UnaryOperator<ObjectNode> shape) {
    if (hooks == null) {
      return change.object();
    }
    Change now = change;
    Set<String> before = new HashSet<>(); // those that want to be asked again when others change the object
    Set<String> again = new HashSet<>();
    for (Hook hook : hooks.mutating()) {
      Question question = question(hook, now, "first");
      if (question != null) {
        Change next = mutate(question, now, shape);
        if (next != now) {
          again.addAll(before);
          before.clear();
        }
        if (hook.isReinvoked()) {
          before.add(hook.id());
        }
        now = next;
      }
    }
    for (Hook hook : hooks.mutating()) {
      Question question = again.contains(hook.id()) ? question(hook, now, "again") : null;
      now = question == null ? now : mutate(question, now, shape);
    }
    return now.object();
  }

  private Change mutate(Question question, Change change, UnaryOperator<ObjectNode> shape) {
    Hook hook = question.hook();
    Review.Answer answer = answers.get(question.key());
    if (answer == null) {
      throw new Unanswered(this, List.of(question));
    }
    JsonNode response = allowed(hook, answer, true);
    byte[] patch = answer.patch();
    if (response == null || patch.length == 0) {
      return change;
    }
    Resource seen = seen(hook.matching(), change);
    ObjectNode object = change.object();
    if (object == null || seen == null) {
      throw failed(hook, "admission webhook attempted to modify the object, which is not supported for this operation");
    }
    ObjectNode patched = patched(hook, convert(change, object, change.resource(), seen), patch);
    patched = shape.apply(convert(change, patched, seen, change.resource()));
    return patched.equals(object) ? change : change.with(patched);
  }

  private static ObjectNode patched(Hook hook, ObjectNode object, byte[] patch) {
    try {
      if (!Json.tree(patch).isArray()) {
        throw failed(hook, "received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type"
            + " jsonpatch.Patch");
      }
    } catch (JacksonException e) {
      throw failed(hook, "received undecodable patch in webhook response: " + e.getOriginalMessage());
    }
    try {
      return Patches.json(object, patch);
    } catch (StatusException e) {
      Throwable words = e.getSuppressed().length > 0 ? e.getSuppressed()[0] : e;
      throw Statuses.internal(String.valueOf(words.getMessage()));
    }
  }

  /**
   * Asks the policies, and then the validating webhooks, all at once.
   *
   * @throws Unanswered when some have to be asked first
   * @throws StatusException when one refuses, or cannot be asked and has to
   */
  public void validate(Change change) {
    if (hooks == null) {
      return;
    }
    for (Policy policy : hooks.policies().all()) {
      Review review = review(policy.matching(), change);
      if (review != null) {
        hooks.policies().check(policy, change, review, hooks.namespaceLabels(change), warnings);
      }
    }
    List<Question> questions =
        hooks.validating().stream().map(hook -> question(hook, change, "last")).filter(Objects::nonNull).toList();
    List<Question> open = questions.stream().filter(question -> !answers.containsKey(question.key())).toList();
    if (!open.isEmpty()) {
      throw new Unanswered(this, open);
    }
    questions.forEach(question -> allowed(question.hook(), answers.get(question.key()), false));
  }

  /** Both kinds of webhooks, for what cannot be changed. */
  public void admit(Change change) {
    mutate(change, object -> object);
    validate(change);
  }

  /** What a webhook is to be asked about a change, null if nothing. */
  private @Nullable Question question(Hook hook, Change change, String round) {
    Review review = review(hook.matching(), change);
    if (review == null) {
      return null;
    }
    if (!hook.conditions().isEmpty()
        && !Conditions.hold(hook.conditions(), Conditions.variables(review), failure -> isUnclear(hook, change, failure))) {
      return null;
    }
    if (dryRun && hook.hasSideEffects()) {
      throw Statuses.badRequest("admission webhook \"%s\" does not support dry run".formatted(hook.name()));
    }
    return new Question(key(hook, change, round), hook, review);
  }

  /** What is told about a change to whom it concerns; null if it does not. */
  private @Nullable Review review(Matching matching, Change change) {
    Resource seen = seen(matching, change);
    if (hooks == null || seen == null || !matching.selects(hooks.namespaceLabels(change), change)) {
      return null;
    }
    Change shown = new Change(seen, change.subresource(), change.namespace(), change.name(), change.operation(),
        converted(change, change.object(), seen), converted(change, change.old(), seen));
    ObjectNode kindOfOptions = options.deepCopy();
    kindOfOptions.put("kind", switch (change.operation()) { // whatever way led there
      case "CREATE" -> "CreateOptions";
      case "UPDATE" -> "UpdateOptions";
      default -> "DeleteOptions";
    });
    return Review.of(shown, change, user, kindOfOptions, dryRun);
  }

  /** The conditions of a webhook fail: refuses what it is required for, and says otherwise that it is not asked. */
  private static boolean isUnclear(Hook hook, Change change, String failure) {
    if (hook.isRequired()) {
      throw Statuses.forbidden(change.resource().type(), change.name(), failure);
    }
    LOG.warn("not asked: the conditions of webhook \"{}\" fail: {}", hook.name(), failure);
    return false;
  }

  /** When fields were written and by whom is no other question. */
  private static String key(Hook hook, Change change, String round) {
    return hook.id() + " " + round + " " + change.name() + " " + told(change.object()) + " " + told(change.old());
  }

  private static @Nullable ObjectNode told(@Nullable ObjectNode object) {
    if (object == null) {
      return null;
    }
    ObjectNode told = object.deepCopy();
    Json.metadata(told).remove("managedFields");
    return told;
  }

  private static @Nullable ObjectNode converted(Change change, @Nullable ObjectNode object, Resource to) {
    return object == null ? null : convert(change, object, change.resource(), to);
  }

  /** An object in another version of its type. */
  private static ObjectNode convert(Change change, ObjectNode object, Resource from, Resource to) {
    if (from.type().equals(to.type()) || !change.isOfOwnKind()) {
      return object;
    }
    ObjectNode stored = Conversions.stored(from, object.deepCopy());
    return Conversions.shown(to, stored.put("apiVersion", to.type().apiVersion()));
  }

  /** The response of a webhook that lets something through; null if it could not be asked, and need not. */
  private static @Nullable JsonNode allowed(Hook hook, Review.@Nullable Answer answer, boolean mutating) {
    String why = answer == null ? "it was not asked" : answer.failure(mutating);
    if (answer == null || answer.response() == null || why != null) {
      if (hook.isRequired()) {
        throw failed(hook, why);
      }
      LOG.warn("passed over: failed calling webhook \"{}\": {}", hook.name(), why);
      return null;
    }
    if (!answer.response().path("allowed").asBoolean(false)) {
      throw Denials.of(hook.name(), answer.response().path("status"));
    }
    return answer.response();
  }

  static StatusException failed(Hook hook, @Nullable String why) {
    return Statuses.internal("failed calling webhook \"%s\": %s".formatted(hook.name(), why));
  }
}
