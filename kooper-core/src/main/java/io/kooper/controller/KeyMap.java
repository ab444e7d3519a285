package io.kooper.controller;

import io.kooper.retrieve.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Which keys map to which others, readable in both directions. Safe for many threads. */
final class KeyMap {

  private final Map<ObjectKey, Set<ObjectKey>> targets = new HashMap<>(); // guarded by this
  private final Map<ObjectKey, Set<ObjectKey>> sources = new HashMap<>(); // guarded by this; the reverse

  /** Maps {@code source} to these and to no others; returns what it mapped to before. */
  synchronized Set<ObjectKey> put(ObjectKey source, Set<ObjectKey> now) {
    Set<ObjectKey> before = targets.getOrDefault(source, Set.of());
    now.forEach(target -> sources.computeIfAbsent(target, key -> new HashSet<>(2)).add(source)); // what may fail comes first
    targets.compute(source, (key, old) -> now.isEmpty() ? null : now);
    for (ObjectKey target : before) {
      if (!now.contains(target)) {
        sources.computeIfPresent(target, (key, left) -> left.remove(source) && left.isEmpty() ? null : left);
      }
    }
    return before;
  }

  synchronized Set<ObjectKey> targets(ObjectKey source) {
    return Set.copyOf(targets.getOrDefault(source, Set.of()));
  }

  synchronized Set<ObjectKey> sources(ObjectKey target) {
    return Set.copyOf(sources.getOrDefault(target, Set.of()));
  }

  synchronized Set<ObjectKey> sources() {
    return Set.copyOf(targets.keySet());
  }

  synchronized Set<ObjectKey> targets() {
    return Set.copyOf(sources.keySet());
  }

  /** These map to nothing any more. */
  synchronized void clear(Predicate<ObjectKey> which) {
    List.copyOf(targets.keySet()).stream().filter(which).forEach(source -> put(source, Set.of()));
  }
}
