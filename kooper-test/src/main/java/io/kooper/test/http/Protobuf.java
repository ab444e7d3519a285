package io.kooper.test.http;

import io.kooper.test.json.Json;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reviews and requests for tokens in protobuf, which {@code kubectl auth} and {@code kubectl create token} send whatever they are
 * told. Nothing else is read in it.
 */
final class Protobuf {

  private static final byte[] MAGIC = {'k', '8', 's', 0};

  /** The fields of messages by their numbers, from 1 on: {@code []} repeats, {@code #} is a number, {@code :} names a message. */
  private static final Map<String, List<String>> MESSAGES = Map.ofEntries(
      Map.entry("Unknown", List.of("typeMeta:TypeMeta", "raw")),
      Map.entry("TypeMeta", List.of("apiVersion", "kind")),
      Map.entry("ObjectMeta", List.of("name", "generateName", "namespace")),
      Map.entry("SelfSubjectAccessReview", List.of("metadata:ObjectMeta", "spec:AccessSpec")),
      Map.entry("SubjectAccessReview", List.of("metadata:ObjectMeta", "spec:AccessSpec")),
      Map.entry("LocalSubjectAccessReview", List.of("metadata:ObjectMeta", "spec:AccessSpec")),
      Map.entry("AccessSpec", List.of("resourceAttributes:ResourceAttributes", "nonResourceAttributes:NonResourceAttributes",
          "user", "groups[]", "", "uid")),
      Map.entry("ResourceAttributes", List.of("namespace", "verb", "group", "version", "resource", "subresource", "name")),
      Map.entry("NonResourceAttributes", List.of("path", "verb")),
      Map.entry("SelfSubjectRulesReview", List.of("metadata:ObjectMeta", "spec:RulesSpec")),
      Map.entry("RulesSpec", List.of("namespace")),
      Map.entry("SelfSubjectReview", List.of("metadata:ObjectMeta")),
      Map.entry("TokenReview", List.of("metadata:ObjectMeta", "spec:TokenSpec")),
      Map.entry("TokenSpec", List.of("token", "audiences[]")),
      Map.entry("TokenRequest", List.of("metadata:ObjectMeta", "spec:TokenRequestSpec")),
      Map.entry("TokenRequestSpec", List.of("audiences[]", "", "", "expirationSeconds#")));

  private Protobuf() {}

  /** The object in a body, null if this cannot read it. */
  static byte @Nullable [] json(byte[] body) {
    ByteBuffer bytes = ByteBuffer.wrap(body);
    for (byte one : MAGIC) {
      if (!bytes.hasRemaining() || bytes.get() != one) {
        return null;
      }
    }
    try {
      ByteBuffer[] raw = {ByteBuffer.allocate(0)};
      ObjectNode type = (ObjectNode) message("Unknown", bytes, raw).path("typeMeta");
      String kind = type.path("kind").asString("");
      if (!MESSAGES.containsKey(kind) || kind.endsWith("Meta") || kind.endsWith("Spec")) {
        return null;
      }
      return Json.bytes(type.setAll(message(kind, raw[0], raw)));
    } catch (BufferUnderflowException | IllegalArgumentException | ClassCastException e) {
      return null; // no message, or none that is known here: it is refused as any other
    }
  }

  private static ObjectNode message(String name, ByteBuffer bytes, ByteBuffer[] raw) {
    ObjectNode object = Json.object();
    List<String> fields = MESSAGES.getOrDefault(name, List.of());
    while (bytes.hasRemaining()) {
      long key = number(bytes);
      int index = (int) (key >> 3) - 1;
      String field = index >= 0 && index < fields.size() ? fields.get(index) : "";
      switch ((int) (key & 7)) {
        case 0 -> {
          long value = number(bytes);
          if (field.endsWith("#")) {
            object.put(field.substring(0, field.length() - 1), value);
          }
        }
        case 1 -> bytes.getLong();
        case 2 -> {
          int length = Math.toIntExact(number(bytes));
          ByteBuffer part = bytes.slice(bytes.position(), length);
          bytes.position(bytes.position() + length);
          put(object, field, part, raw);
        }
        case 5 -> bytes.getInt();
        default -> throw new IllegalArgumentException("wire type of " + key);
      }
    }
    return object;
  }

  private static void put(ObjectNode object, String field, ByteBuffer part, ByteBuffer[] raw) {
    int colon = field.indexOf(':');
    if (field.equals("raw")) {
      raw[0] = part;
    } else if (colon > 0) {
      object.set(field.substring(0, colon), message(field.substring(colon + 1), part, raw));
    } else if (field.endsWith("[]")) {
      object.withArrayProperty(field.substring(0, field.length() - 2)).add(StandardCharsets.UTF_8.decode(part).toString());
    } else if (!field.isEmpty() && part.hasRemaining()) {
      object.put(field, StandardCharsets.UTF_8.decode(part).toString());
    }
  }

  private static long number(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = bytes.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than ten bytes");
  }
}
