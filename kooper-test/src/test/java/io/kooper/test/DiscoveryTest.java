package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the server says about itself in one document. */
class DiscoveryTest {

  private static final String AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static HttpResponse<String> get(EmbeddedApiServer server, String path, String accept) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + path)).header("Accept", accept).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode named(JsonNode list, String member, String name) {
    return list.valueStream().filter(one -> one.at(member).asString("").equals(name)).findFirst().orElseThrow();
  }

  @Test
  void allGroupsAreInOneDocumentForWhomAsksForIt() throws Exception {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().tls(false).start()) {
      server.register(new ResourceType("x.io", "v1", "Toy", "toys", true, true));

      HttpResponse<String> response = get(server, "/apis", AGGREGATED + ",application/json");

      assertThat(response.headers().firstValue("Content-Type")).contains(AGGREGATED);
      JsonNode groups = JsonMapper.shared().readTree(response.body());
      assertThat(groups.path("kind").asString()).isEqualTo("APIGroupDiscoveryList");
      JsonNode deployments = named(named(groups.path("items"), "/metadata/name", "apps").at("/versions/0/resources"), "/resource",
          "deployments");
      assertThat(deployments.path("scope").asString()).isEqualTo("Namespaced");
      assertThat(deployments.path("shortNames").path(0).asString()).isEqualTo("deploy");
      assertThat(named(deployments.path("subresources"), "/subresource", "scale").at("/responseKind/kind").asString())
          .isEqualTo("Scale");
      JsonNode toys = named(groups.path("items"), "/metadata/name", "x.io").at("/versions/0/resources/0");
      assertThat(toys.at("/responseKind/group").asString()).isEqualTo("x.io");
      assertThat(toys.at("/subresources/0/subresource").asString()).isEqualTo("status");

      JsonNode core = JsonMapper.shared().readTree(get(server, "/api", AGGREGATED).body());
      assertThat(named(core.at("/items/0/versions/0/resources"), "/resource", "pods").path("verbs").size()).isEqualTo(8);
    }
  }

  @Test
  void othersGetTheUsualOnes() throws Exception {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().tls(false).start()) {
      assertThat(get(server, "/apis", "application/json, " + AGGREGATED).body()).contains("APIGroupList");
      assertThat(get(server, "/apis/apps", AGGREGATED + ",application/json").body()).contains("\"APIGroup\"");
    }
  }
}
