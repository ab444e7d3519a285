package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.retrieve.Json.Identity;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class ObjectPeekTest {

  private static String peek(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    Undecodable read = new ObjectPeek(bytes, bytes.length).undecodable(false, new IllegalStateException("why"));
    return read.key() + " " + read.uid() + " " + read.resourceVersion();
  }

  /** With single quotes. */
  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static Identity identity(String json) {
    return new ObjectPeek(bytes(json), bytes(json).length).identity();
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a','namespace':'x','uid':'1','resourceVersion':'2'},'spec':{}}",
      "{'metadata':{'uid':'1','name':'a','namespace':'x','labels':{'name':'no','b':'}\\'{'},'resourceVersion':'2'}}",
      " { 'metadata' : { 'uid':'1','resourceVersion':'2', 'name' : 'a' , 'f' : [ ']' , [ 1 , { } ] ] ,'namespace':'x'} }",
      "{'metadata':{'namespace':'x','n\\u0061me':'\\u0061','annotations':{'x':'\\u0022'},'uid':'1','resourceVersion':'2'}}",
      "{'kind':1,'metadata':{'uid':'1','resourceVersion':'2','namespace':'x','name':'b','name':'a'}}",
      "{'metadata':{'name':'a','namespace':'x','uid':'1','resourceVersion':'2'},'spec':!!!"})
  void readsTheIdentity(String json) {
    assertThat(identity(json)).isEqualTo(new Identity(new ObjectKey("x", "a"), "1", "2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{}", "[]", "", "{'metadata':{}}", "{'metadata':null}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':''}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':1}}",
      "{'metadata':{'uid':'1','resourceVersion':'2'}}",
      "{'metadata':{'uid':'1','name':'a'}}",
      "{'metadata':{'name':'a','resourceVersion':'2'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a'",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a",
      "{'spec':{'metadata':{'uid':'1','resourceVersion':'2','name':'a'}}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name' 'a'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2' 'name':'a'}}",
      "{'kind':'Pod' 'metadata':{'uid':'1','resourceVersion':'2','name':'a'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a','labels':[1,2"})
  void hasNoIdentityIfAPartOfItIsUnreadable(String json) {
    assertThat(identity(json)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{'metadata':{'name':'a','labels':{'x':'}'}}}",
      "{'kind':'PartialObjectMetadata','apiVersion':'meta.k8s.io/v1','metadata':{'name':'a','labels':{'x':'}'}}}",
      "{'spec':{'metadata':{'name':'b'}},'status':[1,2],'x':null,'metadata':{'name':'a','labels':{'x':'}'}},'data':{'k':'v'}}"})
  void leavesNothingButTheMetadata(String json) {
    assertThat(new ObjectPeek(bytes(json), bytes(json).length).only())
        .asString(StandardCharsets.UTF_8).isEqualTo("{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"}\"}}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "5", "", "{'metadata':null}", "{'metadata':{'name':'a'", "{'kind' 'metadata':{}}"})
  void leavesWhatHasNoMetadataAsItIs(String json) {
    assertThat(new ObjectPeek(bytes(json), bytes(json).length).only()).isEqualTo(bytes(json));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"u\",\"resourceVersion\":\"7\"}}; x/a u 7",
    "{\"spec\":{\"name\":\"no\",\"l\":[1,-2.5e3,true,null,\"}\"]},\"metadata\":{\"name\":\"a\"},; a null null",
    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}, broken; x/a null null",
    "{\"metadata\":{\"labels\":{\"name\":\"no\"},\"name\":\"a\"}}; a null null",
    "{\"spec\":{\"metadata\":{\"name\":\"no\"}},\"metadata\":{\"uid\":\"u\"}}; null u null",
    "[{\"metadata\":{\"name\":\"no\"}}]; null null null",
    "{\"metadata\":{\"name\":7}}; null null null",
    "{\"metadata\":{\"name\":\"\"}}; null null null",
    "{\"metadata\":\"x\"}; null null null",
    "{}; null null null",
    "{\"a\":\"\\x\",\"metadata\":{\"name\":\"no\"}}; null null null",
    "{\"a\":tru,\"metadata\":{\"name\":\"no\"}}; null null null",
  })
  void readsUpToTheFirstFault(String json, String expected) {
    assertThat(peek(json)).isEqualTo(expected);
  }

  @Test
  void readsEscapes() {
    assertThat(peek("{\"metadata\":{\"name\":\"a\\u00e9\\n\\\"\\/\"}}")).isEqualTo("a\u00e9\n\"/ null null");
  }

  @Test
  void doesNotGuessANamespaceThatMayComeLater() {
    assertThat(peek("{\"metadata\":{\"name\":\"a\",\"x\":tru")).isEqualTo("null null null");
    assertThat(peek("{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"x\":tru")).isEqualTo("x/a null null");
  }

  @Test
  void endsWhereverTheBytesEnd() {
    String json = "{\"a\":[{\"b\":\"\\u00e9\"},1],\"metadata\":{\"uid\":\"u\",\"namespace\":\"x\",\"name\":\"a\"}}";
    for (int end = 0; end < json.length(); end++) {
      assertThat(peek(json.substring(0, end))).isIn("null null null", "null u null", "x/a u null");
    }
  }

  @Test
  void readsTheNameOfWhatIsTooLongOrTooDeepToBeBound() {
    String much = "x".repeat(200_000);
    for (String value : new String[] {
        "{\"" + much + "\":1}", "\"" + much + "\"", "1".repeat(200_000), "[".repeat(2_000) + "]".repeat(2_000)}) {
      assertThat(peek("{\"a\":" + value + ",\"metadata\":{\"name\":\"a\"}}")).isEqualTo("a null null");
    }
  }

  @Test
  void goesPastAMalformedCharacter() {
    byte[] bytes = "{\"a\":\"?\",\"metadata\":{\"name\":\"a\"}}".getBytes(StandardCharsets.US_ASCII);
    bytes[6] = (byte) 0xff;

    assertThat(new ObjectPeek(bytes, bytes.length).undecodable(false, new IllegalStateException("why")).key())
        .isEqualTo(new ObjectKey("", "a"));
  }

  @Test
  void refusesNestingWithoutEnd() {
    assertThat(peek("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + ",\"metadata\":{\"name\":\"a\"}}"))
        .isEqualTo("null null null");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void readsOfAnyTextWhatAStrictParserReads(long seed) {
    String sound = "{\"a\" : [ {} , [],{\"b\":{\"c\":-0.5e+3}},\t1, \"\\u00e9\\n\\\\\", true,null],\n"
        + "\"metadata\":{\"labels\":{\"x\":[0]},\"uid\":\"u\",\"namespace\":\"x\",\"n\":10,\"name\":\"a\\/b\"},\"z\":false}";
    String alphabet = "{}[],:\"\\ \n0123456789-+.eEutrfalsn\u0001";
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(sound);
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        int at = random.nextInt(text.length());
        text.replace(at, at + random.nextInt(3), random.nextInt(4) == 0 ? "" // cut, replaced or inserted
            : String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
      }
      assertThat(peek(text.toString())).as(text.toString()).isEqualTo(parsed(text.toString()));
    }
  }

  /** As {@link #peek}, by Jackson's parser. */
  private static String parsed(String json) {
    Map<String, String> metadata = new HashMap<>();
    boolean complete = false;
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      String name;
      while ((parser.currentToken() != null || parser.nextToken() == JsonToken.START_OBJECT) && !complete
          && (name = parser.nextName()) != null) {
        complete = parser.nextToken() == JsonToken.START_OBJECT && name.equals("metadata");
        while (complete && (name = parser.nextName()) != null) {
          if (parser.nextToken() == JsonToken.VALUE_STRING) {
            metadata.put(name, parser.getString());
          }
          parser.skipChildren();
        }
        parser.skipChildren();
      }
    } catch (JacksonException e) {
      complete = false;
    }
    String name = metadata.getOrDefault("name", "");
    String namespace = metadata.get("namespace");
    ObjectKey key = name.isEmpty() || namespace == null && !complete ? null
        : new ObjectKey(namespace == null ? "" : namespace, name);
    return key + " " + metadata.get("uid") + " " + metadata.get("resourceVersion");
  }
}
