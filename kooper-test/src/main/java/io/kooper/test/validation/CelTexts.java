package io.kooper.test.validation;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ListT;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.common.types.traits.Lister;
import org.projectnessie.cel.common.types.traits.Mapper;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** Functions of texts; a position counts code points. */
final class CelTexts {

  private static final Type TEXT = Decls.String;
  private static final Type TEXTS = Decls.newListType(Decls.String);
  private static final Pattern VERB = Pattern.compile("%(?:%|(?:\\.([0-9]+))?([sdfebxXo]))");

  private CelTexts() {}

  static void declare(CelFunctions functions) {
    functions.method("charAt", "string_char_at_int", TEXT, List.of(TEXT, Decls.Int),
        a -> a[1].intValue() == length(a[0]) ? CelLibrary.text("") : part(a[0], a[1].intValue(), a[1].intValue() + 1));
    functions.method("substring", "string_substring_int", TEXT, List.of(TEXT, Decls.Int),
        a -> part(a[0], a[1].intValue(), length(a[0])));
    functions.method("substring", "string_substring_int_int", TEXT, List.of(TEXT, Decls.Int, Decls.Int),
        a -> part(a[0], a[1].intValue(), a[2].intValue()));
    functions.method("indexOf", "string_index_of_string", Decls.Int, List.of(TEXT, TEXT),
        a -> position(a[0], text(a[0]).indexOf(text(a[1]))));
    functions.method("indexOf", "string_index_of_string_int", Decls.Int, List.of(TEXT, TEXT, Decls.Int),
        a -> position(a[0], text(a[0]).indexOf(text(a[1]), offset(a[0], a[2].intValue()))));
    functions.method("lastIndexOf", "string_last_index_of_string", Decls.Int, List.of(TEXT, TEXT),
        a -> position(a[0], text(a[0]).lastIndexOf(text(a[1]))));
    functions.method("lastIndexOf", "string_last_index_of_string_int", Decls.Int, List.of(TEXT, TEXT, Decls.Int),
        a -> position(a[0], text(a[0]).lastIndexOf(text(a[1]), offset(a[0], a[2].intValue()))));
    functions.method("lowerAscii", "string_lower_ascii", TEXT, List.of(TEXT),
        a -> CelLibrary.text(ascii(text(a[0]), 'A', 'a')));
    functions.method("upperAscii", "string_upper_ascii", TEXT, List.of(TEXT),
        a -> CelLibrary.text(ascii(text(a[0]), 'a', 'A')));
    functions.method("trim", "string_trim", TEXT, List.of(TEXT), a -> CelLibrary.text(text(a[0]).strip()));
    functions.method("replace", "string_replace_string_string", TEXT, List.of(TEXT, TEXT, TEXT),
        a -> CelLibrary.text(text(a[0]).replace(text(a[1]), text(a[2]))));
    functions.method("replace", "string_replace_string_string_int", TEXT, List.of(TEXT, TEXT, TEXT, Decls.Int),
        a -> CelLibrary.text(replace(text(a[0]), text(a[1]), text(a[2]), a[3].intValue())));
    functions.method("split", "string_split_string", TEXTS, List.of(TEXT, TEXT),
        a -> split(text(a[0]), text(a[1]), -1));
    functions.method("split", "string_split_string_int", TEXTS, List.of(TEXT, TEXT, Decls.Int),
        a -> split(text(a[0]), text(a[1]), a[2].intValue()));
    functions.method("join", "list_join", TEXT, List.of(TEXTS), a -> join((Lister) a[0], ""));
    functions.method("join", "list_join_string", TEXT, List.of(TEXTS, TEXT), a -> join((Lister) a[0], text(a[1])));
    functions.method("format", "string_format", TEXT, List.of(TEXT, Decls.newListType(Decls.Dyn)),
        a -> CelLibrary.text(format(text(a[0]), (Lister) a[1])));
    functions.global("strings.quote", "strings_quote", TEXT, List.of(TEXT),
        a -> CelLibrary.text(Go.quote(text(a[0]))));
  }

  private static String text(Val value) {
    return CelLibrary.text(value);
  }

  private static long length(Val text) {
    return text(text).codePointCount(0, text(text).length());
  }

  private static int offset(Val text, long position) {
    if (position < 0 || position > length(text)) {
      throw new IllegalArgumentException("index out of range: " + position);
    }
    return text(text).offsetByCodePoints(0, (int) position);
  }

  private static Val position(Val text, int offset) {
    return IntT.intOf(offset < 0 ? -1 : text(text).codePointCount(0, offset));
  }

  private static Val part(Val text, long from, long to) {
    int start = offset(text, from);
    int end = offset(text, to);
    if (start > end) {
      throw new IllegalArgumentException("invalid substring range. start: %d, end: %d".formatted(from, to));
    }
    return CelLibrary.text(text(text).substring(start, end));
  }

  private static String ascii(String text, char from, char to) {
    return text.codePoints().map(c -> c >= from && c < from + 26 ? c - from + to : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
  }

  private static String replace(String text, String old, String replacement, long limit) {
    String left = text;
    StringBuilder replaced = new StringBuilder();
    for (long i = 0; limit < 0 || i < limit; i++) {
      int at = left.indexOf(old);
      if (at < 0 || old.isEmpty()) {
        break;
      }
      replaced.append(left, 0, at).append(replacement);
      left = left.substring(at + old.length());
    }
    return replaced + left;
  }

  private static Val split(String text, String separator, long limit) {
    if (limit == 0) {
      return ListT.newStringArrayList(new String[0]);
    }
    return ListT.newStringArrayList(separator.isEmpty() ? text.split("", limit < 0 ? 0 : (int) limit)
        : text.split(Pattern.quote(separator), (int) limit));
  }

  private static Val join(Lister list, String separator) {
    return CelLibrary.text(LongStream.range(0, list.size().intValue()).mapToObj(i -> text(list.get(IntT.intOf(i))))
        .collect(Collectors.joining(separator)));
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
    if (value instanceof Lister list) {
      return LongStream.range(0, list.size().intValue()).mapToObj(i -> plain(list.get(IntT.intOf(i))))
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Mapper mapper && mapper.value() instanceof Map<?, ?> map) {
      return map.entrySet().stream().map(member -> plain(member.getKey()) + ": " + plain(member.getValue())).sorted()
          .collect(Collectors.joining(", ", "{", "}"));
    }
    Object shown = value instanceof Val val ? val.value() : value;
    return shown instanceof Double number ? Go.number(number) : String.valueOf(shown);
  }
}
