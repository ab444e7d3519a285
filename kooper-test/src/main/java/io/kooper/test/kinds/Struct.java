package io.kooper.test.kinds;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Go type with fields.
 *
 * @param name such as {@code api.core.v1.PodSpec}
 * @param simpleName such as {@code PodSpec}
 * @param nested those of the fields that hold structs, also in lists and maps
 * @param required the fields that are always shown, whatever they are
 * @param values the fields that are structs, and so always there
 * @param atomic whether it is replaced as a whole by server-side apply
 */
record Struct(String name, String simpleName, Map<String, Field> fields, Map<String, Field> nested, Set<String> required,
    Set<String> values, boolean atomic) {

  /** What has been read, a package at a time: the same for each server, and never changed. */
  private static final Map<String, Map<String, Struct>> PACKAGES = new ConcurrentHashMap<>();

  private static final Map<String, Struct> ASKED_FOR = new ConcurrentHashMap<>();

  /** What stands in for absent values of Go: by the name of a struct. */
  private static final class Values {

    private static final Map<String, Set<String>> ALL = Data.lines("values.txt").stream().map(line -> line.split(" "))
        .collect(Collectors.toUnmodifiableMap(line -> line[0], line -> Set.of(Arrays.copyOfRange(line, 1, line.length))));
  }

  static Struct named(String name) {
    return ASKED_FOR.computeIfAbsent(name, Struct::find);
  }

  private static Struct find(String name) {
    Struct struct = inPackage(packageName(name)).get(simpleName(name));
    if (struct == null) {
      throw new IllegalArgumentException("no definition " + name);
    }
    return struct;
  }

  /** Whether a definition says no more than that there is something. */
  static boolean isOpen(String name) {
    // the first one of a package may be asked for while that is read; those are few, and known
    return switch (name) {
      case "apimachinery.pkg.runtime.RawExtension", "apimachinery.pkg.apis.meta.v1.FieldsV1",
          "apimachinery.pkg.apis.meta.v1.Patch",
          "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
          "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
          "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
          "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
          "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray" -> true;
      default -> false;
    };
  }

  static String simpleName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static String packageName(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  private static Map<String, Struct> inPackage(String name) {
    return PACKAGES.computeIfAbsent(name, Struct::read);
  }

  private static Map<String, Struct> read(String home) {
    Map<String, Struct> structs = new HashMap<>();
    for (ObjectNode line : Data.objects(home + ".jsonl")) {
      line.properties().forEach(definition -> {
        String simple = definition.getKey();
        structs.put(simple, of(home + "." + simple, definition.getValue(), home));
      });
    }
    return structs;
  }

  private static Struct of(String name, JsonNode definition, String home) {
    Map<String, Field> fields = new LinkedHashMap<>();
    definition.path("fields").properties().forEach(field -> fields.put(field.getKey(), Field.of(field.getValue(), home)));
    Map<String, Field> nested = new LinkedHashMap<>(fields);
    nested.values().removeIf(field -> !field.holdsStructs());
    List<String> required = definition.path("required").valueStream().map(field -> field.asString("")).toList();
    return new Struct(name, simpleName(name), fields, nested, Set.copyOf(required), Values.ALL.getOrDefault(name, Set.of()),
        definition.path("mapType").asString("").equals("atomic"));
  }
}
