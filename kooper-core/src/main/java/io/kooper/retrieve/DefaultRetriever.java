package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A retriever put together from its parts.
 *
 * @param kind of objects whose class does not tell; null for others, and when it is not known
 */
record DefaultRetriever<T extends HasMetadata>(
    ListerWatcher<T> listerWatcher, Class<T> objectType, @Nullable GroupKind kind, Supplier<String> pluralName,
    UnaryOperator<T> copier, Object identity)
    implements Retriever<T> {

  /** A kind in all its versions; the core group is empty. */
  record GroupKind(String group, String kind) {

    boolean isOf(HasMetadata object) {
      String apiVersion = Objects.requireNonNullElse(object.getApiVersion(), "");
      return kind.equals(object.getKind()) && group.equals(apiVersion.substring(0, Math.max(0, apiVersion.indexOf('/'))));
    }
  }

  @Override
  public boolean isOf(HasMetadata object) {
    return objectType.isInstance(object) && (kind == null || kind.isOf(object));
  }

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
