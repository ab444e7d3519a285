package io.kooper.test;

import io.kooper.test.store.ObjectStore;
import io.kooper.test.types.Resource;
import java.util.Map;

/** The state that an {@link EmbeddedApiServer} had at one moment, as a backup of its etcd. May be restored many times. */
public final class Backup {

  final ObjectStore.Content content;
  final Map<String, Resource> types;

  Backup(ObjectStore.Content content, Map<String, Resource> types) {
    this.content = content;
    this.types = types;
  }
}
