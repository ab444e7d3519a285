package io.kooper.test.validation;

import org.projectnessie.cel.common.types.BoolT;
import org.projectnessie.cel.common.types.Err;
import org.projectnessie.cel.common.types.StringT;
import org.projectnessie.cel.common.types.TypeT;
import org.projectnessie.cel.common.types.ref.BaseVal;
import org.projectnessie.cel.common.types.ref.Type;
import org.projectnessie.cel.common.types.ref.TypeEnum;
import org.projectnessie.cel.common.types.ref.Val;

/** A value that rules only pass on to functions: an address, a quantity, what a schema does not know. */
final class CelOpaque extends BaseVal {

  private final Type type;
  private final Object value;

  CelOpaque(String type, Object value) {
    this.type = TypeT.newObjectTypeValue(type);
    this.value = value;
  }

  @Override
  public <T> T convertToNative(Class<T> wanted) {
    return wanted.cast(value);
  }

  @Override
  public Val convertToType(Type wanted) {
    return wanted.typeEnum() == TypeEnum.String ? StringT.stringOf(value.toString())
        : Err.newTypeConversionError(type.typeName(), wanted);
  }

  @Override
  public Val equal(Val other) {
    return other instanceof CelOpaque opaque && value.equals(opaque.value) ? BoolT.True : BoolT.False;
  }

  @Override
  public Type type() {
    return type;
  }

  @Override
  public Object value() {
    return value;
  }
}
