package io.kooper.test;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A served type with everything that is not in its name.
 *
 * @param fields the field selectors beyond metadata, and where their values are found
 * @param generation whether {@code metadata.generation} counts the changes of the spec
 * @param unconditionalUpdate whether a PUT may leave the resourceVersion out
 * @param storedApiVersion the apiVersion its objects are kept in (several versions share their objects)
 */
record Resource(
    ResourceType type,
    String listKind,
    String singular,
    List<String> shortNames,
    Map<String, String> fields,
    boolean generation,
    boolean unconditionalUpdate,
    String storedApiVersion) {

  /** A type that behaves like the objects of a CustomResourceDefinition. */
  static Resource custom(ResourceType type) {
    return new Resource(type, type.kind() + "List", type.kind().toLowerCase(Locale.ROOT), List.of(), Map.of(), true,
        false, type.apiVersion());
  }

  /** Versions of one group and plural share their objects. */
  String collection() {
    return type.qualifiedName();
  }

  boolean is(String qualifiedName) {
    return type.qualifiedName().equals(qualifiedName);
  }
}
