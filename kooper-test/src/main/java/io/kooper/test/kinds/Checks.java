package io.kooper.test.kinds;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Whether one value is what it has to be, in the words of the API server. */
public final class Checks {

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern PERCENT = Pattern.compile("[0-9]+%");
  private static final Pattern ENVIRONMENT = Pattern.compile("[ -<>-~]+");
  private static final Pattern CONFIG_KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final Pattern IP = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
  private static final Pattern CIDR = Pattern.compile("(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)/\\d{1,3}");
  private static final Pattern DOMAIN_PATH = Pattern.compile("[a-z0-9][-a-z0-9.]*/[A-Za-z0-9/._~%!$&'()*+,;=:-]+");
  private static final Set<String> RESOURCES = Set.of("cpu", "memory", "ephemeral-storage", "storage");
  private static final Pattern FIELD_PATH = Pattern.compile("metadata\\.(name|namespace|uid|labels.*|annotations.*)"
      + "|spec\\.(nodeName|serviceAccountName|restartPolicy|schedulerName|hostNetwork)"
      + "|status\\.(hostIPs?|podIPs?|phase|nominatedNodeName)|v1:.*");
  private static final int LONGEST_LABEL = 63;
  private static final int LONGEST_SUBDOMAIN = 253;
  private static final int LONGEST_PORT_NAME = 15;
  private static final int MOST_PORTS = 65_535;

  private static final String NO_LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
      + " '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation"
      + " is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  private static final String NO_SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
      + " characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
      + " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  private static final String NO_CONFIG_KEY = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
      + " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  private static final String NO_PORT = "must be between 1 and 65535, inclusive";
  private static final String NEGATIVE = "must be greater than or equal to 0";

  private Checks() {}

  static List<String> check(String check, String argument, JsonNode value) {
    return switch (check) {
      case "field-path" -> when(!FIELD_PATH.matcher(value.asString("")).matches(), "error converting fieldPath: field label not"
          + " supported: " + value.asString(""));
      case "time-zone" -> when(!ZoneId.getAvailableZoneIds().contains(value.asString("")),
          "unknown time zone " + value.asString(""));
      case "given" -> when(value.asString("").isEmpty(), "must not be empty");
      case "label-key" -> Labels.key(value.asString(""));
      case "label-value" -> Labels.value(value.asString(""));
      case "config-key" -> configKey(value.asString(""));
      case "cidr" -> when(!CIDR.matcher(value.asString("")).matches(),
          "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
      case "wildcard-subdomain" -> subdomain(value.asString("").startsWith("*.") ? value.asString().substring(2)
          : value.asString(""));
      case "domain-path" -> when(!DOMAIN_PATH.matcher(value.asString("")).matches(),
          "must be a domain-prefixed path (such as \"acme.io/foo\")");
      case "https" -> when(!value.asString("").startsWith("https://") || value.asString("").length() <= "https://".length(),
          "'https' is the only allowed URL scheme; desired format: https://host[/path]");
      case "json-path" -> when(!value.asString("").startsWith("."), "is not a valid jsonPath");
      case "spec-path" -> when(!value.asString("").startsWith(".spec."), "should be a json path under .spec");
      case "status-path" -> when(!value.asString("").startsWith(".status."), "should be a json path under .status");
      case "label" -> label(value.asString(""));
      case "subdomain" -> subdomain(value.asString(""));
      case "trimmed" -> when(!value.asString("").strip().equals(value.asString("")),
          "must not have leading or trailing whitespace");
      case "env-name" -> when(!ENVIRONMENT.matcher(value.asString("")).matches(), "a valid environment variable name must consist"
          + " only of printable ASCII characters other than '='");
      case "ip" -> when(!IP.matcher(value.asString("")).matches(),
          "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
      case "nonnegative" -> when(value.asLong() < 0, NEGATIVE);
      case "positive" -> when(value.asLong() <= 0, "must be greater than 0");
      case "above-zero" -> when(value.asLong() <= 0, "must be greater than zero");
      case "port" -> when(value.asInt() < 1 || value.asInt() > MOST_PORTS, NO_PORT);
      case "optional-port" -> when(value.asInt() != 0 && (value.asInt() < 1 || value.asInt() > MOST_PORTS), NO_PORT);
      case "port-name" -> portName(value.asString(""));
      case "port-or-name" -> value.isString() ? portName(value.stringValue())
          : when(value.asInt() < 1 || value.asInt() > MOST_PORTS, NO_PORT);
      case "count-or-percent" -> value.isString()
          ? when(!PERCENT.matcher(value.stringValue()).matches(), "a valid percent string must be a numeric string followed by an"
              + " ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")
          : when(value.asLong() < 0, NEGATIVE);
      case "between" -> {
        String[] bounds = argument.split(",");
        yield when(value.asLong() < Long.parseLong(bounds[0]) || value.asLong() > Long.parseLong(bounds[1]),
            "must be between %s and %s, inclusive".formatted(bounds[0], bounds[1]));
      }
      default -> List.of();
    };
  }

  /** What is wrong with a name that is a part of a host name. */
  public static List<String> label(String name) {
    return name.length() > LONGEST_LABEL ? List.of("must be no more than 63 characters")
        : when(!LABEL.matcher(name).matches(), SUBDOMAIN.matcher(name).matches() ? "must not contain dots" : NO_LABEL);
  }

  /** What is wrong with a name that is a host name. */
  public static List<String> subdomain(String name) {
    return name.length() > LONGEST_SUBDOMAIN ? List.of("must be no more than 253 characters")
        : when(!SUBDOMAIN.matcher(name).matches(), NO_SUBDOMAIN);
  }

  /** What is wrong with a key of a ConfigMap or Secret. */
  static List<String> configKey(String key) {
    return key.length() > LONGEST_SUBDOMAIN ? List.of("must be no more than 253 characters")
        : !CONFIG_KEY.matcher(key).matches() ? List.of(NO_CONFIG_KEY)
        : when(key.equals(".") || key.startsWith(".."), key.equals(".") || key.equals("..") ? "must not be '" + key + "'"
            : "must not start with '..'");
  }

  /** The names of resources in a list of them that are none. */
  static List<String> resourceNames(JsonNode resources, String more) {
    return resources.propertyNames().stream().filter(name -> !name.contains("/") && !RESOURCES.contains(name)
        && !name.contains("hugepages-") && !List.of(more.split(",")).contains(name)).toList();
  }

  private static List<String> portName(String name) {
    if (name.length() > LONGEST_PORT_NAME) {
      return List.of("must be no more than 15 characters");
    }
    List<String> wrong = new ArrayList<>();
    if (!name.matches("[-a-z0-9]+")) {
      wrong.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (!name.matches(".*[a-z].*")) {
      wrong.add("must contain at least one letter (a-z)");
    }
    if (name.contains("--")) {
      wrong.add("must not contain consecutive hyphens");
    }
    if (name.startsWith("-") || name.endsWith("-")) {
      wrong.add("must not begin or end with a hyphen");
    }
    return wrong;
  }

  private static List<String> when(boolean wrong, String message) {
    return wrong ? List.of(message) : List.of();
  }
}
