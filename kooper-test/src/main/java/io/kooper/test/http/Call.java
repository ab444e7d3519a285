package io.kooper.test.http;

import io.kooper.test.ApiRequest;
import io.kooper.test.json.Statuses;
import io.kooper.test.net.Fields;
import io.kooper.test.net.Request;
import io.kooper.test.store.Registry;
import io.kooper.test.types.Resource;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request, understood.
 *
 * @param segments the parts of the path
 * @param resource null if the path names no served type
 */
record Call(
    Request http, ApiRequest request, List<String> segments, @Nullable Resource resource, Fields params) {

  private static final Set<String> NAMESPACE_SUBRESOURCES = Set.of("status", "finalize");

  static Call of(Request http, Registry registry) {
    List<String> segments = segments(http.path());
    Fields params = http.params();
    String query = http.query();
    boolean core = !segments.isEmpty() && segments.get(0).equals("api");
    boolean grouped = !segments.isEmpty() && segments.get(0).equals("apis");
    int prefix = core ? 2 : 3;
    String path = "/" + String.join("/", segments);
    String agent = http.header("User-Agent") == null ? "" : http.header("User-Agent");
    Instant now = Instant.now();
    if (!core && !grouped || segments.size() <= prefix) {
      String verb = http.method().toLowerCase(Locale.ROOT);
      return new Call(http, new ApiRequest(verb, path, query, "", "", null, null, null, agent, now, null, 0), segments, null,
          params);
    }
    List<String> rest = segments.subList(prefix, segments.size());
    boolean old = rest.get(0).equals("watch") && rest.size() > 1; // as watches were asked for once, and still may be
    if (old) {
      rest = rest.subList(1, rest.size());
    }
    String namespace = null;
    if (rest.get(0).equals("namespaces") && rest.size() > 2 && !NAMESPACE_SUBRESOURCES.contains(rest.get(2))) {
      namespace = rest.get(1);
      rest = rest.subList(2, rest.size());
    }
    String group = core ? "" : segments.get(1);
    String plural = rest.get(0);
    String name = rest.size() > 1 ? rest.get(1) : null;
    String subresource = rest.size() > 2 ? String.join("/", rest.subList(2, rest.size())) : null;
    Resource resource = registry.find(group, segments.get(prefix - 1), plural);
    String verb = old && http.method().equals("GET") ? "watch" : verb(http.method(), name, flag(params, "watch"));
    return new Call(http, new ApiRequest(verb, path, query, group, plural, namespace, name, subresource, agent, now, null, 0),
        segments, resource, params);
  }

  @Nullable String param(String name) {
    String value = params.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  boolean flag(String name) {
    return flag(params, name);
  }

  boolean dryRun() {
    return "All".equals(param("dryRun"));
  }

  /** Who writes: as the client says, or its name. */
  String manager() {
    String manager = param("fieldManager");
    if (manager != null) {
      return manager;
    }
    String agent = http.header("User-Agent");
    return agent == null ? "unknown" : agent.split("/", 2)[0];
  }

  /**
   * Who applies.
   *
   * @throws StatusException 422 when the client does not say, or says too much
   */
  String applier() {
    String manager = param("fieldManager");
    if (manager == null) {
      throw Statuses.invalidOptions("PatchOptions", "fieldManager", "FieldValueRequired",
          "Required value: is required for apply patch");
    }
    if (manager.getBytes(StandardCharsets.UTF_8).length > 128) {
      throw Statuses.invalidOptions("PatchOptions", "fieldManager", "FieldValueTooLong",
          "Too long: may not be more than 128 bytes");
    }
    return manager;
  }

  /** Whether fields are taken from others; any value but a false one says so. */
  boolean isForced() {
    String force = params.get("force");
    return force != null && !force.equals("false") && !force.equals("0");
  }

  /** @throws StatusException 422 when a patch is forced that takes nothing from anybody */
  void requireUnforced() {
    if (params.contains("force")) {
      throw Statuses.invalidOptions("PatchOptions", "force", "FieldValueForbidden",
          "Forbidden: may not be specified for non-apply patch");
    }
  }

  /** @throws StatusException 400 when the parameter is no number */
  @Nullable Long number(String name) {
    String value = param(name);
    if (value == null) {
      return null;
    }
    try {
      return Long.valueOf(value);
    } catch (NumberFormatException e) {
      throw Statuses.badRequest("Invalid value: \"%s\" for %s: must be a number".formatted(value, name));
    }
  }

  /** The namespace of an object or a collection in the store's terms: empty if its type has none. */
  String namespace() {
    String namespace = request.namespace();
    return namespace == null ? "" : namespace;
  }

  private static boolean flag(Fields params, String name) {
    String value = params.get(name);
    return value != null && (value.equals("true") || value.equals("1"));
  }

  private static String verb(String method, @Nullable String name, boolean watch) {
    return switch (method) {
      case "GET" -> name != null ? "get" : watch ? "watch" : "list"; // one object is not watched, whatever is asked
      case "POST" -> "create";
      case "PUT" -> "update";
      case "DELETE" -> name == null ? "deletecollection" : "delete";
      default -> method.toLowerCase(Locale.ROOT);
    };
  }

  private static List<String> segments(@Nullable String path) {
    List<String> segments = new ArrayList<>();
    for (String segment : (path == null ? "" : path).split("/")) {
      if (!segment.isEmpty()) {
        // a plus in a path is a plus
        segments.add(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
      }
    }
    return segments;
  }
}
