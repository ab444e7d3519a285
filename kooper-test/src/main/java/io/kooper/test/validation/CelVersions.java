package io.kooper.test.validation;

import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** {@code semver}: versions such as {@code 1.2.3-rc.1}. */
final class CelVersions {

  private static final String NAME = "kubernetes.Semver";
  private static final Type SEMVER = Decls.newAbstractType(NAME, List.of());
  private static final String NUMBER = "(0|[1-9][0-9]*)";
  private static final String PART = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
  private static final Pattern TEXT = Pattern.compile(NUMBER + "\\." + NUMBER + "\\." + NUMBER + "(?:-(" + PART
      + "(?:\\." + PART + ")*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?");

  /** @param pre what comes before the release, empty for the release */
  private record Version(List<BigInteger> numbers, String pre) implements Comparable<Version> {

    @Override
    public int compareTo(Version other) {
      for (int i = 0; i < 3; i++) {
        int compared = numbers.get(i).compareTo(other.numbers.get(i));
        if (compared != 0) {
          return compared;
        }
      }
      if (pre.isEmpty() || other.pre.isEmpty()) {
        return Boolean.compare(pre.isEmpty(), other.pre.isEmpty());
      }
      String[] ours = pre.split("\\.");
      String[] theirs = other.pre.split("\\.");
      for (int i = 0; i < Math.min(ours.length, theirs.length); i++) {
        int compared = compareParts(ours[i], theirs[i]);
        if (compared != 0) {
          return compared;
        }
      }
      return Integer.compare(ours.length, theirs.length);
    }

    private static int compareParts(String ours, String theirs) {
      boolean number = ours.matches("[0-9]+");
      if (number != theirs.matches("[0-9]+")) {
        return number ? -1 : 1;
      }
      return number ? new BigInteger(ours).compareTo(new BigInteger(theirs)) : Integer.signum(ours.compareTo(theirs));
    }
  }

  private CelVersions() {}

  static void declare(CelFunctions functions) {
    List<Type> text = List.of(Decls.String);
    List<Type> loose = List.of(Decls.String, Decls.Bool);
    List<Type> one = List.of(SEMVER);
    List<Type> two = List.of(SEMVER, SEMVER);
    functions.global("semver", "string_to_semver", SEMVER, text, a -> semver(CelLibrary.text(a[0]), false));
    functions.global("semver", "string_bool_to_semver", SEMVER, loose,
        a -> semver(CelLibrary.text(a[0]), a[1].booleanValue()));
    functions.global("isSemver", "is_semver_string", Decls.Bool, text,
        a -> CelLibrary.bool(parse(CelLibrary.text(a[0]), false) != null));
    functions.global("isSemver", "is_semver_string_bool", Decls.Bool, loose,
        a -> CelLibrary.bool(parse(CelLibrary.text(a[0]), a[1].booleanValue()) != null));
    functions.method("major", "semver_major", Decls.Int, one, a -> number(a[0], 0));
    functions.method("minor", "semver_minor", Decls.Int, one, a -> number(a[0], 1));
    functions.method("patch", "semver_patch", Decls.Int, one, a -> number(a[0], 2));
    functions.method("isGreaterThan", "semver_is_greater_than", Decls.Bool, two,
        a -> CelLibrary.bool(version(a[0]).compareTo(version(a[1])) > 0));
    functions.method("isLessThan", "semver_is_less_than", Decls.Bool, two,
        a -> CelLibrary.bool(version(a[0]).compareTo(version(a[1])) < 0));
    functions.method("compareTo", "semver_compare_to", Decls.Int, two,
        a -> IntT.intOf(Integer.signum(version(a[0]).compareTo(version(a[1])))));
  }

  private static Val semver(String text, boolean loose) {
    Version version = parse(text, loose);
    if (version == null) {
      throw new IllegalArgumentException("No Major.Minor.Patch elements found");
    }
    return new CelOpaque(NAME, version);
  }

  private static @Nullable Version parse(String text, boolean loose) {
    Matcher matcher = TEXT.matcher(loose ? normal(text) : text);
    if (!matcher.matches()) {
      return null;
    }
    String pre = matcher.group(4);
    return new Version(List.of(new BigInteger(matcher.group(1)), new BigInteger(matcher.group(2)),
        new BigInteger(matcher.group(3))), pre == null ? "" : pre);
  }

  /** With three numbers, without a leading v and leading zeros. */
  private static String normal(String text) {
    String bare = text.startsWith("v") ? text.substring(1) : text;
    Matcher numbers = Pattern.compile("([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(.*)").matcher(bare);
    if (!numbers.matches()) {
      return bare;
    }
    StringBuilder normal = new StringBuilder();
    for (int i = 1; i <= 3; i++) {
      String number = numbers.group(i) == null ? "0" : numbers.group(i);
      normal.append(i == 1 ? "" : ".").append(new BigInteger(number));
    }
    return normal + numbers.group(4);
  }

  private static Val number(Val value, int index) {
    return IntT.intOf(version(value).numbers().get(index).longValue());
  }

  private static Version version(Val value) {
    return (Version) value.value();
  }
}
