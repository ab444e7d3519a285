package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.Ast;
import org.projectnessie.cel.Env;
import org.projectnessie.cel.EnvOption;
import org.projectnessie.cel.Program;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.NullT;
import org.projectnessie.cel.common.types.StringT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Decl;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;
import tools.jackson.databind.JsonNode;

/** An expression in CEL about a request, whose variables may be of any type. Used under one lock. */
public final class CelCondition {

  /**
   * What an expression evaluates to.
   *
   * @param value null if there is none
   * @param failure why there is none
   */
  public record Outcome(@Nullable Object value, @Nullable String failure) {

    /** Whether it is true; an expression that only an API server can compile is. */
    public boolean holds() {
      return value == BoolT.True;
    }

    /** The text that it is, null if it is none. */
    public @Nullable String text() {
      return value instanceof StringT text ? text.value().toString() : null;
    }
  }

  private final String text;
  private @Nullable Program program;
  private @Nullable String error;

  private CelCondition(String text) {
    this.text = text;
  }

  /** One that is true or false. */
  public static CelCondition condition(String text, List<String> variables) {
    return compile(text, variables, Decls.Bool);
  }

  /** One that is a message. */
  public static CelCondition message(String text, List<String> variables) {
    return compile(text, variables, Decls.String);
  }

  /** One that is anything. */
  public static CelCondition expression(String text, List<String> variables) {
    return compile(text, variables, null);
  }

  private static CelCondition compile(String text, List<String> variables, @Nullable Type wanted) {
    CelCondition compiled = new CelCondition(text);
    try {
      Decl[] declared = variables.stream().map(name -> Decls.newVar(name, Decls.Dyn)).toArray(Decl[]::new);
      Env env = Env.newCustomEnv(new CelTypes(), List.of(CelLibrary.option(), EnvOption.declarations(declared)));
      Ast checked = CelLibrary.compiled(env, text);
      if (wanted != null && !checked.getResultType().equals(wanted)) {
        throw new IllegalArgumentException("must evaluate to %s but got %s".formatted(
            name(wanted), name(checked.getResultType())));
      }
      compiled.program = env.program(checked);
    } catch (RuntimeException e) { // the compiler's own errors come in many kinds
      compiled.error = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    return compiled;
  }

  /** As Go's implementation calls a type. */
  private static String name(Type type) {
    return type.equals(Decls.Bool) ? "bool" : type.equals(Decls.Dyn) ? "dyn" : type.equals(Decls.Int) ? "int"
        : type.equals(Decls.String) ? "string" : type.equals(Decls.Double) ? "double" : "another type";
  }

  public String text() {
    return text;
  }

  /** Why the expression cannot be compiled; null if it can. */
  public @Nullable String error() {
    return error;
  }

  /** Whether an API server cannot compile it either, as far as that can be told. */
  public boolean isWrong() {
    return error != null && (error.startsWith("must evaluate to") || CelRules.Broken.isWrong(text, error));
  }

  /** @param variables as {@link #value} makes them, or as other expressions have */
  public Outcome evaluate(Map<String, Object> variables) {
    Program compiled = program;
    if (compiled == null) {
      return new Outcome(BoolT.True, null);
    }
    try {
      Val result = compiled.eval(variables).getVal();
      return Err.isError(result) ? new Outcome(null, result.toString()) : new Outcome(result, null);
    } catch (RuntimeException e) {
      return new Outcome(null, e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  /** A value for expressions. */
  public static Object value(@Nullable JsonNode value) {
    if (value == null) {
      return NullT.NullValue;
    }
    if (value.isObject()) {
      Map<String, Object> members = new LinkedHashMap<>();
      value.properties().forEach(member -> members.put(member.getKey(), value(member.getValue())));
      return members;
    }
    if (value.isArray()) {
      List<Object> items = new ArrayList<>(value.size());
      value.forEach(item -> items.add(value(item)));
      return items;
    }
    return value.isString() ? value.stringValue() : value.isBoolean() ? (Object) value.booleanValue()
        : value.isIntegralNumber() ? (Object) value.longValue()
        : value.isNumber() ? (Object) value.doubleValue() : NullT.NullValue;
  }
}
