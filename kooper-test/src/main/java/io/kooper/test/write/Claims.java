package io.kooper.test.write;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.kinds.Quantity;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.StoredObject;
import io.kooper.test.types.Resource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Whether the classes of PersistentVolumeClaims let them grow, as the API server's admission asks. */
final class Claims {

  private final ObjectStore store;
  private final Registry registry;

  Claims(ObjectStore store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  /** @throws StatusException 403 when a claim wants more than it has, and may not */
  void check(Resource resource, ObjectNode before, ObjectNode after) {
    Quantity had = size(before);
    Quantity wanted = size(after);
    if (had == null || wanted == null || wanted.value().compareTo(had.value()) <= 0) {
      return;
    }
    Resource classes = registry.require("storage.k8s.io", "v1", "storageclasses");
    StoredObject own = store.of(classes).get("", after.at("/spec/storageClassName").asString(""));
    if (own == null || !own.tree().path("allowVolumeExpansion").asBoolean(false)) {
      throw Statuses.forbidden(resource.type(), after.at("/metadata/name").asString(""), "only dynamically provisioned pvc can"
          + " be resized and the storageclass that provisions the pvc must support resize");
    }
  }

  private static @Nullable Quantity size(ObjectNode claim) {
    return Quantity.parse(claim.at("/spec/resources/requests/storage").asString(""));
  }
}
