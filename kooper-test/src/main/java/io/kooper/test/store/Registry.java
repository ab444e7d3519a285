package io.kooper.test.store;

import io.kooper.test.types.BuiltInTypes;
import io.kooper.test.types.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The served types. Changed under the store's lock, read by any thread. */
public final class Registry {

  private static final Logger LOG = LoggerFactory.getLogger("io.kooper.test.EmbeddedApiServer");

  private final ObjectStore store;
  private volatile Map<String, Resource> resources = Map.of(); // by path: replaced as a whole, never changed

  public Registry(ObjectStore store) {
    this.store = store;
    BuiltInTypes.all().forEach(this::register);
  }

  public void register(Resource resource) {
    store.locked(() -> {
      Map<String, Resource> changed = new LinkedHashMap<>(resources);
      String path = path(resource.type().group(), resource.type().version(), resource.type().plural());
      Resource known = changed.merge(path, resource, Resource::keepingSchema);
      if (known.schema() == resource.schema()) { // new or changed
        unchecked(known).forEach(what -> LOG.warn("not checked, as only a kube-apiserver can: {}", what));
      }
      store.open(resource);
      resources = changed;
    });
  }

  /** Serves a type unless it is served already, by whatever rules. */
  public void registerIfAbsent(Resource resource) {
    store.locked(() -> {
      if (find(resource.type().group(), resource.type().version(), resource.type().plural()) == null) {
        register(resource);
      }
    });
  }

  /** Stops serving a type; its collection ends with its last version. */
  public void unregister(Resource resource) {
    store.locked(() -> {
      Map<String, Resource> changed = new LinkedHashMap<>(resources);
      changed.remove(path(resource.type().group(), resource.type().version(), resource.type().plural()));
      resources = changed;
      if (changed.values().stream().noneMatch(other -> other.collection().equals(resource.collection()))) {
        store.drop(resource);
      }
    });
  }

  /** The types that are served now, for {@link #restore}. */
  public Map<String, Resource> copy() {
    return resources;
  }

  /** Serves these types and no others; the store has their collections. */
  public void restore(Map<String, Resource> copy) {
    resources = copy;
  }

  public @Nullable Resource find(String group, String version, String plural) {
    return resources.get(path(group, version, plural));
  }

  /** A type of the core: its absence is a defect. */
  public Resource require(String group, String version, String plural) {
    Resource resource = find(group, version, plural);
    if (resource == null) {
      throw new IllegalArgumentException("not served: " + path(group, version, plural));
    }
    return resource;
  }

  public List<Resource> all() {
    return new ArrayList<>(resources.values());
  }

  /** One version of each type that has objects. */
  public List<Resource> collections() {
    Map<String, Resource> distinct = new LinkedHashMap<>();
    resources.values().stream().filter(store::has).forEach(resource -> distinct.putIfAbsent(resource.collection(), resource));
    return List.copyOf(distinct.values());
  }

  /** A type that has its objects in a collection, null if none is served. */
  public @Nullable Resource ofCollection(String collection) {
    return resources.values().stream().filter(resource -> resource.collection().equals(collection)).findFirst().orElse(null);
  }

  /** The type of a kind, null if it is not served. */
  public @Nullable Resource ofKind(String apiVersion, String kind) {
    return resources.values().stream()
        .filter(resource -> resource.type().kind().equals(kind) && resource.type().apiVersion().equals(apiVersion))
        .findFirst().orElse(null);
  }

  /** What the served types' schemas cannot check, under the store's lock. */
  public List<String> unchecked() {
    return all().stream().flatMap(Registry::unchecked).toList();
  }

  private static Stream<String> unchecked(Resource resource) {
    return resource.schema() == null ? Stream.of() : resource.schema().unchecked().stream()
        .map(what -> resource.type().qualifiedName() + "/" + resource.type().version() + ": " + what);
  }

  private static String path(String group, String version, String plural) {
    return group + "/" + version + "/" + plural;
  }
}
