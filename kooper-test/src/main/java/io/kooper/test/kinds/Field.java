package io.kooper.test.kinds;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a place of a built-in object holds, by its Go type. Immutable.
 *
 * @param scalar the Go name of a scalar, the name of the definition of a struct, empty for the others
 * @param of what a list or a map holds
 * @param listType {@code atomic}, {@code set}, {@code map}, or empty
 * @param keys what tells the parts of such a map apart
 * @param patch the strategies of a strategic merge patch
 * @param patchKey what tells the parts of a list apart in such a patch
 */
record Field(Form form, String scalar, @Nullable Field of, List<String> enumeration, String listType, List<String> keys,
    boolean atomic, String patch, @Nullable String patchKey) {

  enum Form { STRING, INTEGER, NUMBER, BOOLEAN, BYTES, TIME, MICRO_TIME, QUANTITY, INT_OR_STRING, MAP, LIST, STRUCT, ANY }

  private static final Map<String, Form> KNOWN = Map.of("apimachinery.pkg.api.resource.Quantity", Form.QUANTITY,
      "apimachinery.pkg.apis.meta.v1.Time", Form.TIME, "apimachinery.pkg.apis.meta.v1.MicroTime", Form.MICRO_TIME,
      "apimachinery.pkg.util.intstr.IntOrString", Form.INT_OR_STRING);

  /** @param home the package in which it is said */
  static Field of(JsonNode said, String home) {
    if (said.isString()) {
      String text = said.stringValue();
      return text.startsWith("#") ? plain(struct(text.substring(1), home), qualified(text.substring(1), home))
          : plain(form(text), goScalar(text));
    }
    Field in = said.has("list") ? of(said.get("list"), home) : said.has("map") ? of(said.get("map"), home) : null;
    String ref = said.path("ref").asString("");
    String scalar = said.path("is").asString("");
    Form form = said.has("list") ? Form.LIST : said.has("map") ? Form.MAP : ref.isEmpty() ? form(scalar) : struct(ref, home);
    return new Field(form, ref.isEmpty() ? goScalar(scalar) : qualified(ref, home), in, texts(said.path("enum")),
        said.path("type").asString(""), texts(said.path("keys")), said.path("mapType").asString("").equals("atomic"),
        said.path("patch").asString(""), said.has("key") ? said.get("key").asString() : null);
  }

  private static Field plain(Form form, String scalar) {
    return new Field(form, scalar, null, List.of(), "", List.of(), false, "", null);
  }

  /** The fields of a struct. */
  Struct struct() {
    return Struct.named(scalar);
  }

  /** Whether there are fields in it, at once or in lists and maps. */
  boolean holdsStructs() {
    return form == Form.STRUCT || of != null && of.holdsStructs();
  }

  /** What is at a member of this, null if it has no such member. */
  @Nullable Field member(String name) {
    return form == Form.STRUCT ? struct().fields().get(name) : form == Form.MAP ? of : null;
  }

  /** Its type as a program in Go names it. */
  String goType() {
    return switch (form) {
      case LIST -> "[]" + (of == null ? "" : of.goType());
      case MAP -> of != null && of.form == Form.QUANTITY ? "v1.ResourceList" : "map[string]" + (of == null ? "" : of.goType());
      case STRUCT -> "v1." + Struct.simpleName(scalar);
      case TIME, MICRO_TIME, STRING, QUANTITY -> "string";
      case INT_OR_STRING -> "int32";
      case BYTES -> "[]uint8";
      default -> scalar;
    };
  }

  private static Form struct(String ref, String home) {
    String name = qualified(ref, home);
    Form known = KNOWN.get(name);
    return known != null ? known : Struct.isOpen(name) ? Form.ANY : Form.STRUCT;
  }

  private static String qualified(String ref, String home) {
    return ref.contains(".") ? ref : home + "." + ref;
  }

  private static Form form(String scalar) {
    return switch (scalar) {
      case "string" -> Form.STRING;
      case "int32", "int64", "integer" -> Form.INTEGER;
      case "double", "number" -> Form.NUMBER;
      case "boolean" -> Form.BOOLEAN;
      case "byte" -> Form.BYTES;
      case "date-time" -> Form.TIME;
      case "int-or-string" -> Form.INT_OR_STRING;
      default -> Form.ANY;
    };
  }

  private static String goScalar(String scalar) {
    return switch (scalar) {
      case "boolean" -> "bool";
      case "double", "number" -> "float64";
      case "integer" -> "int64";
      default -> scalar;
    };
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(text -> text.asString("")).toList();
  }
}
