package io.kooper.test.http;

import io.kooper.test.ResourceType;
import io.kooper.test.json.Json;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.OpenApiSchemas;
import io.kooper.test.types.Resource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the types are made of, and which parameters a PATCH of each takes, as {@code kubectl} and others ask for it. */
final class OpenApi {

  private OpenApi() {}

  /** @throws StatusException 404 when the path is none of these */
  static ObjectNode answer(List<String> segments, List<Resource> resources) {
    if (segments.size() == 2 && segments.get(1).equals("v2")) {
      return old(resources);
    }
    if (segments.size() < 2 || !segments.get(1).equals("v3")) {
      throw Statuses.noSuchPath();
    }
    String groupVersion = String.join("/", segments.subList(2, segments.size()));
    return groupVersion.isEmpty() ? index(resources) : document(groupVersion, resources);
  }

  private static ObjectNode index(List<Resource> resources) {
    ObjectNode index = Json.object();
    ObjectNode paths = index.putObject("paths");
    documents(resources).forEach((name, contents) -> paths.putObject(name)
        .put("serverRelativeURL", "/openapi/v3/" + name + "?hash=" + hash(name + contents)));
    return index;
  }

  /** The names of all documents, and of what each is made beside its name. */
  private static Map<String, String> documents(List<Resource> resources) {
    Map<String, String> documents = new TreeMap<>();
    List.of(".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version")
        .forEach(name -> documents.put(name, ""));
    for (Resource resource : resources) {
      if (resource.kind() != null && !resource.type().group().isEmpty()) {
        documents.put("apis/" + resource.type().group(), "");
      }
      String schema = resource.schema() == null ? "" : resource.schema().text().toString();
      documents.merge(groupVersion(resource), schema, String::concat);
    }
    return documents;
  }

  /** Another for each text, so that a client may keep what it has read. */
  private static String hash(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-512").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().withUpperCase().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // each Java has it
    }
  }

  private static ObjectNode document(String groupVersion, List<Resource> resources) {
    if (!documents(resources).containsKey(groupVersion)) {
      throw Statuses.noSuchPath();
    }
    ObjectNode document = Json.object().put("openapi", "3.0.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "unversioned");
    ObjectNode paths = document.putObject("paths");
    resources.stream().filter(resource -> groupVersion(resource).equals(groupVersion))
        .forEach(resource -> patch(paths.putObject(path(resource)).putObject("patch"), resource.type()));
    document.putObject("components").set("schemas", schemas("#/components/schemas/",
        resources.stream().filter(resource -> groupVersion(resource).equals(groupVersion)).toList()));
    return document;
  }

  /** All types in one document, as OpenAPI 2 has them. */
  private static ObjectNode old(List<Resource> resources) {
    ObjectNode document = Json.object().put("swagger", "2.0");
    document.putObject("info").put("title", "Kubernetes").put("version", "v1.36.2");
    document.putObject("paths");
    return document.set("definitions", schemas("#/definitions/", resources));
  }

  private static ObjectNode schemas(String references, List<Resource> resources) {
    OpenApiSchemas schemas = new OpenApiSchemas(references);
    for (Resource resource : resources) {
      if (resource.kind() != null) {
        schemas.add(resource.kind());
      } else if (resource.schema() != null && resource.schema().text() instanceof ObjectNode schema) {
        schemas.add(resource.type().group(), resource.type().version(), resource.type().kind(), schema);
      }
    }
    return schemas.all();
  }

  private static void patch(ObjectNode patch, ResourceType type) {
    ArrayNode parameters = patch.putArray("parameters");
    for (String parameter : List.of("dryRun", "fieldManager", "fieldValidation", "force")) {
      parameters.addObject().put("name", parameter).put("in", "query");
    }
    patch.putObject("responses");
    patch.put("x-kubernetes-action", "patch");
    patch.putObject("x-kubernetes-group-version-kind").put("group", type.group()).put("version", type.version())
        .put("kind", type.kind());
  }

  private static String path(Resource resource) {
    return "/" + groupVersion(resource) + (resource.type().namespaced() ? "/namespaces/{namespace}/" : "/")
        + resource.type().plural() + "/{name}";
  }

  private static String groupVersion(Resource resource) {
    return (resource.type().group().isEmpty() ? "api/" : "apis/") + resource.type().apiVersion();
  }
}
