package io.kooper.test.http;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.Selectors;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a watch request asks for.
 *
 * @param version null to begin with the current state, whatever its version
 * @param initialEvents a streaming list: the current state first, and a bookmark when it is complete
 * @param onlyNew without a version, not the current state either
 */
record WatchOptions(
    @Nullable String namespace,
    Predicate<StoredObject> selector,
    @Nullable Long version,
    boolean initialEvents,
    boolean onlyNew,
    boolean bookmarks,
    Duration timeout) {

  static WatchOptions of(Call call, Resource resource, boolean watchList) {
    String fields = call.param("fieldSelector");
    if (call.request().name() != null) {
      fields = (fields == null ? "" : fields + ",") + "metadata.name=" + call.request().name();
    }
    Predicate<StoredObject> selector = Selectors.of(resource, call.param("labelSelector"), fields);
    String wanted = call.param("resourceVersion");
    if (wanted != null && !wanted.matches("\\d+")) {
      throw new StatusException(Statuses.unreasoned(500,
          "resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": invalid syntax".formatted(wanted, wanted)));
    }
    boolean asked = call.param("sendInitialEvents") != null;
    boolean initialEvents = call.flag("sendInitialEvents");
    Long version = call.number("resourceVersion");
    if (watchList && !asked && (version == null || version == 0)) {
      initialEvents = true; // the API server treats an old watch of everything as a streaming list
    }
    Long timeout = call.number("timeoutSeconds");
    // without a wish, the API server ends a watch after half an hour to an hour
    long seconds = timeout != null && timeout > 0 ? timeout : ThreadLocalRandom.current().nextLong(1800, 3600);
    return new WatchOptions(resource.type().namespaced() ? call.request().namespace() : null, selector,
        version == null || version == 0 ? null : version, initialEvents, asked && !initialEvents,
        call.flag("allowWatchBookmarks"), Duration.ofSeconds(seconds));
  }
}
