package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.List;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.interpreter.functions.FunctionOp;
import org.projectnessie.cel.interpreter.functions.Overload;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Decl;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** A collection of functions for rules: each with its types for the compiler and its code for the interpreter. */
final class CelFunctions {

  /** What a function does; an {@link IllegalArgumentException} is an error of the rule. */
  interface Body {
    Val apply(Val[] arguments);
  }

  private final List<Decl> declarations = new ArrayList<>();
  private final List<Overload> overloads = new ArrayList<>();

  List<Decl> declarations() {
    return declarations;
  }

  Overload[] overloads() {
    return overloads.toArray(Overload[]::new);
  }

  /** {@code name(arguments)}. */
  void global(String name, String id, Type result, List<Type> arguments, Body body) {
    declarations.add(Decls.newFunction(name, Decls.newOverload(id, arguments, result)));
    bind(id, arguments.size(), body);
  }

  /** {@code first.name(others)}. */
  void method(String name, String id, Type result, List<Type> arguments, Body body) {
    declarations.add(Decls.newFunction(name, Decls.newInstanceOverload(id, arguments, result)));
    bind(id, arguments.size(), body);
  }

  /** As {@link #global}, with parameters of types. */
  void generic(String name, String id, Type result, List<String> parameters, List<Type> arguments, Body body) {
    declarations.add(
        Decls.newFunction(name, Decls.newParameterizedOverload(id, arguments, result, parameters)));
    bind(id, arguments.size(), body);
  }

  /** As {@link #method}, with parameters of types. */
  void genericMethod(String name, String id, Type result, List<String> parameters, List<Type> arguments, Body body) {
    declarations.add(
        Decls.newFunction(name, Decls.newParameterizedInstanceOverload(id, arguments, result, parameters)));
    bind(id, arguments.size(), body);
  }

  /** One more signature of a function that exists, and whose code knows what to do. */
  void signature(String name, String id, Type result, Type... arguments) {
    declarations.add(Decls.newFunction(name, Decls.newOverload(id, List.of(arguments), result)));
  }

  /** The code of a signature that exists. */
  void bind(String id, int arguments, Body body) {
    FunctionOp checked = values -> {
      for (Val value : values) {
        if (Err.isError(value)) {
          return value;
        }
      }
      try {
        return body.apply(values);
      } catch (IllegalArgumentException e) {
        return Err.newErr("%s", e.getMessage());
      }
    };
    overloads.add(switch (arguments) {
      case 1 -> Overload.unary(id, value -> checked.invoke(value));
      case 2 -> Overload.binary(id, (one, other) -> checked.invoke(one, other));
      default -> Overload.function(id, checked);
    });
  }
}
