package io.kooper.retrieve;

import io.kooper.retrieve.Json.Identity;
import io.kooper.retrieve.StrictJson.FaultException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an object's JSON says of it without binding it, be it that it cannot be bound.
 *
 * <p>It goes through the JSON strictly from the start, up to the first fault or the end of {@code metadata}: a name found
 * anywhere else could be another object's, and a wrong key is worse than none.
 */
final class ObjectPeek {

  private static final byte[] ONLY = "{\"metadata\":".getBytes(StandardCharsets.US_ASCII);

  private final byte[] bytes;
  private final int length;
  private final Map<String, String> strings = new HashMap<>(); // of metadata
  private int from; // where metadata begins
  private int to; // where it ends; 0 if that was not found

  ObjectPeek(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
    StrictJson json = new StrictJson(bytes, 0, length);
    try {
      if (json.next() == '{') {
        object(json);
      }
    } catch (FaultException e) {
      // what was read up to here counts
    }
  }

  private void object(StrictJson json) throws FaultException {
    for (boolean more = json.member(true); more; more = json.member(false)) {
      int value = json.next();
      if (value == '{' && json.name().equals("metadata")) {
        from = json.at() - 1;
        metadata(json);
        to = json.at();
        return;
      }
      json.skip(value);
    }
  }

  private void metadata(StrictJson json) throws FaultException {
    for (boolean more = json.member(true); more; more = json.member(false)) {
      int value = json.next();
      if (value == '"') {
        strings.put(json.name(), json.string());
      } else {
        json.skip(value);
      }
    }
  }

  @Nullable String resourceVersion() {
    return strings.get("resourceVersion");
  }

  private @Nullable ObjectKey key() {
    String name = strings.get("name");
    String namespace = strings.get("namespace");
    if (name == null || name.isEmpty()) {
      return null;
    }
    if (namespace == null && to == 0) {
      return null; // it may have come after the fault
    }
    return new ObjectKey(namespace == null ? "" : namespace, name);
  }

  /** Null when a part of it is unreadable. */
  @Nullable Identity identity() {
    ObjectKey key = key();
    String uid = strings.get("uid");
    String version = resourceVersion();
    return key == null || uid == null || version == null ? null : new Identity(key, uid, version);
  }

  Undecodable undecodable(boolean deleted, Throwable cause) {
    return new Undecodable(key(), strings.get("uid"), resourceVersion(), deleted, cause);
  }

  /** The metadata's JSON; null when it cannot be found. */
  byte @Nullable [] metadata() {
    return to == 0 ? null : Arrays.copyOfRange(bytes, from, to);
  }

  /** The JSON with nothing but the metadata; as it is when that cannot be found. */
  byte[] only() {
    if (to == 0) {
      return Arrays.copyOf(bytes, length);
    }
    byte[] only = Arrays.copyOf(ONLY, ONLY.length + to - from + 1);
    System.arraycopy(bytes, from, only, ONLY.length, to - from);
    only[only.length - 1] = '}';
    return only;
  }
}
