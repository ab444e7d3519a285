package io.kooper.test.kinds;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A built-in resource.
 *
 * @param entry what discovery says of it
 * @param subresources what discovery says of those, by their names
 * @param generation whether {@code metadata.generation} counts its changes
 * @param unversioned whether a PUT may leave the resourceVersion out
 * @param creates whether a PUT creates what is missing
 * @param fields the field selectors beyond metadata
 * @param deprecation what clients are warned of, null if of nothing
 */
public record KindInfo(String group, String version, String kind, String plural, boolean namespaced, JsonNode entry,
    Map<String, JsonNode> subresources, boolean generation, boolean unversioned, boolean creates, List<String> fields,
    KindSchema schema, @Nullable String deprecation) {

  static KindInfo of(String groupVersion, JsonNode entry, Map<String, JsonNode> subresources, List<String> traits,
      @Nullable String deprecation) {
    int slash = groupVersion.indexOf('/');
    String group = slash < 0 ? "" : groupVersion.substring(0, slash);
    String version = groupVersion.substring(slash + 1);
    String kind = entry.path("kind").asString();
    return new KindInfo(group, version, kind, entry.path("name").asString(), entry.path("namespaced").asBoolean(), entry,
        subresources, traits.contains("generation"), traits.contains("unversioned"), traits.contains("creates"),
        traits.stream().filter(trait -> trait.contains(".") || FLAT_FIELDS.contains(trait)).toList(),
        new KindSchema(group, version, kind), deprecation);
  }

  private static final List<String> FLAT_FIELDS = List.of("type", "reason", "reportingComponent", "source",
      "reportingController");

  /** What may be done with it, such as {@code list}. */
  public List<String> verbs() {
    return entry.path("verbs").valueStream().map(verb -> verb.asString("")).toList();
  }

  /** What may be done with one of its subresources; empty if it has none of this name. */
  public List<String> verbs(String subresource) {
    JsonNode sub = subresources.get(subresource);
    return sub == null ? List.of() : sub.path("verbs").valueStream().map(verb -> verb.asString("")).toList();
  }
}
