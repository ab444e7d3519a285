package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.RawClient.Reply;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListsTest {

  private static EmbeddedApiServer server;
  private static RawClient raw;
  private static int namespaces;

  private String namespace;
  private String maps;

  @BeforeAll
  static void start() {
    server = EmbeddedApiServer.start();
    raw = new RawClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void namespace() {
    namespace = "n" + namespaces++;
    raw.create("/api/v1/namespaces", "{'metadata':{'name':'" + namespace + "'}}");
    maps = "/api/v1/namespaces/" + namespace + "/configmaps";
  }

  private static List<String> names(Reply list) {
    assertThat(list.code()).as(list.http().body()).isEqualTo(200);
    return list.body().path("items").valueStream().map(item -> item.at("/metadata/name").asString()).toList();
  }

  private static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  @Test
  void areOrderedByNamespaceAndName() {
    raw.configMap(namespace, "b", "{}");
    raw.configMap(namespace, "a", "{}");
    Reply list = raw.get(maps);
    assertThat(names(list)).containsExactly("a", "b");
    assertThat(list.at("/kind")).isEqualTo("ConfigMapList");
    assertThat(names(raw.get("/api/v1/configmaps?fieldSelector=metadata.namespace%3D" + namespace)))
        .containsExactly("a", "b");
  }

  @Nested
  class Selectors {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "tier=web          | a b", "tier==web     | a b", "tier!=web           | c d",
        "tier in (web, db) | a b c", "tier notin (web) | c d", "tier            | a b c",
        "!tier             | d", "tier=web,zone=1   | a", "zone in (1,2),tier | a b", "app.io/x=y | d",
        "zone>1            | b", "zone<2         | a", "tier>1              | ''", "!zone,tier        | c",
        "tier in (web,),zone | a b", " tier = web , zone = 1 | a", "zone=             | ''", "''               | a b c d"})
    void chooseByLabel(String selector, String expected) {
      raw.configMap(namespace, "a", "{'tier':'web','zone':'1'}");
      raw.configMap(namespace, "b", "{'tier':'web','zone':'2'}");
      raw.configMap(namespace, "c", "{'tier':'db'}");
      raw.configMap(namespace, "d", "{'app.io/x':'y'}");
      assertThat(String.join(" ", names(raw.get(maps + "?labelSelector=" + encode(selector))))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a=b,", ",a", "a>x", "a in b", "a notin (b", "!", "!a=b", "-a=b", "a=-b", "a,,b"})
    void thatCannotBeReadAreRefused(String selector) {
      assertThat(raw.get(maps + "?labelSelector=" + encode(selector)).code()).isEqualTo(400);
    }

    @Test
    void chooseByField() {
      String pods = "/api/v1/namespaces/" + namespace + "/pods";
      raw.create(pods, "{'metadata':{'name':'p'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}");
      raw.create(pods, "{'metadata':{'name':'q'},'spec':{'nodeName':'n2','containers':[{'name':'c','image':'i'}]}}");
      raw.merge(pods + "/q/status", "{'status':{'phase':'Running'}}");
      assertThat(names(raw.get(pods + "?fieldSelector=" + encode("spec.nodeName=n1")))).containsExactly("p");
      assertThat(names(raw.get(pods + "?fieldSelector=" + encode("status.phase!=Pending")))).containsExactly("q");
      assertThat(names(raw.get(pods + "?fieldSelector=" + encode("metadata.name!=p,spec.nodeName=n2"))))
          .containsExactly("q");
    }

    @ParameterizedTest
    @ValueSource(strings = {"labelSelector=a%3D%3Db%3Dc", "labelSelector=a%20in%20b", "fieldSelector=spec.x%3D1",
        "fieldSelector=metadata.name", "limit=many", "continue=!", "resourceVersion=x"})
    void thatCannotBeUnderstoodAreRefused(String query) {
      Reply reply = raw.get(maps + "?" + query);
      assertThat(reply.code()).isEqualTo(400);
      assertThat(reply.at("/reason")).isEqualTo("BadRequest");
    }
  }

  @Nested
  class Pages {

    @Test
    void showTheStateOfTheFirstOne() {
      for (String name : List.of("a", "b", "c", "d", "e")) {
        raw.configMap(namespace, name, "{}");
      }
      Reply first = raw.get(maps + "?limit=2");
      assertThat(names(first)).containsExactly("a", "b");
      assertThat(first.body().at("/metadata/remainingItemCount").asInt()).isEqualTo(3);
      raw.delete(maps + "/c");
      raw.configMap(namespace, "bb", "{}");
      raw.merge(maps + "/d", "{'data':{'k':'new'}}");
      Reply second = raw.get(maps + "?limit=2&continue=" + first.at("/metadata/continue"));
      assertThat(names(second)).containsExactly("c", "d");
      assertThat(second.at("/items/1/data/k")).isEqualTo("v");
      assertThat(second.at("/metadata/resourceVersion")).isEqualTo(first.at("/metadata/resourceVersion"));
      Reply third = raw.get(maps + "?limit=2&continue=" + second.at("/metadata/continue"));
      assertThat(names(third)).containsExactly("e");
      assertThat(third.body().at("/metadata").has("continue")).isFalse();
      assertThat(names(raw.get(maps))).containsExactly("a", "b", "bb", "d", "e");
    }

    @Test
    void expireWithTheHistory() {
      raw.configMap(namespace, "a", "{}");
      raw.configMap(namespace, "b", "{}");
      String token = raw.get(maps + "?limit=1").at("/metadata/continue");
      raw.configMap(namespace, "c", "{}");
      server.faults().compact();
      Reply reply = raw.get(maps + "?limit=1&continue=" + token);
      assertThat(reply.code()).isEqualTo(410);
      assertThat(reply.at("/reason")).isEqualTo("Expired");
    }
  }

  @Nested
  class Versions {

    @Test
    void ofTheFutureAreNotYetReached() {
      Reply reply = raw.get(maps + "?resourceVersion=999999");
      assertThat(reply.code()).isEqualTo(504);
      assertThat(reply.at("/reason")).isEqualTo("Timeout");
      assertThat(reply.at("/message")).startsWith("Timeout: Too large resource version: 999999, current: ");
      assertThat(reply.at("/details/causes/0/reason")).isEqualTo("ResourceVersionTooLarge");
      assertThat(reply.body().at("/details/retryAfterSeconds").asInt()).isEqualTo(1);
      assertThat(reply.http().headers().firstValue("Retry-After")).hasValue("1");
    }

    @Test
    void canBeAskedForExactly() {
      raw.configMap(namespace, "a", "{}");
      String then = raw.get(maps).at("/metadata/resourceVersion");
      raw.configMap(namespace, "b", "{}");
      String exact = maps + "?resourceVersionMatch=Exact&resourceVersion=" + then;
      assertThat(names(raw.get(exact))).containsExactly("a");
      assertThat(names(raw.get(maps + "?resourceVersionMatch=NotOlderThan&resourceVersion=" + then)))
          .containsExactly("a", "b");
      server.faults().compact();
      assertThat(raw.get(exact).code()).isEqualTo(410);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resourceVersionMatch=Exact", "resourceVersionMatch=Exact&resourceVersion=0",
        "resourceVersionMatch=Roughly&resourceVersion=1"})
    void thatMakeNoSenseAreRefused(String query) {
      assertThat(raw.get(maps + "?" + query).code()).isEqualTo(422);
    }
  }
}
