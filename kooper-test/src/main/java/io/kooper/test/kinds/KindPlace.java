package io.kooper.test.kinds;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A place in the objects of a built-in kind: how what is there is merged with something else. */
public final class KindPlace {

  private final @Nullable Field field;
  private final @Nullable Struct struct;

  private KindPlace(@Nullable Field field, @Nullable Struct struct) {
    this.field = field;
    this.struct = struct;
  }

  /** The metadata of any object. */
  public static KindPlace metadata() {
    return of(Struct.named("apimachinery.pkg.apis.meta.v1.ObjectMeta"));
  }

  /** An object of the scale subresource. */
  public static KindPlace scale() {
    return of(Struct.named("api.autoscaling.v1.Scale"));
  }

  static KindPlace of(Struct struct) {
    return new KindPlace(null, struct);
  }

  private static KindPlace of(@Nullable Field field) {
    return new KindPlace(field, field != null && field.form() == Field.Form.STRUCT ? field.struct() : null);
  }

  /** What is at a member of this. */
  public KindPlace member(String name) {
    return struct != null ? of(struct.fields().get(name)) : of(field == null ? null : field.member(name));
  }

  /** Whether this object has a member of this name by its type. */
  public boolean isField(String name) {
    return struct != null && struct.fields().containsKey(name);
  }

  /** Whether this object has no members but those of its type. */
  public boolean isClosed() {
    return struct != null;
  }

  /** What the values here may be. */
  public ValueType type() {
    if (field == null) {
      return struct == null ? ValueType.ANY : ValueType.MAP;
    }
    return switch (field.form()) {
      case STRUCT, MAP -> ValueType.MAP;
      case LIST -> ValueType.LIST;
      case STRING, BYTES -> ValueType.STRING;
      case INTEGER, NUMBER -> ValueType.NUMERIC;
      case BOOLEAN -> ValueType.BOOLEAN;
      case TIME, MICRO_TIME, QUANTITY -> ValueType.SCALAR;
      case INT_OR_STRING, ANY -> ValueType.ANY;
    };
  }

  /** Whether a member is there in every object, if only empty. */
  public boolean isAlwaysThere(String name) {
    return struct != null && (struct.required().contains(name) || struct.values().contains(name));
  }

  /** What is in this list. */
  public KindPlace items() {
    return of(field == null ? null : field.of());
  }

  /** Whether this object is replaced as a whole by server-side apply. */
  public boolean isAtomic() {
    return field != null && field.atomic() || struct != null && struct.atomic()
        || field != null && field.form() == Field.Form.ANY;
  }

  /** {@code atomic}, {@code set}, {@code map}, or empty. */
  public String listType() {
    return field == null ? "" : field.listType();
  }

  /** The members that tell the objects of this list apart for server-side apply. */
  public List<String> keys() {
    return field == null ? List.of() : field.keys();
  }

  /** Whether a strategic merge patch merges this list. */
  public boolean isMergedByPatches() {
    return field != null && List.of(field.patch().split(",")).contains("merge");
  }

  /** The member that tells the objects of this list apart for a strategic merge patch, null if they are scalars. */
  public @Nullable String patchKey() {
    return field == null ? null : field.patchKey();
  }
}
