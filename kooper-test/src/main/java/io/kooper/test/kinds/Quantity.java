package io.kooper.test.kinds;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An amount as Kubernetes writes it, such as {@code 500m} or {@code 1Gi}. */
public record Quantity(BigDecimal value, Family family) {

  public enum Family { BINARY, DECIMAL, EXPONENT }

  private static final Pattern FORM =
      Pattern.compile("([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+))(|Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]+)");
  private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
  private static final List<String> DECIMAL = List.of("n", "u", "m", "", "k", "M", "G", "T", "P", "E");
  private static final BigDecimal KIBI = BigDecimal.valueOf(1024);

  /** Null for a text that is none. */
  public static @Nullable Quantity parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return null;
    }
    BigDecimal number = new BigDecimal(form.group(1));
    String suffix = form.group(2);
    if (BINARY.indexOf(suffix) > 0) {
      return new Quantity(upToNano(number.multiply(KIBI.pow(BINARY.indexOf(suffix)))), Family.BINARY);
    }
    if (DECIMAL.contains(suffix)) {
      return new Quantity(upToNano(number.scaleByPowerOfTen(3 * (DECIMAL.indexOf(suffix) - 3))), Family.DECIMAL);
    }
    int exponent = Integer.parseInt(suffix.substring(1));
    return new Quantity(upToNano(number.scaleByPowerOfTen(exponent)), Family.EXPONENT);
  }

  private static BigDecimal upToNano(BigDecimal value) {
    return value.scale() > 9 ? value.setScale(9, RoundingMode.UP) : value;
  }

  /** The shortest text without a fraction. */
  String canonical() {
    if (value.signum() == 0) {
      return "0";
    }
    // less than a kibi is shown as a decimal, as is what has a fraction
    boolean whole = value.stripTrailingZeros().scale() <= 0;
    if (family == Family.BINARY && whole && value.abs().compareTo(KIBI) >= 0) {
      BigInteger number = value.toBigIntegerExact();
      int power = 0;
      while (power < BINARY.size() - 1 && number.mod(KIBI.toBigInteger()).signum() == 0) {
        number = number.divide(KIBI.toBigInteger());
        power++;
      }
      return number + BINARY.get(power);
    }
    BigDecimal digits = value.stripTrailingZeros();
    int exponent = Math.floorDiv(-digits.scale(), 3) * 3;
    exponent = Math.max(-9, Math.min(18, exponent));
    String number = digits.scaleByPowerOfTen(-exponent).toPlainString();
    if (family == Family.EXPONENT) {
      return exponent == 0 ? number : number + "e" + exponent;
    }
    return number + DECIMAL.get(exponent / 3 + 3);
  }
}
