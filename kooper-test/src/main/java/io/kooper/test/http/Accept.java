package io.kooper.test.http;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.tables.Table;
import io.kooper.test.types.Resource;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * In which form a client takes an answer: of those that it names, the first that there is.
 *
 * @param yaml whether it is YAML
 * @param as what it is turned into, such as {@code Table}; empty for the objects themselves
 * @param version of what it is turned into
 */
record Accept(boolean yaml, String as, String version) {

  private static final List<String> JSON = List.of("application/json", "application/*", "*/*");
  private static final Accept USUAL = new Accept(false, "", "");

  /** @throws StatusException 406 when there is none that the client takes */
  static Accept of(Call call) {
    String header = call.http().header("Accept");
    if (header == null || header.isBlank()) {
      return USUAL;
    }
    boolean watch = call.request().verb().equals("watch");
    boolean known = call.resource() != null && call.resource().isCustom(); // its paths take any media type there
    for (String clause : header.split(",")) {
      List<String> parts = Arrays.stream(clause.split(";")).map(String::strip).toList();
      boolean yaml = parts.get(0).equals("application/yaml") && !watch;
      if (yaml || JSON.contains(parts.get(0))) {
        known = true;
        String as = value(parts, "as");
        if (as.isEmpty()) {
          return new Accept(yaml, "", "");
        }
        String version = value(parts, "v");
        boolean served = version.equals("v1") || version.equals("v1beta1") && as.equals("Table");
        if (value(parts, "g").equals("meta.k8s.io") && served && fits(as, call)) {
          return new Accept(yaml, as, version);
        }
      }
    }
    throw known ? Statuses.notAcceptable() : Statuses.notAcceptable(watch || call.request().verb().equals("list"));
  }

  private static boolean fits(String as, Call call) {
    boolean list = call.request().verb().equals("list");
    return call.request().subresource() == null && switch (as) {
      case "Table" -> true;
      case "PartialObjectMetadataList" -> list;
      case "PartialObjectMetadata" -> !list;
      default -> false;
    };
  }

  private static String value(List<String> parts, String name) {
    return parts.stream().filter(part -> part.startsWith(name + "=")).map(part -> part.substring(name.length() + 1)).findFirst()
        .orElse("");
  }

  /** A type as it is shown to the client: with no more than the metadata, if it wants no more. */
  Resource shown(Resource resource) {
    return as.startsWith("PartialObjectMetadata") ? resource.metadataOnly() : resource;
  }

  /** The table that the client wants, null if it wants none. */
  @Nullable Table table(Call call, Resource resource) {
    if (!as.equals("Table")) {
      return null;
    }
    String include = call.param("includeObject");
    Table.Include included = switch (include == null ? "Metadata" : include) {
      case "None" -> Table.Include.NONE;
      case "Metadata" -> Table.Include.METADATA;
      case "Object" -> Table.Include.OBJECT;
      default -> throw Statuses.badRequest("unrecognized includeObject value: " + include);
    };
    return new Table(resource, included, "meta.k8s.io/" + version);
  }
}
