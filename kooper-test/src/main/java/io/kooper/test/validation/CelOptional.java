package io.kooper.test.validation;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.parser.ExprHelper;
import org.projectnessie.cel.parser.Macro;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Expr;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** Values that may be missing, as far as functions can have them: the parser knows no {@code a.?b}. */
final class CelOptional {

  static final String TYPE = "optional_type";

  /** Of anything: the checker here cannot tell one from another. */
  static final Type OPTIONAL = Decls.newAbstractType(TYPE, List.of());

  private CelOptional() {}

  static Val ofNullable(@Nullable Object value) {
    return new CelOpaque(TYPE, Optional.ofNullable(value));
  }

  static void declare(CelFunctions functions, TypeAdapter adapter) {
    List<Type> one = List.of(OPTIONAL);
    functions.global("optional.of", "optional_of", OPTIONAL, List.of(Decls.Dyn), a -> ofNullable(a[0]));
    functions.global("optional.none", "optional_none", OPTIONAL, List.of(), a -> ofNullable(null));
    functions.method("hasValue", "optional_hasValue", Decls.Bool, one, a -> CelLibrary.bool(value(a[0]).isPresent()));
    functions.method("value", "optional_value", Decls.Dyn, one, a -> value(a[0]).map(adapter::nativeToValue)
        .orElseThrow(() -> new IllegalArgumentException("optional.none() dereference")));
    functions.method("orValue", "optional_orValue_value", Decls.Dyn, List.of(OPTIONAL, Decls.Dyn),
        a -> value(a[0]).map(adapter::nativeToValue).orElse(a[1]));
    functions.method("or", "optional_or_optional", OPTIONAL, List.of(OPTIONAL, OPTIONAL),
        a -> value(a[0]).isPresent() ? a[0] : a[1]);
  }

  /** What is made of a value, if there is one. */
  static List<Macro> macros() {
    return List.of(
        new Macro("optMap", true, false, 2, (helper, target, args) -> mapped(helper, target, args, true)),
        new Macro("optFlatMap", true, false, 2, (helper, target, args) -> mapped(helper, target, args, false)));
  }

  private static Expr mapped(ExprHelper helper, Expr target, List<Expr> args, boolean wrap) {
    String name = args.get(0).getIdentExpr().getName();
    Expr value = helper.receiverCall("value", target, List.of());
    Expr list = helper.ident(Macro.AccumulatorName);
    Expr bound = helper.fold(name, helper.newList(value), Macro.AccumulatorName, helper.newList(),
        helper.literalBool(true), helper.globalCall("_+_", list, helper.newList(args.get(1))),
        helper.globalCall("_[_]", helper.ident(Macro.AccumulatorName), helper.literalInt(0)));
    Expr some = wrap ? helper.receiverCall("of", helper.ident("optional"), List.of(bound)) : bound;
    return helper.globalCall("_?_:_", helper.receiverCall("hasValue", target, List.of()), some,
        helper.receiverCall("none", helper.ident("optional"), List.of()));
  }

  private static Optional<?> value(Val optional) {
    return optional.value() instanceof Optional<?> value ? value : Optional.empty();
  }
}
