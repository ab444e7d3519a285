package io.kooper.test.types;

import io.kooper.test.kinds.KindPlace;
import io.kooper.test.kinds.ValueType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the schema says of a value at one place of an object: how it is merged with another. */
public interface Shape {

  /** What is at a member of this object. */
  Shape member(String name);

  /** What is in this list. */
  Shape items();

  /** Whether this object has a member of this name by its type, and not as a map. */
  boolean isField(String name);

  /** Whether this object has no members but those of its type. */
  boolean isClosed();

  /** What the values here may be. */
  ValueType type();

  /** Whether a member is there in every object, if only empty. */
  default boolean isAlwaysThere(String name) {
    return false;
  }

  /** Whether this object is replaced as a whole by server-side apply. */
  boolean isAtomic();

  /** Whether this list is a set of scalars. */
  boolean isSet();

  /** The members that tell the objects of this list apart; empty for a list that is replaced as a whole. */
  List<String> keys();

  /** What a key is where an object of this list leaves it out. */
  @Nullable JsonNode keyDefault(String key);

  /** Whether a strategic merge patch merges this list. */
  default boolean isMergedByPatches() {
    return isSet() || !keys().isEmpty();
  }

  /** The member that tells the objects of this list apart in a strategic merge patch, null if they are scalars. */
  default @Nullable String patchKey() {
    return keys().isEmpty() ? null : keys().get(0);
  }

  /** An object of a built-in kind. */
  static Shape builtIn(KindPlace root) {
    return new KindShape(root);
  }

  /** A custom resource, by the schema of its definition, which may be missing. */
  static Shape custom(JsonNode schema) {
    return new Custom(schema, true);
  }

  /** Goes by {@code x-kubernetes-list-type} and its relatives. */
  record Custom(JsonNode schema, boolean root) implements Shape {

    @Override
    public Shape member(String member) {
      if (isResource() && member.equals("metadata")) {
        return KindShape.METADATA;
      }
      JsonNode property = schema.path("properties").path(member);
      return new Custom(property.isMissingNode() ? schema.path("additionalProperties") : property, false);
    }

    @Override
    public boolean isField(String name) {
      return isResource() && Set.of("metadata", "apiVersion", "kind").contains(name) || schema.path("properties").has(name);
    }

    private boolean isResource() {
      return root || schema.path("x-kubernetes-embedded-resource").asBoolean(false);
    }

    @Override
    public boolean isClosed() {
      return !schema.path("properties").isEmpty() && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)
          && !schema.path("additionalProperties").isObject() && !schema.path("additionalProperties").asBoolean(false);
    }

    @Override
    public ValueType type() {
      return switch (schema.path("type").asString("")) {
        case "object" -> ValueType.MAP;
        case "array" -> ValueType.LIST;
        case "integer", "number" -> ValueType.NUMERIC;
        case "boolean" -> ValueType.BOOLEAN;
        case "string" -> schema.has("format") ? ValueType.SCALAR : ValueType.STRING;
        default -> ValueType.ANY;
      };
    }

    @Override
    public boolean isAlwaysThere(String name) {
      return root && name.equals("metadata");
    }

    @Override
    public Shape items() {
      return new Custom(schema.path("items"), false);
    }

    @Override
    public boolean isAtomic() {
      return schema.path("x-kubernetes-map-type").asString("").equals("atomic");
    }

    @Override
    public boolean isSet() {
      return schema.path("x-kubernetes-list-type").asString("").equals("set");
    }

    @Override
    public List<String> keys() {
      return schema.path("x-kubernetes-list-type").asString("").equals("map")
          ? schema.path("x-kubernetes-list-map-keys").valueStream().map(key -> key.asString("")).toList()
          : List.of();
    }

    @Override
    public @Nullable JsonNode keyDefault(String key) {
      return schema.path("items").path("properties").path(key).get("default");
    }
  }
}
