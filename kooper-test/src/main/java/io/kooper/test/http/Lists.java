package io.kooper.test.http;

import io.kooper.test.json.GoSyntax;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.Selectors;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A list: which objects, at which version, and how it goes on. */
final class Lists {

  /** The objects of one page and the list's own fields. */
  record Page(List<StoredObject> items, byte[] head, ObjectNode metadata) {

    /** The objects as they are shown one by one. */
    List<ObjectNode> objects(Resource resource) {
      return items.stream().map(item -> Json.parse(item.jsonFor(resource))).toList();
    }

    /** The list in one piece. */
    byte[] whole(Resource resource) {
      ObjectNode list = Json.object().put("kind", resource.listKind()).put("apiVersion", resource.shownApiVersion());
      list.set("metadata", told(resource, metadata));
      ArrayNode array = list.putArray("items");
      items.forEach(item -> array.add(Json.parse(item.itemFor(resource))));
      return Json.bytes(list);
    }
  }

  private static final String TOKEN_FORM = "meta.k8s.io/v1";

  private record Continue(long version, String after) {}

  private Lists() {}

  static Page page(ObjectStore store, Resource resource, Call call) {
    Predicate<StoredObject> selector =
        Selectors.of(resource, call.param("labelSelector"), call.param("fieldSelector"));
    Long limit = call.number("limit");
    String token = call.param("continue");
    Long version = call.number("resourceVersion");
    String match = call.param("resourceVersionMatch");
    String namespace = resource.type().namespaced() ? call.request().namespace() : null;
    boolean selective = call.param("labelSelector") != null || call.param("fieldSelector") != null;
    return store.locked(() -> {
      ResourceCollection collection = store.of(resource);
      long at = store.version();
      SortedMap<String, StoredObject> objects;
      if (token != null) {
        Continue next = decode(token);
        at = next.version();
        try {
          objects = collection.in(namespace, at);
        } catch (StatusException e) {
          throw Statuses.continueExpired();
        }
        String behind = next.after() + '\0'; // the first path behind it
        objects = new TreeMap<>(objects).tailMap(behind); // which may be none of this namespace
      } else {
        requireReached(store, version);
        if ("Exact".equals(match) && version != null) {
          at = version;
          objects = collection.in(namespace, version);
        } else {
          objects = collection.in(namespace);
        }
      }
      boolean whole = limit == null || version != null && version == 0; // what is answered from the cache has no pages
      return page(resource, objects, selector, whole ? 0 : limit, at, selective);
    });
  }

  /** @throws StatusException 504 when a client has seen a later version than this server */
  static void requireReached(ObjectStore store, @Nullable Long version) {
    if (version != null && version > store.version()) {
      throw Statuses.tooLargeVersion(version, store.version());
    }
  }

  private static Page page(Resource resource, SortedMap<String, StoredObject> objects,
      Predicate<StoredObject> selector, long limit, long version, boolean selective) {
    List<StoredObject> items = new ArrayList<>();
    String last = null;
    long remaining = 0;
    for (StoredObject object : objects.values()) {
      if (!selector.test(object)) {
        continue;
      }
      if (limit > 0 && items.size() == limit) {
        remaining++;
        if (selective) {
          break; // the API server does not count what a selector might leave out
        }
        continue;
      }
      items.add(object);
      last = object.path();
    }
    ObjectNode metadata = Json.object().put("resourceVersion", Long.toString(version));
    if (remaining > 0 && last != null) {
      metadata.put("continue", encode(new Continue(version, last)));
      if (!selective) {
        metadata.put("remainingItemCount", remaining);
      }
    }
    String head = "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":%s,\"items\":[".formatted(
        resource.listKind(), resource.shownApiVersion(), told(resource, metadata));
    return new Page(items, head.getBytes(StandardCharsets.UTF_8), metadata);
  }

  /** As the API server writes it for types that it knows by definition only. */
  private static ObjectNode told(Resource resource, ObjectNode metadata) {
    return resource.isCustom() && !metadata.has("continue") ? metadata.deepCopy().put("continue", "") : metadata;
  }

  private static String encode(Continue next) {
    ObjectNode token = Json.object().put("v", TOKEN_FORM).put("rv", next.version()).put("start", next.after());
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(token));
  }

  private static Continue decode(String token) {
    byte[] json;
    try {
      json = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      throw Statuses.badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte "
          + token.replaceFirst("[^A-Za-z0-9_-].*", "").length());
    }
    String wrong = GoSyntax.problem(json);
    if (wrong != null) {
      throw Statuses.badRequest("invalid continue token: continue key is not valid: " + wrong);
    }
    ObjectNode next = Json.readObject(json);
    String form = next.path("v").asString("");
    if (!form.equals(TOKEN_FORM)) {
      throw Statuses.badRequest(
          "invalid continue token: continue key is not valid: server does not recognize this encoded version " + form);
    }
    return new Continue(next.path("rv").asLong(), next.path("start").asString());
  }
}
