package io.kooper.test.validation;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.StringT;
import org.projectnessie.cel.common.types.pb.ProtoTypeRegistry;
import org.projectnessie.cel.common.types.ref.FieldType;
import org.projectnessie.cel.common.types.ref.TypeRegistry;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/**
 * The types of rules' variables, from a schema: an object with properties is a type of its own, so that a rule that
 * names a field that is not there is refused before it runs.
 */
final class CelTypes implements TypeRegistry {

  private static final Map<String, SchemaNode> RESOURCE = resourceFields();

  /** What rules can say nothing of. */
  static final Type NONE = Decls.newAbstractType("none", java.util.List.of());

  private final TypeRegistry base;
  private final Map<String, Map<String, FieldType>> objects;

  CelTypes() {
    this(ProtoTypeRegistry.newRegistry(), new HashMap<>());
  }

  private CelTypes(TypeRegistry base, Map<String, Map<String, FieldType>> objects) {
    this.base = base;
    this.objects = objects;
  }

  /**
   * The type of what is at a place; null if rules cannot speak of it.
   *
   * @param name of the type, if it needs one
   * @param resource whether it is a whole object or an embedded one
   */
  @Nullable Type declare(SchemaNode schema, String name, boolean resource) {
    if (schema.intOrString) {
      return Decls.Dyn;
    }
    return switch (schema.type) {
      case "array" -> {
        Type items = schema.items == null ? null : declare(schema.items, name + ".@items", schema.items.embedded);
        yield items == null ? null : Decls.newListType(items);
      }
      case "object" -> {
        if (schema.additional != null && !resource) {
          Type values = declare(schema.additional, name + ".@values", schema.additional.embedded);
          yield values == null ? null : Decls.newMapType(Decls.String, values);
        }
        declareObject(schema, name, resource);
        yield Decls.newObjectType(name);
      }
      case "string" -> switch (schema.format) {
        case "byte" -> Decls.Bytes;
        case "duration" -> Decls.Duration;
        case "date", "date-time" -> Decls.Timestamp;
        default -> Decls.String;
      };
      case "boolean" -> Decls.Bool;
      case "number" -> Decls.Double;
      case "integer" -> Decls.Int;
      default -> null;
    };
  }

  /** The members of an object that rules may name, by their names in the object. */
  static Map<String, SchemaNode> members(SchemaNode schema, boolean resource) {
    if (!resource) {
      return schema.properties;
    }
    Map<String, SchemaNode> members = new LinkedHashMap<>(schema.properties);
    members.putAll(RESOURCE);
    return members;
  }

  private void declareObject(SchemaNode schema, String name, boolean resource) {
    Map<String, FieldType> fields = new HashMap<>();
    objects.put(name, fields);
    members(schema, resource).forEach((member, property) -> {
      String escaped = CelNames.escape(member);
      Type type = escaped == null ? null : declare(property, name + "." + escaped, property.embedded);
      if (escaped != null && type != null) {
        fields.put(escaped, new FieldType(type, target -> value(target, escaped) != null, target -> {
          Object value = value(target, escaped);
          if (value == null) {
            throw Err.noSuchKeyException(escaped);
          }
          return value;
        }));
      }
    });
  }

  private static @Nullable Object value(@Nullable Object target, String name) {
    if (target instanceof Map<?, ?> map) {
      Object value = map.get(name);
      return value == null ? map.get(StringT.stringOf(name)) : value;
    }
    return null;
  }

  @Override
  public @Nullable Type findType(String name) {
    return objects.containsKey(name) ? Decls.newTypeType(Decls.newObjectType(name)) : base.findType(name);
  }

  @Override
  public @Nullable FieldType findFieldType(String type, String field) {
    Map<String, FieldType> fields = objects.get(type);
    return fields == null ? base.findFieldType(type, field) : fields.get(field);
  }

  @Override
  public Val enumValue(String name) {
    return base.enumValue(name);
  }

  @Override
  public Val findIdent(String name) {
    return base.findIdent(name);
  }

  @Override
  public Val newValue(String type, Map<String, Val> fields) {
    return base.newValue(type, fields);
  }

  @Override
  public Val nativeToValue(Object value) {
    return base.nativeToValue(value);
  }

  @Override
  public TypeRegistry copy() {
    return new CelTypes(base.copy(), objects);
  }

  @Override
  public void register(Object type) {
    base.register(type);
  }

  @Override
  public void registerType(org.projectnessie.cel.common.types.ref.Type... types) {
    base.registerType(types);
  }

  private static Map<String, SchemaNode> resourceFields() {
    SchemaNode text = SchemaNode.typed("string", Map.of());
    SchemaNode metadata = SchemaNode.typed("object", Map.of("name", text, "generateName", text));
    return Map.of("apiVersion", text, "kind", text, "metadata", metadata);
  }
}
