package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.retrieve.Json.Identity;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON with single quotes here. */
class MetadataScanTest {

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static Identity quick(String json) {
    return MetadataScan.identity(bytes(json), bytes(json).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a','namespace':'x','uid':'1','resourceVersion':'2'},'spec':{}}",
      "{'metadata':{'uid':'1','name':'a','labels':{'name':'no','b':'}\\'{'},'resourceVersion':'2','generation':3}}",
      " { 'metadata' : { 'uid':'1','resourceVersion':'2', 'name' : 'a' , 'finalizers' : [ ']' , [ 1 , { } ] ] , 'x' : -1.5e3 } }",
      "{'metadata':{'name':'\u00e4','annotations':{'x':'\\u0022'},'uid':'u','resourceVersion':'2'}}"})
  void readsWhatTheStrictReaderReads(String json) {
    assertThat(quick(json)).isNotNull().isEqualTo(ObjectPeek.identity(bytes(json), bytes(json).length));
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
      "{'metadata':{'uid':'1','resourceVersion':'2','n\\u0061me':'a'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a\\u0062'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a','name':'b'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name' 'a'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2' 'name':'a'}}",
      "{'kind':'Pod' 'metadata':{'uid':'1','resourceVersion':'2','name':'a'}}",
      "{'kind':1,'metadata':{'uid':'1','resourceVersion':'2','name':'a'}}",
      "{'metadata':{'uid':'1','resourceVersion':'2','name':'a','labels':[1,2"})
  void leavesWhatIsUnusualToTheStrictReader(String json) {
    assertThat(quick(json)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {
      "{'metadata':{'name':'a','labels':{'x':'}'}}}",
      "{'kind':'PartialObjectMetadata','apiVersion':'meta.k8s.io/v1','metadata':{'name':'a','labels':{'x':'}'}}}",
      "{'spec':{'metadata':{'name':'b'}},'status':[1,2],'x':null,'metadata':{'name':'a','labels':{'x':'}'}},'data':{'k':'v'}}"})
  void leavesNothingButTheMetadata(String json) {
    assertThat(MetadataScan.only(bytes(json), bytes(json).length))
        .asString(StandardCharsets.UTF_8).isEqualTo("{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"}\"}}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "5", "", "{'metadata':null}", "{'metadata':{'name':'a'", "{'kind' 'metadata':{}}"})
  void leavesWhatHasNoMetadataAsItIs(String json) {
    assertThat(MetadataScan.only(bytes(json), bytes(json).length)).isEqualTo(bytes(json));
  }

  @Test
  void looksAtNoMoreThanTheMetadata() {
    assertThat(quick("{'metadata':{'name':'a','uid':'1','resourceVersion':'2'},'spec':!!!")).isEqualTo(
        new Identity(new ObjectKey("", "a"), "1", "2"));
  }
}
