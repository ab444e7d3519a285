package io.kooper.test.validation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.Ast;
import org.projectnessie.cel.CEL;
import org.projectnessie.cel.Env;
import org.projectnessie.cel.EnvOption;
import org.projectnessie.cel.Program;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.StringT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;
import tools.jackson.databind.JsonNode;

/** One compiled rule of {@code x-kubernetes-validations}. */
final class CelRule {

  /** Why a rule does not hold. {@code failed} is an error of the rule itself. */
  record Violation(String detail, boolean failed) {}

  private final JsonNode rule;
  private final String text;
  private final boolean optionalOld;
  private @Nullable Program program;
  private @Nullable Program messageProgram;
  private boolean usesOld;
  private @Nullable String error;

  private CelRule(JsonNode rule) {
    this.rule = rule;
    this.text = rule.path("rule").asString("");
    this.optionalOld = rule.path("optionalOldSelf").asBoolean(false);
  }

  /** @param self the type of what the rule is about */
  static CelRule compile(CelTypes types, Type self, JsonNode rule) {
    CelRule compiled = new CelRule(rule);
    try {
      Type old = compiled.optionalOld ? CelOptional.OPTIONAL : self;
      Env env = Env.newCustomEnv(types, List.of(CelLibrary.option(),
          EnvOption.declarations(Decls.newVar("self", self), Decls.newVar("oldSelf", old))));
      compiled.program = compiled.program(env, compiled.text, Decls.Bool, "cel expression must evaluate to a bool");
      String message = rule.path("messageExpression").asString("");
      if (!message.isEmpty()) {
        compiled.messageProgram =
            compiled.program(env, message, Decls.String, "messageExpression must evaluate to a string");
      }
    } catch (RuntimeException e) { // the compiler's own errors come in many kinds
      compiled.error = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    return compiled;
  }

  /** Why the rule, or its message, cannot be compiled; null if it can. */
  @Nullable String error() {
    return error;
  }

  /** A transition rule: it wants to know what was before. */
  boolean usesOld() {
    return usesOld;
  }

  String text() {
    return text;
  }

  JsonNode definition() {
    return rule;
  }

  /** @return null if the rule holds, or does not apply */
  @Nullable Violation check(Object self, @Nullable Object old) {
    Program compiled = program;
    if (compiled == null || usesOld && old == null && !optionalOld) {
      return null;
    }
    Map<String, Object> variables = new HashMap<>();
    variables.put("self", self);
    if (optionalOld) {
      variables.put("oldSelf", CelOptional.ofNullable(old));
    } else if (old != null) {
      variables.put("oldSelf", old);
    }
    try {
      Val result = compiled.eval(variables).getVal();
      if (Err.isError(result)) {
        return failed(result.toString());
      }
      return result == BoolT.True ? null : new Violation(message(variables), false);
    } catch (RuntimeException e) {
      return failed(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private Violation failed(String error) {
    String why = error.replace("divide by zero", "division by zero");
    String shown = rule.path("message").asString(text).strip();
    return new Violation(why.startsWith("no such overload")
        ? "'%s': call arguments did not match a supported operator, function or macro signature for rule: %s".formatted(
            why, shown)
        : why + " evaluating rule: " + shown, true);
  }

  private String message(Map<String, Object> variables) {
    if (messageProgram != null) {
      Val message = messageProgram.eval(variables).getVal();
      if (message instanceof StringT && isShown(message.value().toString())) {
        return message.value().toString().strip();
      }
    }
    String message = rule.path("message").asString("");
    return message.isEmpty() ? "failed rule: " + text.strip() : message.strip();
  }

  private static boolean isShown(String message) {
    return !message.isBlank() && message.length() <= 5120 && message.indexOf('\n') < 0;
  }

  private Program program(Env env, String source, Type wanted, String otherwise) {
    Ast compiled = CelLibrary.compiled(env, source);
    Type result = compiled.getResultType();
    boolean optional = result.equals(Decls.Dyn) && source.contains("orValue"); // of what type is not known here
    if (!result.equals(wanted) && !optional) {
      throw new IllegalArgumentException(otherwise);
    }
    usesOld |= CEL.astToCheckedExpr(compiled).getReferenceMapMap().values().stream()
        .anyMatch(reference -> reference.getName().equals("oldSelf"));
    return env.program(compiled);
  }
}
