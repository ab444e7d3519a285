package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.RawClient.RawWatch;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What tests do with the server beside requests. */
class KitTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  private final EmbeddedApiServer server = EmbeddedApiServer.start();
  private RawClient raw;

  @BeforeEach
  void connect() {
    raw = new RawClient(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void remembersBodiesAndCodes() {
    raw.create(MAPS, "{'metadata':{'name':'a'}}");
    raw.create(MAPS, "{'metadata':{'name':'a'}}");
    assertThat(server.requests(request -> request.is("create", "configmaps"))).extracting(ApiRequest::code, ApiRequest::body)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(201, "{\"metadata\":{\"name\":\"a\"}}"),
            org.assertj.core.groups.Tuple.tuple(409, "{\"metadata\":{\"name\":\"a\"}}"));
    try (EmbeddedApiServer silent = EmbeddedApiServer.builder().requestsKept(0).start()) {
      new RawClient(silent).get("/version");
      assertThat(silent.requests()).isEmpty();
    }
  }

  @Test
  void makesThingsReady() {
    raw.create(PODS, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    try (var client = server.client()) {
      server.ready(client.pods().inNamespace("default").withName("p").get());
      assertThat(client.pods().inNamespace("default").withName("p").isReady()).isTrue();
      raw.create("/apis/apps/v1/namespaces/default/deployments", "{'metadata':{'name':'d'},'spec':{'replicas':2,"
          + "'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':["
          + "{'name':'c','image':'i'}]}}}}");
      server.ready(client.apps().deployments().inNamespace("default").withName("d").get());
      assertThat(client.apps().deployments().inNamespace("default").withName("d").isReady()).isTrue();
      raw.create("/apis/batch/v1/namespaces/default/jobs", "{'metadata':{'name':'j'},'spec':{'template':{'spec':{"
          + "'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}}");
      server.ready(client.batch().v1().jobs().inNamespace("default").withName("j").get());
      assertThat(client.batch().v1().jobs().inNamespace("default").withName("j").get().getStatus().getSucceeded()).isEqualTo(1);
    }
  }

  @Test
  void holdsTheEventsOfOneType() {
    RawWatch maps = raw.watch(MAPS + "?watch=true");
    RawWatch secrets = raw.watch("/api/v1/namespaces/default/secrets?watch=true");
    server.hold("configmaps");
    raw.create(MAPS, "{'metadata':{'name':'late'}}");
    raw.create("/api/v1/namespaces/default/secrets", "{'metadata':{'name':'early'}}");
    assertThat(secrets.event().at("/object/metadata/name").asString()).isEqualTo("early");
    raw.merge(MAPS + "/late", "{'data':{'a':'b'}}");
    server.release("configmaps");
    assertThat(maps.event().at("/type").asString()).isEqualTo("ADDED");
    assertThat(maps.event().at("/type").asString()).isEqualTo("MODIFIED");
  }

  @Test
  void goesBackToAnEarlierStateByChanges() {
    raw.create(MAPS, "{'metadata':{'name':'kept'},'data':{'a':'1'}}");
    Backup before = server.snapshot();
    raw.merge(MAPS + "/kept", "{'data':{'a':'2'}}");
    RawWatch watch = raw.watch(MAPS + "?watch=true&resourceVersion=" + raw.create(MAPS, "{'metadata':{'name':'new'}}")
        .at("/metadata/resourceVersion"));
    server.reset(before);
    assertThat(watch.event().at("/type").asString()).isEqualTo("DELETED");
    assertThat(watch.event().at("/object/data/a").asString()).isEqualTo("1");
    assertThat(raw.get(MAPS + "/new").code()).isEqualTo(404);
    server.reset();
    assertThat(server.requests()).isEmpty();
    assertThat(raw.get(MAPS).body().path("items")).isEmpty();
    assertThat(raw.get("/api/v1/namespaces").body().path("items")).hasSize(4);
  }

  @Test
  void reportsWithoutSecrets() {
    Instant before = Instant.now();
    raw.create("/api/v1/namespaces/default/secrets", "{'metadata':{'name':'s'},'stringData':{'password':'swordfish'}}");
    String report = server.report("default", before);
    assertThat(report).contains("\"name\":\"s\"").contains("create /api/v1/namespaces/default/secrets 201 ***")
        .doesNotContain("swordfish").doesNotContain("c3dvcmRmaXNo");
    assertThat(server.requests().toString()).doesNotContain("swordfish");
  }
}
