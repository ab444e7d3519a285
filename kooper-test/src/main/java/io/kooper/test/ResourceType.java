package io.kooper.test;

import java.util.Objects;

/**
 * A type of resources that an {@link EmbeddedApiServer} can serve.
 *
 * <pre>{@code
 * server.register(ResourceType.of("stable.example.com", "v1", "CronTab", "crontabs", true).withStatus());
 * }</pre>
 *
 * @param group the API group, empty for the core group
 * @param version the version of the group, such as {@code v1}
 * @param kind the kind of one object, such as {@code Pod}
 * @param plural the name in paths, such as {@code pods}
 * @param namespaced whether the objects live in namespaces
 * @param statusSubresource whether {@code status} is written through {@code /status} only
 */
public record ResourceType(
    String group, String version, String kind, String plural, boolean namespaced, boolean statusSubresource) {

  /** Refuses null and, but for the group, empty names. */
  public ResourceType {
    Objects.requireNonNull(group, "group");
    requireName(version, "version");
    requireName(kind, "kind");
    requireName(plural, "plural");
  }

  /** A type without a status subresource. */
  public static ResourceType of(String group, String version, String kind, String plural, boolean namespaced) {
    return new ResourceType(group, version, kind, plural, namespaced, false);
  }

  /** The same type with a status subresource. */
  public ResourceType withStatus() {
    return new ResourceType(group, version, kind, plural, namespaced, true);
  }

  /** {@code v1} or {@code apps/v1}. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** {@code pods} or {@code deployments.apps}, as the API server names a type in its messages. */
  public String qualifiedName() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  private static void requireName(String value, String what) {
    if (value.isBlank()) {
      throw new IllegalArgumentException("a resource type needs a " + what);
    }
  }
}
