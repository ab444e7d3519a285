package io.kooper.test.http;

import io.kooper.test.json.Json;
import io.kooper.test.store.StoredObject;
import io.kooper.test.tables.Table;
import io.kooper.test.types.Resource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** As what a watch shows the objects of a type. On the loop. */
final class Shown {

  private final Resource resource;
  private final @Nullable Table table;
  private boolean headed = true; // the first event names the columns

  /** @param table null for the objects themselves */
  Shown(Resource resource, @Nullable Table table) {
    this.resource = resource;
    this.table = table;
  }

  Resource resource() {
    return resource;
  }

  /** The object of an event. */
  byte[] event(StoredObject object) {
    byte[] json = object.jsonFor(resource);
    return table == null ? json
        : row(table, Json.parse(json), Json.object().put("resourceVersion", Long.toString(object.version())));
  }

  /** That of a bookmark. */
  byte[] bookmark(ObjectNode metadata) {
    ObjectNode object = Json.object().put("kind", resource.shownKind()).put("apiVersion", resource.shownApiVersion());
    object.set("metadata", metadata);
    String version = metadata.path("resourceVersion").asString("");
    return table == null ? Json.bytes(object) : row(table, object, Json.object().put("resourceVersion", version));
  }

  private byte[] row(Table shown, ObjectNode object, ObjectNode metadata) {
    byte[] json = Json.bytes(shown.of(List.of(object), metadata, headed));
    headed = false;
    return json;
  }
}
