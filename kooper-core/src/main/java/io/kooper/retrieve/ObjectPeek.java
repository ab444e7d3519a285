package io.kooper.retrieve;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads an object's name, namespace, uid and version from its bytes when it cannot be bound as a whole.
 *
 * <p>It goes through the JSON strictly from the start, up to the first fault or the end of {@code metadata}: a name found
 * anywhere else could be another object's, and a wrong key is worse than none.
 */
final class ObjectPeek {

  /** An object may be here because it is too long for the binding: its name is read all the same. */
  private static final JsonFactory JSON = JsonFactory.builder()
      .streamReadConstraints(StreamReadConstraints.builder()
          .maxNestingDepth(10_000) // as in Go, so no API server sends more
          .maxNameLength(Integer.MAX_VALUE)
          .maxNumberLength(Integer.MAX_VALUE)
          .maxStringLength(Integer.MAX_VALUE)
          .build())
      .build();

  private final Map<String, String> metadata = new HashMap<>();
  private boolean metadataComplete;

  private ObjectPeek(byte[] bytes, int length) {
    // decoded here, since the parser takes a malformed character for a fault: it may be far from the name
    String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        object(parser);
      }
    } catch (JacksonException e) {
      // what was read up to here counts
    }
  }

  static Undecodable undecodable(byte[] bytes, int length, boolean deleted, Throwable cause) {
    ObjectPeek peek = new ObjectPeek(bytes, length);
    return new Undecodable(peek.key(), peek.metadata.get("uid"), peek.metadata.get("resourceVersion"), deleted, cause);
  }

  private void object(JsonParser parser) {
    String name;
    while ((name = parser.nextName()) != null) {
      if (parser.nextToken() == JsonToken.START_OBJECT && name.equals("metadata")) {
        metadata(parser);
        metadataComplete = true;
        return;
      }
      parser.skipChildren();
    }
  }

  private void metadata(JsonParser parser) {
    String name;
    while ((name = parser.nextName()) != null) {
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        metadata.put(name, parser.getString());
      }
      parser.skipChildren();
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
