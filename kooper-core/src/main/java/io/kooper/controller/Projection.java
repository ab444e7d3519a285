package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.kooper.internal.Guard;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What matters of an object, as a hash: the object itself may be modified by who reads it. */
record Projection<T extends HasMetadata>(Function<? super T, ?> function, Guard guard) {

  /** The first 128 bits of SHA-256. */
  record Hash(long high, long low) {}

  /** Null when the function throws, or returns something that is no JSON. */
  @Nullable Hash of(T object, @Nullable Object more) {
    return guard.ask(() -> {
      ObjectMeta meta = object.getMetadata();
      String json = Serialization.asJson(Arrays.asList(meta.getUid(), meta.getDeletionTimestamp(), meta.getFinalizers(),
          function.apply(object), more));
      ByteBuffer bytes = ByteBuffer.wrap(sha256().digest(json.getBytes(StandardCharsets.UTF_8)));
      return new Hash(bytes.getLong(), bytes.getLong());
    });
  }

  private static MessageDigest sha256() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256"); // which every JDK has
  }
}
