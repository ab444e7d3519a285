package io.kooper.test.validation;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.common.types.traits.Lister;
import org.projectnessie.cel.common.types.traits.Mapper;

/** Functions of texts that CEL's extension here does not have: {@code format} and {@code strings.quote}. */
final class CelTexts {

  private static final Pattern VERB = Pattern.compile("%(?:%|(?:\\.([0-9]+))?([sdfebxXo]))");

  private CelTexts() {}

  static void declare(CelFunctions functions) {
    functions.method("format", "string_format", Decls.String, List.of(Decls.String, Decls.newListType(Decls.Dyn)),
        a -> CelLibrary.text(format(CelLibrary.text(a[0]), (Lister) a[1])));
    functions.global("strings.quote", "strings_quote", Decls.String, List.of(Decls.String),
        a -> CelLibrary.text(Go.quote(CelLibrary.text(a[0]))));
  }

  private static String format(String text, Lister arguments) {
    StringBuilder formatted = new StringBuilder();
    Matcher verbs = VERB.matcher(text);
    int next = 0;
    while (verbs.find()) {
      String shown = "%";
      if (verbs.group(2) != null) {
        if (next >= arguments.size().intValue()) {
          throw new IllegalArgumentException("index " + next + " out of range");
        }
        shown = show(verbs.group(2), verbs.group(1), arguments.get(IntT.intOf(next++)));
      }
      verbs.appendReplacement(formatted, Matcher.quoteReplacement(shown));
    }
    return verbs.appendTail(formatted).toString();
  }

  private static String show(String verb, String digits, Val value) {
    int precision = digits == null ? 6 : Integer.parseInt(digits);
    return switch (verb) {
      case "d" -> Long.toString(value.intValue());
      case "f" -> String.format(Locale.ROOT, "%." + precision + "f", value.doubleValue());
      case "e" -> String.format(Locale.ROOT, "%." + precision + "e", value.doubleValue());
      case "b" -> Long.toBinaryString(value.intValue());
      case "o" -> Long.toOctalString(value.intValue());
      case "x" -> Long.toHexString(value.intValue());
      case "X" -> Long.toHexString(value.intValue()).toUpperCase(Locale.ROOT);
      default -> plain(value);
    };
  }

  private static String plain(Object value) {
    Object shown = value instanceof Val val && !(val instanceof Lister) && !(val instanceof Mapper) ? val.value() : value;
    if (shown instanceof Lister list) {
      return java.util.stream.LongStream.range(0, list.size().intValue())
          .mapToObj(i -> plain(list.get(IntT.intOf(i)))).collect(Collectors.joining(", ", "[", "]"));
    }
    if (shown instanceof Mapper mapper && mapper.value() instanceof Map<?, ?> map) {
      return map.entrySet().stream().map(member -> plain(member.getKey()) + ": " + plain(member.getValue())).sorted()
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return shown instanceof Double number ? Go.number(number) : String.valueOf(shown);
  }
}
