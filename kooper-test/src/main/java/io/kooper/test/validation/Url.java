package io.kooper.test.validation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL of a request, as Go reads it: absolute, or a path from the root.
 *
 * @param host with its port
 * @param path as it was escaped
 */
record Url(String scheme, String host, String path, String query) {

  private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][-a-zA-Z0-9+.]*):(.*)", Pattern.DOTALL);
  private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9a-fA-F]{2})");
  private static final Pattern HOST =
      Pattern.compile("(\\[[^\\[\\]]*]|[^\\[\\] \"<>`{}|\\\\^:/?#]*)(:[0-9]*)?");

  /** Null is none. */
  static @Nullable Url parse(String text) {
    if (text.isEmpty() || text.chars().anyMatch(c -> c < ' ' || c == 0x7f) || text.startsWith(":")) {
      return null;
    }
    Matcher schemed = SCHEME.matcher(text);
    String scheme = schemed.matches() ? schemed.group(1).toLowerCase(java.util.Locale.ROOT) : "";
    String rest = schemed.matches() ? schemed.group(2) : text;
    int mark = rest.indexOf('?');
    String query = mark < 0 ? "" : rest.substring(mark + 1);
    rest = mark < 0 ? rest : rest.substring(0, mark);
    if (!rest.startsWith("/")) {
      return scheme.isEmpty() ? null : new Url(scheme, "", "", query);
    }
    String host = "";
    if (rest.startsWith("//") && !scheme.isEmpty()) {
      int slash = rest.indexOf('/', 2);
      String authority = rest.substring(2, slash < 0 ? rest.length() : slash);
      rest = slash < 0 ? "" : rest.substring(slash);
      host = authority.substring(authority.lastIndexOf('@') + 1);
      if (!HOST.matcher(host).matches()) {
        return null;
      }
    }
    return BAD_ESCAPE.matcher(host + rest).find() ? null : new Url(scheme, host, rest, query);
  }

  String hostname() {
    String name = host.endsWith("]") || host.lastIndexOf(':') < 0 ? host : host.substring(0, host.lastIndexOf(':'));
    return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
  }

  String port() {
    return host.endsWith("]") || host.lastIndexOf(':') < 0 ? "" : host.substring(host.lastIndexOf(':') + 1);
  }

  /** The path, with what has to be escaped escaped. */
  String escapedPath() {
    StringBuilder escaped = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "-_.~$&+,/:;=@%!'()*[]".indexOf(c) >= 0);
      escaped.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return escaped.toString();
  }

  /** The parameters, each with its values in order. */
  Map<String, List<String>> parameters() {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    for (String part : query.split("&")) {
      int equals = part.indexOf('=');
      if (!part.isEmpty() && !part.contains(";") && !BAD_ESCAPE.matcher(part).find()) {
        parameters.computeIfAbsent(decode(equals < 0 ? part : part.substring(0, equals)), key -> new ArrayList<>())
            .add(equals < 0 ? "" : decode(part.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decode(String text) {
    return java.net.URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
