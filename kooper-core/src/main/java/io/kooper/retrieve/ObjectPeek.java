package io.kooper.retrieve;

import io.kooper.retrieve.Json.Identity;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object's name, namespace, uid and version from its bytes when it cannot be bound as a whole.
 *
 * <p>It goes through the JSON strictly from the start, up to the first fault or the end of {@code metadata}: a name found
 * anywhere else could be another object's, and a wrong key is worse than none.
 */
final class ObjectPeek {

  private final Map<String, String> metadata = new HashMap<>();
  private boolean metadataComplete;

  private ObjectPeek(byte[] bytes, int length) {
    // a malformed character is no fault: it may be far from the name
    StrictJson json = new StrictJson(new String(bytes, 0, length, StandardCharsets.UTF_8));
    try {
      if (json.next() == '{') {
        object(json);
      }
    } catch (StrictJson.FaultException e) {
      // what was read up to here counts
    }
  }

  /** Null when a part of it is unreadable. */
  static @Nullable Identity identity(byte[] bytes, int length) {
    ObjectPeek peek = new ObjectPeek(bytes, length);
    ObjectKey key = peek.key();
    String uid = peek.metadata.get("uid");
    String version = peek.metadata.get("resourceVersion");
    return key == null || uid == null || version == null ? null : new Identity(key, uid, version);
  }

  static Undecodable undecodable(byte[] bytes, int length, boolean deleted, Throwable cause) {
    ObjectPeek peek = new ObjectPeek(bytes, length);
    return new Undecodable(peek.key(), peek.metadata.get("uid"), peek.metadata.get("resourceVersion"), deleted, cause);
  }

  private void object(StrictJson json) throws StrictJson.FaultException {
    String name = json.nextName(true);
    for (; name != null; name = json.nextName(false)) {
      char value = json.next();
      if (value == '{' && name.equals("metadata")) {
        metadata(json);
        metadataComplete = true;
        return;
      }
      json.skip(value);
    }
  }

  private void metadata(StrictJson json) throws StrictJson.FaultException {
    String name = json.nextName(true);
    for (; name != null; name = json.nextName(false)) {
      char value = json.next();
      if (value == '"') {
        metadata.put(name, json.string());
      } else {
        json.skip(value);
      }
    }
  }

  private @Nullable ObjectKey key() {
    String name = metadata.get("name");
    String namespace = metadata.get("namespace");
    if (name == null || name.isEmpty()) {
      return null;
    }
    if (namespace == null && !metadataComplete) {
      return null; // it may have come after the fault
    }
    return new ObjectKey(namespace == null ? "" : namespace, name);
  }
}
