package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A retriever put together from its parts. */
record DefaultRetriever<T extends HasMetadata>(
    ListerWatcher<T> listerWatcher, Class<T> objectType, Supplier<String> pluralName, UnaryOperator<T> copier,
    Object identity)
    implements Retriever<T> {

  @Override
  public String plural() {
    return pluralName.get();
  }

  @Override
  public T copy(T object) {
    return copier.apply(object);
  }

  @Override
  public String toString() {
    return "Retriever of " + plural();
  }
}
