package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.retrieve.Json.Identity;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataScanTest {

  private static @Nullable Identity quick(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return MetadataScan.identity(bytes, bytes.length);
  }

  private static @Nullable Identity strict(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return ObjectPeek.identity(bytes, bytes.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"1\",\"resourceVersion\":\"2\"},\"spec\":{}}",
      "{\"metadata\":{\"uid\":\"1\",\"name\":\"a\",\"labels\":{\"name\":\"no\",\"b\":\"}\\\"{\"},\"managedFields\":[],\"generation\":3,\"resourceVersion\":\"2\"}}",
      " { \"metadata\" : { \"uid\":\"1\",\"resourceVersion\":\"2\", \"name\" : \"a\" , \"finalizers\" : [ \"]\" , [ 1 , { } ] ] , \"deletionGracePeriodSeconds\" : -1.5e3 } }",
      "{\"metadata\":{\"name\":\"\u00e4\",\"annotations\":{\"x\":\"\\u0022\"},\"uid\":\"u\",\"resourceVersion\":\"2\"}}"})
  void readsWhatTheStrictReaderReads(String json) {
    assertThat(quick(json)).isNotNull().isEqualTo(strict(json));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{}", "[]", "", "{\"metadata\":{}}", "{\"metadata\":{\"name\":\"\"}}", "{\"metadata\":null}", "{\"metadata\":{\"name\":1}}",
      "{\"metadata\":{\"name\":\"a\"", "{\"metadata\":{\"name\":\"a\",\"uid\":\"1\"}}", "{\"metadata\":{\"name\":\"a", "{\"spec\":{\"metadata\":{\"name\":\"a\"}}}",
      "{\"metadata\":{\"n\\u0061me\":\"a\"}}", "{\"metadata\":{\"name\":\"a\\u0062\"}}", "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"}}",
      "{\"metadata\":{\"name\" \"a\"}}", "{\"metadata\":{\"name\":\"a\" \"uid\":\"b\"}}", "{\"kind\":\"Pod\" \"metadata\":{\"name\":\"a\"}}",
      "{\"kind\":1,\"metadata\":{\"name\":\"a\"}}", "{\"metadata\":{\"labels\":[1,2"})
  void leavesWhatIsUnusualToTheStrictReader(String json) {
    assertThat(quick(json)).isNull();
  }

  @Test
  void lookAtNoMoreThanTheMetadata() {
    assertThat(quick("{\"metadata\":{\"name\":\"a\",\"uid\":\"1\",\"resourceVersion\":\"2\"},\"spec\":!!!")).isEqualTo(
        new Identity(new ObjectKey("", "a"), "1", "2"));
  }
}
