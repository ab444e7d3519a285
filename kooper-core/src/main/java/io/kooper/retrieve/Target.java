package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Client;
import io.kooper.internal.Names;
import io.kooper.internal.Refusals;
import io.kooper.internal.Urls;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is listed and watched: a resource, where, and which of its objects.
 *
 * @param server the API server's address with what a proxy puts before the path, ending with a slash
 * @param group empty for the core group
 * @param version the group's version
 * @param plural the resource's name
 * @param namespace null for all namespaces, or for a cluster-scoped resource
 * @param selectors the query parameters that select, not yet encoded
 */
record Target(
    String server, String group, String version, String plural, @Nullable String namespace, Map<String, String> selectors) {

  private static final String LABELS = "labelSelector";
  private static final String FIELDS = "fieldSelector";

  /** The API server's address, of which every request's begins. */
  static String server(Client client) {
    String url = client.getMasterUrl().toString();
    return url.endsWith("/") ? url : url + "/";
  }

  /** Reads what a client asked for, as in {@code apis/apps/v1/namespaces/x/deployments?labelSelector=..}. */
  static Target ofList(String server, URI uri) {
    String path = uri.toString().startsWith(server) ? uri.toString().substring(server.length()).split("\\?")[0] : "";
    String[] segments = path.split("/");
    boolean core = segments[0].equals("api");
    int rest = core ? 2 : 3;
    int left = segments.length - rest;
    boolean inNamespace = left == 3 && segments[rest].equals("namespaces");
    String query = uri.getRawQuery();
    // a name with one of these characters has made another path; where they belong into a query, they are encoded
    boolean another = uri.getRawFragment() != null || query != null && (query.contains("?") || query.contains("/"));
    if (!core && !segments[0].equals("apis") || left != 1 && !inNamespace || another) {
      throw new IllegalArgumentException("not a list of a resource: " + Urls.withoutUser(uri.toString()));
    }
    Refusals wrong = new Refusals();
    if (inNamespace) {
      Names.label(wrong.all(), "namespace", URLDecoder.decode(segments[rest + 1], StandardCharsets.UTF_8));
    }
    Names.resource(wrong.all(), core ? null : segments[1], segments[rest - 1], segments[segments.length - 1]);
    wrong.refuse("a retriever");
    Map<String, String> selectors = new LinkedHashMap<>();
    if (query != null) {
      for (String parameter : query.split("&")) {
        int equals = parameter.indexOf('=');
        String key = equals < 0 ? parameter : parameter.substring(0, equals);
        String value = equals < 0 ? "" : URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8);
        if (!key.equals(LABELS) && !key.equals(FIELDS) || selectors.put(key, value) != null) {
          throw new IllegalArgumentException("not a list of a resource: " + Urls.withoutUser(uri.toString()));
        }
      }
    }
    return new Target(server, core ? "" : segments[1], segments[rest - 1], segments[segments.length - 1],
        inNamespace ? segments[rest + 1] : null, selectors);
  }

  /** The same whatever its labels are: a server looks through all objects for a few that have some. */
  Target withoutLabels() {
    Map<String, String> others = new LinkedHashMap<>(selectors);
    others.remove(LABELS);
    return new Target(server, group, version, plural, namespace, others);
  }

  /** {@code v1} or {@code apps/v1}, as in an object's {@code apiVersion}. */
  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** {@code pods} or {@code deployments.apps}. */
  String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** For people: {@code deployments.apps in namespace "x" selected by labelSelector=app}. */
  @Override
  public String toString() {
    String selected = selectors.entrySet().stream().map(String::valueOf).collect(Collectors.joining(", ", " selected by ", ""));
    return resource() + (namespace == null ? "" : " in namespace \"" + namespace + '"') + (selectors.isEmpty() ? "" : selected);
  }

  String listUrl(ListOptions options) {
    Map<String, @Nullable Object> query = query(options);
    query.put("limit", options.getLimit());
    query.put("continue", options.getContinue());
    query.put("resourceVersionMatch", options.getResourceVersionMatch());
    return url(query);
  }

  String watchUrl(ListOptions options, long timeoutSeconds) {
    Map<String, @Nullable Object> query = query(options);
    query.put("watch", true);
    query.put("allowWatchBookmarks", options.getAllowWatchBookmarks());
    query.put("timeoutSeconds", timeoutSeconds);
    return url(query);
  }

  /** What every request asks for. */
  private Map<String, @Nullable Object> query(ListOptions options) {
    Map<String, @Nullable Object> query = new LinkedHashMap<>(selectors);
    and(query, LABELS, options.getLabelSelector());
    and(query, FIELDS, options.getFieldSelector());
    query.put("resourceVersion", options.getResourceVersion());
    return query;
  }

  private static void and(Map<String, @Nullable Object> query, String selector, @Nullable String more) {
    if (more != null && !more.isEmpty()) {
      query.merge(selector, more, (one, other) -> one + "," + other);
    }
  }

  /** Without the parameters that are null. */
  private String url(Map<String, @Nullable Object> query) {
    query.values().removeIf(Objects::isNull);
    String path = (group.isEmpty() ? "api" : "apis/" + Names.encoded(group)) + "/" + Names.encoded(version)
        + (namespace == null ? "" : "/namespaces/" + Names.encoded(namespace)) + "/" + Names.encoded(plural);
    String parameters = query.entrySet().stream().map(one -> one.getKey() + "=" + Names.encoded(String.valueOf(one.getValue())))
        .collect(Collectors.joining("&", "?", ""));
    return server + path + (query.isEmpty() ? "" : parameters);
  }
}
