package io.kooper.test.admission;

import io.kooper.test.store.StoredObject;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is made of stored objects, once of each state. Under the store's lock. */
final class Compiled<C> {

  private final Function<StoredObject, C> compiler;
  private Map<StoredObject, C> known = Map.of();

  Compiled(Function<StoredObject, C> compiler) {
    this.compiler = compiler;
  }

  /** Of those that are stored now, in their order. */
  List<C> of(Collection<StoredObject> stored) {
    if (stored.isEmpty()) {
      known = Map.of();
      return List.of();
    }
    if (!known.keySet().equals(Set.copyOf(stored))) {
      Map<StoredObject, C> before = known;
      known = stored.stream().collect(Collectors.toMap(Function.identity(),
          one -> before.containsKey(one) ? before.get(one) : compiler.apply(one)));
    }
    return stored.stream().map(known::get).toList();
  }
}
