package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Objects of several namespaces. An {@code Informer} lists and watches each namespace on its own, so that one which cannot be
 * listed does not hold up the others. It cannot be listed or watched as a whole.
 *
 * @param names the namespaces; empty if they are selected
 * @param selected the namespaces that are selected, which may change; null if they are named
 * @param source lists and watches the objects of a namespace
 * @param <T> the type of the objects
 */
public record Namespaces<T extends HasMetadata>(
    Set<String> names, @Nullable Retriever<Namespace> selected, Function<String, ListerWatcher<T>> source)
    implements ListerWatcher<T> {

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<T>> events) {
    throw new UnsupportedOperationException("each namespace has a source of its own");
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<T>> events) {
    throw new UnsupportedOperationException("each namespace has a source of its own");
  }
}
