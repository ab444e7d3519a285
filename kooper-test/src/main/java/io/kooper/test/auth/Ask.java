package io.kooper.test.auth;

import io.kooper.test.ApiRequest;
import io.kooper.test.net.Fields;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What somebody wants to do.
 *
 * @param resource with its subresource, as in {@code pods/log}; empty for a path that is no resource
 * @param namespace empty for all, and for what has none
 * @param name empty for none
 * @param path that of what is no resource
 */
public record Ask(String verb, String group, String resource, String namespace, String name, String path) {

  private static final Set<String> COLLECTIONS = Set.of("list", "watch", "deletecollection");
  private static final Pattern NAMED = Pattern.compile("metadata\\.name==?([^=!]+)");

  /** What a request does. */
  public static Ask of(ApiRequest request) {
    String resource = request.resource() + (request.subresource() == null ? "" : "/" + request.subresource());
    String name = request.name() == null ? named(request) : request.name();
    return new Ask(request.verb(), request.group(), resource, text(request.namespace()), name, request.path());
  }

  /** The one object that a list or a watch selects by its name; empty for others. */
  private static String named(ApiRequest request) {
    if (!COLLECTIONS.contains(request.verb())) {
      return "";
    }
    String selector = Fields.ofQuery(request.query()).get("fieldSelector");
    return selector == null ? "" : Arrays.stream(selector.split(",")).map(NAMED::matcher).filter(Matcher::matches).findFirst()
        .map(found -> found.group(1)).orElse("");
  }

  /** What the attributes of a review say. */
  static Ask of(JsonNode spec) {
    JsonNode resource = spec.path("resourceAttributes");
    if (!resource.isObject()) {
      JsonNode other = spec.path("nonResourceAttributes");
      return new Ask(other.path("verb").asString(""), "", "", "", "", other.path("path").asString(""));
    }
    String sub = resource.path("subresource").asString("");
    return new Ask(resource.path("verb").asString(""), resource.path("group").asString(""),
        resource.path("resource").asString("") + (sub.isEmpty() ? "" : "/" + sub), resource.path("namespace").asString(""),
        resource.path("name").asString(""), "");
  }

  /** The same as a request. */
  ApiRequest request() {
    int slash = resource.indexOf('/');
    return new ApiRequest(verb, path, "", group, slash < 0 ? resource : resource.substring(0, slash), namespace, name,
        slash < 0 ? null : resource.substring(slash + 1), "", Instant.EPOCH, null, 0);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
