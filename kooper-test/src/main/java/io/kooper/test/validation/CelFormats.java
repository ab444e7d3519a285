package io.kooper.test.validation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** {@code format.dns1123Label().validate(text)} and its like: the mistakes of a text, or nothing. */
final class CelFormats {

  private static final String NAME = "kubernetes.NamedFormat";
  private static final Type FORMAT = Decls.newAbstractType(NAME, List.of());
  private static final Map<String, Predicate<String>> FORMATS = formats();

  private CelFormats() {}

  static void declare(CelFunctions functions, TypeAdapter adapter) {
    FORMATS.keySet().forEach(name -> functions.global("format." + name, "format-" + name, FORMAT, List.of(),
        a -> new CelOpaque(NAME, name)));
    functions.global("format.named", "format-named", CelOptional.OPTIONAL, List.of(Decls.String),
        a -> CelOptional.ofNullable(
            FORMATS.containsKey(CelLibrary.text(a[0])) ? new CelOpaque(NAME, CelLibrary.text(a[0])) : null));
    functions.method("validate", "format-validate",
        CelOptional.OPTIONAL, List.of(FORMAT, Decls.String),
        a -> validate(CelLibrary.text(a[0]), CelLibrary.text(a[1]), adapter));
  }

  private static Val validate(String format, String text, TypeAdapter adapter) {
    Predicate<String> check = FORMATS.get(format);
    boolean valid = check == null || check.test(text);
    return CelOptional.ofNullable(valid ? null
        : adapter.nativeToValue(List.of("%s is not a valid %s".formatted(Go.quote(text), format))));
  }

  private static Map<String, Predicate<String>> formats() {
    String label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    String word = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    String subdomain = label + "(\\." + label + ")*";
    Map<String, Predicate<String>> formats = new LinkedHashMap<>();
    formats.put("dns1123Label", matching(63, label));
    formats.put("dns1123Subdomain", matching(253, subdomain));
    formats.put("dns1035Label", matching(63, "[a-z]([-a-z0-9]*[a-z0-9])?"));
    formats.put("dns1123LabelPrefix", prefix(formats.get("dns1123Label")));
    formats.put("dns1123SubdomainPrefix", prefix(formats.get("dns1123Subdomain")));
    formats.put("dns1035LabelPrefix", prefix(formats.get("dns1035Label")));
    Predicate<String> name = matching(63, word);
    Predicate<String> domain = formats.get("dns1123Subdomain");
    formats.put("qualifiedName", text -> {
      int slash = text.indexOf('/');
      return name.test(text.substring(slash + 1)) && (slash < 0 || domain.test(text.substring(0, slash)));
    });
    formats.put("labelValue", matching(63, "(" + word + ")?"));
    for (String format : List.of("uri", "uuid", "byte", "date", "datetime")) {
      formats.put(format, text -> !Formats.isViolated(format, text));
    }
    return Map.copyOf(formats);
  }

  private static Predicate<String> prefix(Predicate<String> whole) {
    return text -> whole.test(text.endsWith("-") ? text.substring(0, text.length() - 1) + "a" : text);
  }

  private static Predicate<String> matching(int length, String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    return text -> text.length() <= length && compiled.matcher(text).matches();
  }
}
