package io.kooper.test.validation;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.DoubleT;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** {@code quantity}: amounts such as {@code 1.5Gi}. */
final class CelQuantities {

  private static final String NAME = "kubernetes.Quantity";
  private static final Type QUANTITY = Decls.newAbstractType(NAME, List.of());
  private static final Pattern TEXT =
      Pattern.compile("([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?");
  private static final String DECIMAL = "num kMGTPE"; // from the billionth on, by thousands
  private static final String BINARY = "KMGTPE";

  private CelQuantities() {}

  static void declare(CelFunctions functions) {
    List<Type> one = List.of(QUANTITY);
    List<Type> two = List.of(QUANTITY, QUANTITY);
    List<Type> number = List.of(QUANTITY, Decls.Int);
    functions.global("quantity", "string_to_quantity", QUANTITY, List.of(Decls.String), a -> {
      BigDecimal amount = parse(CelLibrary.text(a[0]));
      if (amount == null) {
        throw new IllegalArgumentException(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      }
      return quantity(amount);
    });
    functions.global("isQuantity", "is_quantity_string", Decls.Bool, List.of(Decls.String),
        a -> CelLibrary.bool(parse(CelLibrary.text(a[0])) != null));
    functions.global("sign", "quantity_sign", Decls.Int, one, a -> IntT.intOf(amount(a[0]).signum()));
    functions.method("isGreaterThan", "quantity_is_greater_than", Decls.Bool, two,
        a -> CelLibrary.bool(amount(a[0]).compareTo(amount(a[1])) > 0));
    functions.method("isLessThan", "quantity_is_less_than", Decls.Bool, two,
        a -> CelLibrary.bool(amount(a[0]).compareTo(amount(a[1])) < 0));
    functions.method("compareTo", "quantity_compare_to", Decls.Int, two,
        a -> IntT.intOf(amount(a[0]).compareTo(amount(a[1]))));
    functions.method("asApproximateFloat", "quantity_get_float", Decls.Double, one,
        a -> DoubleT.doubleOf(amount(a[0]).doubleValue()));
    functions.method("isInteger", "quantity_is_integer", Decls.Bool, one, a -> CelLibrary.bool(isInteger(amount(a[0]))));
    functions.method("asInteger", "quantity_get_int", Decls.Int, one, a -> {
      if (!isInteger(amount(a[0]))) {
        throw new IllegalArgumentException("cannot convert value to integer");
      }
      return IntT.intOf(amount(a[0]).longValueExact());
    });
    functions.method("add", "quantity_add", QUANTITY, two, a -> quantity(amount(a[0]).add(amount(a[1]))));
    functions.method("add", "quantity_add_int", QUANTITY, number,
        a -> quantity(amount(a[0]).add(BigDecimal.valueOf(a[1].intValue()))));
    functions.method("sub", "quantity_sub", QUANTITY, two, a -> quantity(amount(a[0]).subtract(amount(a[1]))));
    functions.method("sub", "quantity_sub_int", QUANTITY, number,
        a -> quantity(amount(a[0]).subtract(BigDecimal.valueOf(a[1].intValue()))));
  }

  /** Null is no quantity. What is smaller than a billionth is rounded up. */
  static @Nullable BigDecimal parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    BigDecimal number = new BigDecimal(matcher.group(1));
    String suffix = matcher.group(2);
    if (suffix == null) {
      return round(number);
    }
    if (suffix.endsWith("i")) {
      return round(number.multiply(BigDecimal.valueOf(1024).pow(BINARY.indexOf(suffix.charAt(0)) + 1)));
    }
    int exponent = suffix.length() > 1 ? Integer.parseInt(suffix.substring(1).replace("+", ""))
        : 3 * (DECIMAL.indexOf(suffix.charAt(0)) - 3);
    return round(number.scaleByPowerOfTen(exponent));
  }

  private static BigDecimal round(BigDecimal number) {
    return number.setScale(Math.min(9, Math.max(0, number.scale())), RoundingMode.UP).stripTrailingZeros();
  }

  private static boolean isInteger(BigDecimal amount) {
    return amount.stripTrailingZeros().scale() <= 0
        && amount.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
  }

  private static Val quantity(BigDecimal amount) {
    return new CelOpaque(NAME, amount.stripTrailingZeros());
  }

  private static BigDecimal amount(Val value) {
    return (BigDecimal) value.value();
  }
}
