package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Of what the objects of a built-in kind are made. Read when it is needed first. */
public final class KindSchema {

  private final String group;
  private final String version;
  private final String kind;

  /** That of a built-in kind, which has to be one. */
  public KindSchema(String group, String version, String kind) {
    this.group = group;
    this.version = version;
    this.kind = kind;
  }

  /**
   * What became of a body.
   *
   * @param error why it cannot be read, null if it can
   * @param unknown the paths of the fields that were dropped, in the order of the body
   */
  public record Read(@Nullable String error, List<String> unknown) {}

  /** Makes an object what its Go type makes of it: unknown fields and nulls go, quantities and times get their usual form. */
  public Read read(ObjectNode object) {
    Decoder decoder = new Decoder();
    decoder.struct(struct(), object, "", "");
    return new Read(decoder.error(), decoder.unknown());
  }

  /** Why the metadata of an object of any kind cannot be read, null if it can. */
  public static @Nullable String unreadableMetadata(ObjectNode object) {
    if (!(object.path("metadata").deepCopy() instanceof ObjectNode metadata)) {
      return null;
    }
    Decoder decoder = new Decoder();
    decoder.struct(Struct.named("apimachinery.pkg.apis.meta.v1.ObjectMeta"), metadata, "metadata", "metadata");
    return decoder.error();
  }

  /** Sets what a new or changed object leaves out. */
  public void complete(ObjectNode object) {
    KindDefaults.before(kind, object);
    Defaults.complete(struct(), object);
    KindDefaults.after(kind, object);
  }

  /** Makes an object what is read back of it once it is stored. */
  public void store(ObjectNode object) {
    Defaults.store(struct(), object);
  }

  /** What is wrong with an object that is new or has changed, but for its metadata. */
  public List<Problem> problems(ObjectNode object) {
    List<Problem> problems = new ArrayList<>();
    new Rules(problems).struct(struct(), object, "");
    new KindRules(object, problems).check(kind);
    return problems;
  }

  /** What else is wrong with a new object, which depends on the version in which it was sent. */
  public List<Problem> createdProblems(ObjectNode object) {
    return kind.equals("Event") ? EventRules.created(object, group.isEmpty()) : List.of();
  }

  /** What a client is told of an object with which nothing is wrong. */
  public List<String> warnings(ObjectNode object) {
    return kind.equals("Service") ? ServiceRules.warnings(object.path("spec")) : List.of();
  }

  /** What is wrong with a change. */
  public List<Problem> changed(ObjectNode object, ObjectNode old) {
    List<Problem> problems = problems(object);
    problems.addAll(Immutables.problems(kind, object, old));
    return problems;
  }

  /** What is wrong with a new status. */
  public List<Problem> statusProblems(ObjectNode object) {
    return StatusRules.problems(kind, object);
  }

  /** What is wrong with the containers that somebody has put into a pod to look at it. */
  public List<Problem> ephemeralProblems(ObjectNode object, ObjectNode old) {
    return Immutables.ephemeral(object, old);
  }

  /** What is wrong with another size of a pod: how well it is served stays. */
  public List<Problem> resizeProblems(ObjectNode object, ObjectNode old) {
    String before = KindDefaults.quality(old.path("spec"));
    return before.equals(KindDefaults.quality(object.path("spec"))) ? List.of()
        : List.of(Problem.of("FieldValueInvalid", "spec", "Invalid value", before,
            "Pod QOS Class may not change as a result of resizing"));
  }

  /** What is at the top of an object. */
  public KindPlace root() {
    return KindPlace.of(struct());
  }

  Struct struct() {
    String home = switch (group) {
      case "" -> "api.core";
      case "apiextensions.k8s.io" -> "apiextensions-apiserver.pkg.apis.apiextensions";
      case "apiregistration.k8s.io" -> "kube-aggregator.pkg.apis.apiregistration";
      default -> "api." + group.split("\\.", 2)[0];
    };
    return Struct.named(home + "." + version + "." + kind);
  }
}
