package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.Kinds;
import io.kooper.test.types.Resource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the server says about itself beside its resources: which paths there are, how it is, who issues its tokens. */
final class SelfDescription {

  /** Of each of the paths that tell of the server's health, what is checked. */
  private static final Map<String, List<String>> CHECKS = Kinds.checks();

  /** Where a kube-apiserver tells of its insides: this one has nothing to tell there. */
  private static final Set<String> EMPTY = Set.of("metrics", "metrics/slis", "flagz", "statusz");

  private SelfDescription() {}

  /**
   * The text at a path, null if there is none but perhaps an object.
   *
   * @throws StatusException 404 when nothing of this name is checked
   */
  static byte @Nullable [] text(Call call) {
    String path = String.join("/", call.segments());
    if (EMPTY.contains(path)) {
      return new byte[0];
    }
    String first = call.segments().isEmpty() ? "" : call.segments().get(0);
    List<String> checks = CHECKS.get(first);
    if (checks == null) {
      return null;
    }
    if (!path.equals(first) && !checks.contains(path.substring(first.length() + 1))) {
      throw Statuses.noSuchPage();
    }
    boolean verbose = path.equals(first) && call.params().contains("verbose");
    return (verbose ? verbose(first, checks, call.param("exclude")) : "ok").getBytes(StandardCharsets.UTF_8);
  }

  private static String verbose(String path, List<String> checks, @Nullable String exclude) {
    List<String> excluded = exclude == null ? List.of() : Arrays.asList(exclude.split(","));
    StringBuilder text = new StringBuilder();
    checks.forEach(check -> text.append("[+]").append(check).append(excluded.contains(check) ? " excluded: ok\n" : " ok\n"));
    return text.append(path).append(" check passed\n").toString();
  }

  /** All paths, but for those of objects. */
  static ObjectNode paths(List<Resource> resources) {
    Set<String> paths = new TreeSet<>(List.of("/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/",
        "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/version"));
    EMPTY.forEach(path -> paths.add("/" + path));
    CHECKS.forEach((path, checks) -> {
      paths.add("/" + path);
      checks.forEach(check -> paths.add("/" + path + "/" + check));
    });
    resources.stream().filter(resource -> !resource.type().group().isEmpty()).forEach(resource -> {
      paths.add("/apis/" + resource.type().group());
      paths.add("/apis/" + resource.type().apiVersion());
    });
    ObjectNode index = Json.object();
    ArrayNode array = index.putArray("paths");
    paths.forEach(array::add);
    return index;
  }

  /** @param host such as {@code 127.0.0.1:6443} */
  static ObjectNode openId(String host) {
    ObjectNode configuration = Json.object().put("issuer", "https://kubernetes.default.svc")
        .put("jwks_uri", "https://" + host + "/openid/v1/jwks");
    configuration.putArray("response_types_supported").add("id_token");
    configuration.putArray("subject_types_supported").add("public");
    configuration.putArray("id_token_signing_alg_values_supported").add("RS256");
    return configuration;
  }

  /** The keys of its tokens, which are not signed. */
  static ObjectNode keys() {
    ObjectNode keys = Json.object();
    keys.putArray("keys");
    return keys;
  }
}
