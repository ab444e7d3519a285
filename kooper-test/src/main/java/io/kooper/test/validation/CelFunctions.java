package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.ref.TypeEnum;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.common.types.traits.Lister;
import org.projectnessie.cel.common.types.traits.Mapper;
import org.projectnessie.cel.interpreter.functions.Overload;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Decl;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/**
 * A collection of functions for rules: each with its types for the compiler and its code for the interpreter, which
 * finds a function by its name only.
 */
final class CelFunctions {

  /** What a function does; an {@link IllegalArgumentException} is an error of the rule. */
  interface Body {
    Val apply(Val[] arguments);
  }

  private record Signature(List<Type> arguments, Body body) {}

  private final List<Decl> declarations = new ArrayList<>();
  private final Map<String, List<Signature>> signatures = new LinkedHashMap<>();

  List<Decl> declarations() {
    return declarations;
  }

  Overload[] overloads() {
    return signatures.entrySet().stream().map(function -> overload(function.getKey(), function.getValue()))
        .toArray(Overload[]::new);
  }

  /** {@code name(arguments)}. */
  void global(String name, String id, Type result, List<Type> arguments, Body body) {
    declarations.add(Decls.newFunction(name, Decls.newOverload(id, arguments, result)));
    bind(name, arguments, body);
  }

  /** {@code first.name(others)}. */
  void method(String name, String id, Type result, List<Type> arguments, Body body) {
    declarations.add(Decls.newFunction(name, Decls.newInstanceOverload(id, arguments, result)));
    bind(name, arguments, body);
  }

  /** As {@link #global}, with parameters of types. */
  void generic(String name, String id, Type result, List<String> parameters, List<Type> arguments, Body body) {
    declarations.add(
        Decls.newFunction(name, Decls.newParameterizedOverload(id, arguments, result, parameters)));
    bind(name, arguments, body);
  }

  /** As {@link #method}, with parameters of types. */
  void genericMethod(String name, String id, Type result, List<String> parameters, List<Type> arguments, Body body) {
    declarations.add(
        Decls.newFunction(name, Decls.newParameterizedInstanceOverload(id, arguments, result, parameters)));
    bind(name, arguments, body);
  }

  /** One more signature of a function that exists, and whose code knows what to do. */
  void signature(String name, String id, Type result, Type... arguments) {
    declarations.add(Decls.newFunction(name, Decls.newOverload(id, List.of(arguments), result)));
  }

  /** The code of a function that is declared elsewhere. */
  void bind(String name, List<Type> arguments, Body body) {
    signatures.computeIfAbsent(name, key -> new ArrayList<>()).add(new Signature(arguments, body));
  }

  private static Overload overload(String name, List<Signature> signatures) {
    return Overload.overload(name, null, value -> call(name, signatures, value),
        (one, other) -> call(name, signatures, one, other), values -> call(name, signatures, values));
  }

  private static Val call(String name, List<Signature> signatures, Val... values) {
    for (Val value : values) {
      if (Err.isError(value)) {
        return value;
      }
    }
    for (Signature signature : signatures) {
      if (fits(signature.arguments(), values)) {
        try {
          return signature.body().apply(values);
        } catch (IllegalArgumentException e) {
          return Err.newErr("%s", e.getMessage());
        }
      }
    }
    return Err.newErr("no such overload: %s", name);
  }

  private static boolean fits(List<Type> arguments, Val[] values) {
    if (arguments.size() != values.length) {
      return false;
    }
    for (int i = 0; i < values.length; i++) {
      if (!fits(arguments.get(i), values[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(Type type, Val value) {
    TypeEnum actual = value.type().typeEnum();
    return switch (type.getTypeKindCase()) {
      case PRIMITIVE -> switch (type.getPrimitive()) {
        case BOOL -> actual == TypeEnum.Bool;
        case INT64 -> actual == TypeEnum.Int;
        case UINT64 -> actual == TypeEnum.Uint;
        case DOUBLE -> actual == TypeEnum.Double;
        case STRING -> actual == TypeEnum.String;
        case BYTES -> actual == TypeEnum.Bytes;
        default -> false;
      };
      case LIST_TYPE -> value instanceof Lister;
      case MAP_TYPE -> value instanceof Mapper;
      case ABSTRACT_TYPE -> value.type().typeName().equals(type.getAbstractType().getName());
      default -> true;
    };
  }
}
