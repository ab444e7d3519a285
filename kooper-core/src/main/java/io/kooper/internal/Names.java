package io.kooper.internal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The API server's rules for names that become part of a path. A name that breaks them could ask for something else. */
public final class Names {

  private static final String LABEL_FORM = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final Pattern LABEL = Pattern.compile(LABEL_FORM);
  private static final String SUBDOMAIN_FORM = LABEL_FORM + "(\\." + LABEL_FORM + ")*";
  private static final Pattern SUBDOMAIN = Pattern.compile(SUBDOMAIN_FORM);

  private static final String NAME_FORM = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?";
  private static final Pattern NAME = Pattern.compile(NAME_FORM);

  // apimachinery's labels.Parse
  private static final String KEY = "(" + SUBDOMAIN_FORM + "/)?" + NAME_FORM;
  private static final String VALUE = "\\s*(" + NAME_FORM + ")?\\s*";
  private static final String REQUIREMENT = "\\s*(!?\\s*" + KEY + "|" + KEY + "\\s*(==?|!=)" + VALUE
      + "|" + KEY + "\\s+(in|notin)\\s*\\(" + VALUE + "(," + VALUE + ")*\\)|" + KEY + "\\s*[<>]\\s*-?[0-9]+)\\s*";
  private static final Pattern LABEL_SELECTOR = Pattern.compile(REQUIREMENT + "(," + REQUIREMENT + ")*");

  private Names() {}

  public static boolean isLabel(@Nullable String value) {
    return value != null && value.length() <= 63 && LABEL.matcher(value).matches();
  }

  public static boolean isSubdomain(@Nullable String value) {
    return value != null && value.length() <= 253 && SUBDOMAIN.matcher(value).matches();
  }

  /** A name with or without a domain before it, as {@code Ready} or {@code example.com/dns}; apimachinery's IsQualifiedName. */
  public static boolean isQualified(String value) {
    int slash = value.indexOf('/');
    String name = value.substring(slash + 1);
    return name.length() <= 63 && NAME.matcher(name).matches() && (slash < 0 || isSubdomain(value.substring(0, slash)));
  }

  /** This machine's name, from its environment: the system might ask a name server for it. Without one, the process. */
  public static String host() {
    for (String variable : List.of("HOSTNAME", "COMPUTERNAME")) {
      String host = System.getenv(variable);
      if (host != null && !host.isBlank()) {
        return host.strip();
      }
    }
    return "pid-" + ProcessHandle.current().pid();
  }

  /** A namespace, a version or a plural: at most 63 lower-case letters, digits and hyphens. */
  public static void label(List<String> errors, String what, @Nullable String value) {
    check(errors, what, value, isLabel(value),
        "at most 63 lower-case letters, digits and hyphens, with no hyphen at either end");
  }

  /** A group or a lease: labels with dots between them, at most 253 characters. */
  public static void subdomain(List<String> errors, String what, @Nullable String value) {
    check(errors, what, value, isSubdomain(value),
        "at most 253 lower-case letters, digits, hyphens and dots, and begin and end with a letter or a digit");
  }

  /** An object of any kind, for which only what a path's segment cannot be is refused: {@code system:node} is a name. */
  public static void object(List<String> errors, String what, @Nullable String value) {
    check(errors, what, value,
        value != null && !value.equals(".") && !value.equals("..") && !value.contains("/") && !value.contains("%"),
        "neither \".\" nor \"..\", and contain neither \"/\" nor \"%\"");
  }

  /** A selector of labels; null is none. */
  public static void labelSelector(List<String> errors, String what, @Nullable String value) {
    if (value != null) {
      check(errors, what, value, LABEL_SELECTOR.matcher(value).matches(),
          "as for kubectl get -l, such as app=web,tier in (front,back),!old");
    }
  }

  /** A resource's group, null or empty for the core one, its version and its plural. */
  public static void resource(List<String> errors, @Nullable String group, @Nullable String version, @Nullable String plural) {
    if (group != null && !group.isEmpty()) {
      subdomain(errors, "group", group);
    }
    label(errors, "version", version);
    label(errors, "plural", plural);
  }

  private static void check(List<String> errors, String what, @Nullable String value, boolean valid, String rule) {
    if (value == null || value.isBlank()) {
      errors.add("the " + what + " is " + (value == null ? "missing" : "blank"));
    } else if (!valid) {
      errors.add("the " + what + " \"" + value + "\" must be " + rule);
    }
  }

  /** One segment of a path, or one value of a query. */
  public static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
