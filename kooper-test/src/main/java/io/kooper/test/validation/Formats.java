package io.kooper.test.validation;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The formats that the API server checks; others say nothing there. */
final class Formats {

  private static final String NAME = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final Map<String, Predicate<String>> TEXTS = Map.ofEntries(
      Map.entry("bsonobjectid", matching("[0-9a-fA-F]{24}")),
      Map.entry("uri", text -> Url.parse(text) != null),
      Map.entry("email", matching("([^<>]*<)?[^\\s@<>,;:\"()\\[\\]]+@[^\\s@<>,;:\"()]+>?")),
      Map.entry("hostname", Formats::isHostname),
      Map.entry("ipv4", text -> text.contains(".") && Ip.parse(text, true) != null),
      Map.entry("ipv6", text -> text.contains(":") && Ip.parse(text, true) != null),
      Map.entry("cidr", text -> Cidr.parse(text, true) != null),
      Map.entry("mac", matching("([0-9a-fA-F]{2}([-:])([0-9a-fA-F]{2}\\2){4}[0-9a-fA-F]{2}(\\2[0-9a-fA-F]{2}){0,2}|"
          + "([0-9a-fA-F]{4}\\.){2,3}[0-9a-fA-F]{4})")),
      Map.entry("uuid", uuid("[0-9a-f]{4}", "[0-9a-f]{4}")),
      Map.entry("uuid3", uuid("3[0-9a-f]{3}", "[0-9a-f]{4}")),
      Map.entry("uuid4", uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}")),
      Map.entry("uuid5", uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}")),
      Map.entry("isbn", text -> isIsbn10(text) || isIsbn13(text)),
      Map.entry("isbn10", Formats::isIsbn10),
      Map.entry("isbn13", Formats::isIsbn13),
      Map.entry("creditcard", Formats::isCreditCard),
      Map.entry("ssn", matching("\\d{3}[- ]?\\d{2}[- ]?\\d{4}")),
      Map.entry("hexcolor", matching("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")),
      Map.entry("rgbcolor", matching("rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|"
          + "2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)")),
      Map.entry("byte", matching("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")),
      Map.entry("password", text -> true),
      Map.entry("date", Formats::isDate),
      Map.entry("duration", text -> duration(text) != null),
      Map.entry("datetime", Formats::isDateTime),
      Map.entry("k8sshortname", text -> text.length() <= 63 && text.matches(NAME)),
      Map.entry("k8slongname", text -> text.length() <= 253 && text.matches(NAME + "(\\." + NAME + ")*")));
  private static final Set<String> INTEGERS = Set.of("int32", "int64");
  private static final Set<String> NUMBERS = Set.of("float", "double");
  private static final Pattern TIME = Pattern.compile("(\\d{2}):(\\d{2}):(\\d{2})(.\\d+)?(z|[+-]\\d{2}:\\d{2})");
  private static final Pattern HOSTNAME = Pattern.compile(
      "([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}]"
          + "(([-a-zA-Z0-9\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.))+([a-zA-Z\\p{L}]){2,63})");
  private static final Pattern GO_DURATION = Pattern.compile("([0-9]*\\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)");
  private static final Pattern LOOSE_DURATION = Pattern.compile("(\\d+)\\s*([A-Za-zµ]+)");

  private Formats() {}

  /** The format of a place, empty if it is not checked there. */
  static String known(List<String> types, String format) {
    String type = types.size() == 1 ? types.get(0) : "";
    boolean known = switch (type) {
      case "", "string" -> TEXTS.containsKey(normal(format));
      case "integer" -> INTEGERS.contains(format);
      case "number" -> NUMBERS.contains(format);
      default -> false;
    };
    return known ? format : "";
  }

  /** Finds the formats of texts in a schema, and in those within it, that are none. */
  static void collectUnknown(JsonNode schema, Set<String> unknown) {
    if (!schema.isObject()) {
      return;
    }
    JsonNode format = schema.path("format");
    if (schema.path("type").asString("").equals("string") && format.isString() && !format.stringValue().isEmpty()
        && !TEXTS.containsKey(normal(format.stringValue()))) {
      unknown.add(format.stringValue());
    }
    for (String one : new String[] {"items", "additionalProperties", "not"}) {
      collectUnknown(schema.path(one), unknown);
    }
    for (String many : new String[] {"properties", "allOf", "anyOf", "oneOf"}) {
      schema.path(many).forEach(within -> collectUnknown(within, unknown));
    }
  }

  /** Whether a format is one of texts, and this text is not of it. */
  static boolean isViolated(String format, String text) {
    Predicate<String> check = TEXTS.get(normal(format));
    return check != null && !check.test(text);
  }

  /** A duration as Go reads it, or as a number with a word for its unit; null is none. */
  static @Nullable Duration duration(String text) {
    Duration strict = goDuration(text);
    if (strict != null) {
      return strict;
    }
    Matcher parts = LOOSE_DURATION.matcher(text);
    Duration sum = null;
    while (parts.find()) {
      Duration unit = unit(parts.group(2).toLowerCase(Locale.ROOT));
      if (unit != null) {
        sum = (sum == null ? Duration.ZERO : sum).plus(unit.multipliedBy(Long.parseLong(parts.group(1))));
      }
    }
    return sum;
  }

  private static @Nullable Duration goDuration(String text) {
    String rest = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    if (rest.equals("0")) {
      return Duration.ZERO;
    }
    Matcher parts = GO_DURATION.matcher(rest);
    double nanos = 0;
    int end = 0;
    while (parts.find() && parts.start() == end && parts.group(1).matches(".*[0-9].*")) {
      Duration unit = unit(parts.group(2));
      nanos += Double.parseDouble(parts.group(1)) * (unit == null ? 0 : unit.toNanos());
      end = parts.end();
    }
    return rest.isEmpty() || end != rest.length() ? null
        : Duration.ofNanos(Math.round(text.startsWith("-") ? -nanos : nanos));
  }

  private static @Nullable Duration unit(String unit) {
    return unit.equals("ns") || unit.startsWith("nano") ? Duration.ofNanos(1)
        : unit.equals("us") || unit.matches("[µμ]s") || unit.startsWith("micro") ? Duration.ofNanos(1_000)
        : unit.equals("ms") || unit.startsWith("milli") ? Duration.ofMillis(1)
        : unit.equals("s") || unit.startsWith("sec") ? Duration.ofSeconds(1)
        : unit.equals("m") || unit.startsWith("min") ? Duration.ofMinutes(1)
        : unit.equals("h") || unit.equals("hr") || unit.startsWith("hour") ? Duration.ofHours(1)
        : unit.equals("d") || unit.startsWith("day") ? Duration.ofDays(1)
        : unit.equals("w") || unit.equals("wk") || unit.startsWith("week") ? Duration.ofDays(7) : null;
  }

  private static String normal(String format) {
    return format.replace("-", "");
  }

  private static boolean isDate(String text) {
    try {
      return text.length() == 10 && LocalDate.parse(text) != null;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean isDateTime(String text) {
    String[] parts = text.toLowerCase(Locale.ROOT).split("t", -1);
    if (parts.length < 2 || !isDate(parts[0])) {
      return false;
    }
    Matcher time = TIME.matcher(parts[1]);
    return time.matches() && time.group(1).compareTo("23") <= 0 && time.group(2).compareTo("59") <= 0
        && time.group(3).compareTo("59") <= 0;
  }

  private static boolean isHostname(String text) {
    if (text.length() > 255 || !HOSTNAME.matcher(text).matches()) {
      return false;
    }
    for (String label : text.split("\\.", -1)) {
      if (label.length() > 63) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIsbn10(String text) {
    String digits = text.replaceAll("[\\s-]+", "");
    int sum = 0;
    for (int i = 0; i < digits.length() && i < 10; i++) {
      sum += (i + 1) * (digits.charAt(i) == 'X' ? 10 : digits.charAt(i) - '0');
    }
    return digits.matches("[0-9]{9}[0-9X]") && sum % 11 == 0;
  }

  private static boolean isIsbn13(String text) {
    String digits = text.replaceAll("[\\s-]+", "");
    int sum = 0;
    for (int i = 0; i < digits.length() && i < 13; i++) {
      sum += (i % 2 == 0 ? 1 : 3) * (digits.charAt(i) - '0');
    }
    return digits.matches("[0-9]{13}") && sum % 10 == 0;
  }

  private static boolean isCreditCard(String text) {
    String digits = text.replaceAll("[^0-9]+", "");
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int weighed = i % 2 == 0 ? digit : 2 * digit;
      sum += weighed > 9 ? weighed - 9 : weighed;
    }
    return sum % 10 == 0 && digits.matches("4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|"
        + "3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11}");
  }

  private static Predicate<String> uuid(String version, String variant) {
    Pattern pattern = Pattern.compile("[0-9a-f]{8}-?[0-9a-f]{4}-?" + version + "-?" + variant + "-?[0-9a-f]{12}",
        Pattern.CASE_INSENSITIVE);
    return text -> pattern.matcher(text).matches();
  }

  private static Predicate<String> matching(String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    return text -> compiled.matcher(text).matches();
  }
}
