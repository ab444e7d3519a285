package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kooper.test.RawClient.RawWatch;
import io.kooper.test.RawClient.Reply;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class WatchesTest {

  private static EmbeddedApiServer server;
  private static RawClient raw;
  private static int namespaces;

  private String maps; // in a namespace of the test's own
  private String namespace;

  @BeforeAll
  static void start() {
    server = EmbeddedApiServer.builder().bookmarkInterval(Duration.ofMillis(100)).history(50).start();
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

  static Stream<Named<BiFunction<RawClient, String, RawWatch>>> transports() {
    return Stream.of(Named.of("HTTP", RawClient::watch), Named.of("WebSocket", RawClient::webSocket));
  }

  private String version() {
    return raw.get(maps).at("/metadata/resourceVersion");
  }

  private Reply map(String name, String labels) {
    return raw.configMap(namespace, name, labels);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tellsEveryChangeAfterAVersion(BiFunction<RawClient, String, RawWatch> transport) {
    map("before", "{}");
    String version = version();
    map("between", "{}");
    RawWatch watch = transport.apply(raw, maps + "?watch=true&resourceVersion=" + version);
    raw.merge(maps + "/between", "{'data':{'k':'w'}}");
    raw.delete(maps + "/before");
    assertThat(watch.next()).isEqualTo("ADDED between");
    assertThat(watch.next()).isEqualTo("MODIFIED between");
    JsonNode deleted = watch.event();
    assertThat(deleted.path("type").asString()).isEqualTo("DELETED");
    assertThat(deleted.at("/object/metadata/resourceVersion").asString()).isEqualTo(version());
    assertThat(deleted.at("/object/data/k").asString()).as("the last state").isEqualTo("v");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void beginsWithTheCurrentStateWithoutAVersion(BiFunction<RawClient, String, RawWatch> transport) {
    map("b", "{}");
    map("a", "{}");
    for (String version : new String[] {"", "&resourceVersion=0", "&resourceVersion="}) {
      RawWatch watch = transport.apply(raw, maps + "?watch=1" + version);
      assertThat(watch.next()).isEqualTo("ADDED a");
      assertThat(watch.next()).isEqualTo("ADDED b");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tellsBigObjectsWhole(BiFunction<RawClient, String, RawWatch> transport) {
    RawWatch watch = transport.apply(raw, maps + "?watch=true");
    String big = "x".repeat(300_000);
    raw.create(maps, "{'metadata':{'name':'big'},'data':{'k':'" + big + "'}}");
    assertThat(watch.event().at("/object/data/k").asString()).isEqualTo(big);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tellsTheChangesOfManyWritersOnceEachAndInOrder(BiFunction<RawClient, String, RawWatch> transport) {
    String version = version();
    RawWatch early = transport.apply(raw, maps + "?watch=true&resourceVersion=" + version);
    IntStream.range(0, 40).parallel().forEach(i -> map("m" + i, "{}"));
    RawWatch late = transport.apply(raw, maps + "?watch=true&resourceVersion=" + version);
    List<String> seen = Stream.generate(early::event).limit(40)
        .map(event -> event.at("/object/metadata/resourceVersion").asString()).toList();
    assertThat(seen).doesNotHaveDuplicates().isSortedAccordingTo(Comparator.comparing(Long::valueOf));
    assertThat(Stream.generate(late::event).limit(40)
        .map(event -> event.at("/object/metadata/resourceVersion").asString())).isEqualTo(seen);
    assertThat(seen.get(39)).isEqualTo(version());
  }

  @Test
  void fromAVersionThatIsNotReachedYetWaitsForIt() {
    long version = Long.parseLong(version());
    RawWatch watch = raw.watch(maps + "?watch=true&resourceVersion=" + (version + 1));
    map("one", "{}");
    map("two", "{}");
    assertThat(watch.next()).isEqualTo("ADDED two");
  }

  @ParameterizedTest
  @MethodSource("transports")
  void tellsAForgottenVersionByAnErrorEvent(BiFunction<RawClient, String, RawWatch> transport) {
    String version = version();
    map("later", "{}");
    RawWatch open = raw.watch(maps + "?watch=true&resourceVersion=" + version);
    server.faults().compact();
    RawWatch watch = transport.apply(raw, maps + "?watch=true&resourceVersion=" + version);
    JsonNode error = watch.event();
    assertThat(error.path("type").asString()).isEqualTo("ERROR");
    assertThat(error.at("/object/code").asInt()).isEqualTo(410);
    assertThat(error.at("/object/reason").asString()).isEqualTo("Expired");
    assertThat(error.at("/object/message").asString()).startsWith("too old resource version: " + version);
    assertThat(watch.next()).isEqualTo("END");
    assertThat(open.next()).isEqualTo("ADDED later");
    map("after", "{}");
    assertThat(open.next()).as("open watches go on").isEqualTo("ADDED after");
  }

  @Test
  void forgetsWhatExceedsTheHistory() {
    String version = version();
    map("many", "{}");
    for (int i = 0; i < 60; i++) {
      raw.merge(maps + "/many", "{'data':{'k':'" + i + "'}}");
    }
    RawWatch watch = raw.watch(maps + "?watch=true&resourceVersion=" + version);
    assertThat(watch.event().at("/object/code").asInt()).isEqualTo(410);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void endsAtItsTimeout(BiFunction<RawClient, String, RawWatch> transport) {
    RawWatch watch = transport.apply(raw, maps + "?watch=true&timeoutSeconds=1");
    assertThat(watch.next()).isEqualTo("END");
  }

  @Test
  void turnsSelectionIntoAdditionAndDeletion() {
    map("wanderer", "{'side':'right'}");
    RawWatch watch = raw.watch(maps + "?watch=true&labelSelector=side%3Dleft&resourceVersion=" + version());
    raw.merge(maps + "/wanderer", "{'metadata':{'labels':{'side':'left'}}}");
    raw.merge(maps + "/wanderer", "{'data':{'k':'2'}}");
    Reply out = raw.merge(maps + "/wanderer", "{'metadata':{'labels':{'side':'right'}}}");
    raw.delete(maps + "/wanderer");
    assertThat(watch.next()).isEqualTo("ADDED wanderer");
    assertThat(watch.next()).isEqualTo("MODIFIED wanderer");
    JsonNode deleted = watch.event();
    assertThat(deleted.path("type").asString()).isEqualTo("DELETED");
    assertThat(deleted.at("/object/metadata/labels/side").asString()).as("the last state that matched")
        .isEqualTo("left");
    assertThat(deleted.at("/object/metadata/resourceVersion").asString())
        .isEqualTo(out.at("/metadata/resourceVersion"));
    map("other", "{'side':'left'}");
    assertThat(watch.next()).as("the deletion itself is of no concern").isEqualTo("ADDED other");
  }

  @Test
  void ofOneObjectTellsNothingOfOthers() {
    map("one", "{}");
    map("two", "{}");
    assertThat(raw.get(maps + "/two?watch=true").at("/metadata/name")).as("its own path is not watched").isEqualTo("two");
    RawWatch watch = raw.watch(maps.replace("/api/v1/", "/api/v1/watch/") + "/two");
    assertThat(watch.next()).isEqualTo("ADDED two");
    raw.delete(maps + "/one");
    raw.delete(maps + "/two");
    assertThat(watch.next()).isEqualTo("DELETED two");
  }

  @Nested
  class Bookmarks {

    @Test
    void comeWithTheVersionOfTheWholeServer() {
      RawWatch watch = raw.watch(maps + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + version());
      raw.create("/api/v1/namespaces/" + namespace + "/secrets", "{'metadata':{'name':'elsewhere'}}");
      String version = version();
      await().untilAsserted(() -> {
        JsonNode bookmark = watch.event();
        assertThat(bookmark.path("type").asString()).isEqualTo("BOOKMARK");
        assertThat(bookmark.at("/object/kind").asString()).isEqualTo("ConfigMap");
        assertThat(bookmark.at("/object/metadata").propertyNames()).containsExactly("resourceVersion");
        assertThat(bookmark.at("/object/metadata/resourceVersion").asString()).isEqualTo(version);
      });
    }

    @Test
    void doNotComeUnasked() {
      RawWatch watch = raw.watch(maps + "?watch=true&timeoutSeconds=1");
      assertThat(watch.next()).isEqualTo("END");
    }
  }

  @Nested
  class StreamingLists {

    private static final String OPTIONS =
        "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

    @ParameterizedTest
    @MethodSource("io.kooper.test.WatchesTest#transports")
    void endTheInitialEventsWithABookmark(BiFunction<RawClient, String, RawWatch> transport) {
      map("a", "{}");
      map("b", "{}");
      String version = version();
      RawWatch watch = transport.apply(raw, maps + OPTIONS);
      assertThat(watch.next()).isEqualTo("ADDED a");
      assertThat(watch.next()).isEqualTo("ADDED b");
      JsonNode bookmark = watch.event();
      assertThat(bookmark.at("/object/metadata/annotations").path("k8s.io/initial-events-end").asString())
          .isEqualTo("true");
      assertThat(bookmark.at("/object/metadata/resourceVersion").asString()).isEqualTo(version);
    }

    @Test
    void needTheirCompanions() {
      Reply reply = raw.get(maps + "?watch=true&sendInitialEvents=true");
      assertThat(reply.code()).isEqualTo(422);
      assertThat(reply.at("/message")).contains("sendInitialEvents requires setting resourceVersionMatch");
    }

    @Test
    void areRefusedByAnOldServer() {
      try (EmbeddedApiServer old = EmbeddedApiServer.builder().streamingLists(false).start()) {
        Reply reply = new RawClient(old).get("/api/v1/pods" + OPTIONS);
        assertThat(reply.code()).isEqualTo(422);
        assertThat(reply.at("/message"))
            .contains("sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
      }
    }
  }
}
