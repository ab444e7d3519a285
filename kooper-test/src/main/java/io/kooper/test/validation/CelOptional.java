package io.kooper.test.validation;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.parser.ExprHelper;
import org.projectnessie.cel.parser.Macro;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Expr;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** Values that may be missing, as far as functions can have them: the parser knows no {@code a.?b}. */
final class CelOptional {

  static final String TYPE = "optional_type";

  private static final Type ANY = Decls.newTypeParamType("A");
  private static final Type OF_ANY = Decls.newAbstractType(TYPE, List.of(ANY));

  private CelOptional() {}

  static Val ofNullable(@Nullable Object value) {
    return new CelOpaque(TYPE, Optional.ofNullable(value));
  }

  static void declare(CelFunctions functions, TypeAdapter adapter) {
    List<String> parameters = List.of("A");
    functions.generic("optional.of", "optional_of", OF_ANY, parameters, List.of(ANY), a -> ofNullable(a[0]));
    functions.generic("optional.none", "optional_none", OF_ANY, parameters, List.of(), a -> ofNullable(null));
    functions.genericMethod("hasValue", "optional_hasValue", Decls.Bool, parameters, List.of(OF_ANY),
        a -> value(a[0]).isPresent() ? BoolT.True : BoolT.False);
    functions.genericMethod("value", "optional_value", ANY, parameters, List.of(OF_ANY),
        a -> value(a[0]).map(adapter::nativeToValue).orElseGet(() -> Err.newErr("optional.none() dereference")));
    functions.genericMethod("orValue", "optional_orValue_value", ANY, parameters, List.of(OF_ANY, ANY),
        a -> value(a[0]).map(adapter::nativeToValue).orElse(a[1]));
    functions.genericMethod("or", "optional_or_optional", OF_ANY, parameters, List.of(OF_ANY, OF_ANY),
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
