package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Objects as the rows that {@code kubectl get} prints. */
class TablesTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

  private EmbeddedApiServer server;
  private RawClient raw;

  @BeforeEach
  void start() {
    server = EmbeddedApiServer.builder().tls(false).start();
    raw = new RawClient(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String text(String path, String accept) throws IOException, InterruptedException {
    return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(server.url() + path)).header("Accept", accept)
        .build(), BodyHandlers.ofString()).body();
  }

  private List<JsonNode> cells(JsonNode table) {
    return table.at("/rows/0/cells").valueStream().toList();
  }

  @Test
  void aDefinitionSaysWhichColumnsThereAre() throws Exception {
    raw.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
        {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
         "names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1","served":true,"storage":true,
          "additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"},
           {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\\"Ready\\")].status","priority":1},
           {"name":"First","type":"string","jsonPath":".spec.names[0]"},
           {"name":"Dot","type":"string","jsonPath":".metadata.annotations.a\\\\.b"},
           {"name":"Wrong","type":"integer","jsonPath":".spec.names[0]"},
           {"name":"Born","type":"date","jsonPath":".metadata.creationTimestamp"}],
          "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}""");
    raw.create("/apis/example.com/v1/namespaces/default/things", """
        {"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t","annotations":{"a.b":"c"}},
         "spec":{"size":3,"names":["x","y"]},
         "status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}""");

    JsonNode table = JSON.readTree(text("/apis/example.com/v1/namespaces/default/things", TABLE));

    assertThat(table.path("columnDefinitions").valueStream().map(column -> column.path("name").asString()))
        .containsExactly("Name", "Size", "Ready", "First", "Dot", "Wrong", "Born");
    assertThat(cells(table).stream().map(JsonNode::toString).limit(6))
        .containsExactly("\"t\"", "3", "\"True\"", "\"x\"", "\"c\"", "null");
    assertThat(cells(table).get(6).asString()).matches("\\d+s");
  }

  @Test
  void aRowHasAsMuchOfItsObjectAsTheClientWants() throws Exception {
    raw.configMap("default", "a", "{}");
    String path = "/api/v1/namespaces/default/configmaps";

    assertThat(Stream.of("", "?includeObject=None", "?includeObject=Object").map(query -> {
      try {
        return JSON.readTree(text(path + query, TABLE)).at("/rows/0/object/kind").asString("nothing");
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    })).containsExactly("PartialObjectMetadata", "nothing", "ConfigMap");
  }

  @Test
  void aWatchNamesTheColumnsOnce() throws Exception {
    raw.configMap("default", "a", "{}");
    raw.configMap("default", "b", "{}");

    List<JsonNode> events = text("/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1", TABLE).lines()
        .map(JSON::readTree).toList();

    assertThat(events).extracting(event -> event.at("/object/kind").asString()).containsExactly("Table", "Table");
    assertThat(events).extracting(event -> event.at("/object/columnDefinitions").size()).containsExactly(3, 0);
    assertThat(events).extracting(event -> event.at("/object/rows/0/cells/0").asString()).containsExactly("a", "b");
  }

  @Test
  void answersInYamlToThoseWhoTakeIt() throws Exception {
    raw.configMap("default", "a", "{}");

    assertThat(text("/api/v1/namespaces/default/configmaps/a", "application/yaml")).startsWith("apiVersion: v1\n");
    assertThat(text("/api/v1/namespaces/default/configmaps/a", "text/xml")).contains("406: Not Acceptable");
  }
}
