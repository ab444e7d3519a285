package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.RawClient.Reply;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectsTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String PODS = "/api/v1/namespaces/default/pods";
  private static final String POD = "{'containers':[{'name':'c','image':'x'}]}";
  private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

  private static EmbeddedApiServer server;
  private static RawClient raw;

  @BeforeAll
  static void start() {
    server = EmbeddedApiServer.start();
    raw = new RawClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static long version(Reply reply) {
    return Long.parseLong(reply.at("/metadata/resourceVersion"));
  }

  @Nested
  class Create {

    @Test
    void stampsTheObject() {
      Reply created = raw.create(PODS, "{'metadata':{'name':'stamped'},'spec':" + POD + ",'status':{'phase':'Running'}}");
      assertThat(created.code()).isEqualTo(201);
      assertThat(created.at("/kind")).isEqualTo("Pod");
      assertThat(created.at("/apiVersion")).isEqualTo("v1");
      assertThat(created.at("/metadata/namespace")).isEqualTo("default");
      assertThat(created.at("/metadata/uid")).hasSize(36);
      assertThat(created.at("/metadata/creationTimestamp")).matches("....-..-..T..:..:..Z");
      assertThat(created.body().at("/metadata/generation").asInt()).isEqualTo(1);
      assertThat(created.at("/status/phase")).as("status has its own path").isEqualTo("Pending");
      assertThat(raw.get(PODS + "/stamped").body()).isEqualTo(created.body());
    }

    @Test
    void refusesANameThatIsTaken() {
      raw.configMap("default", "taken", "{}");
      Reply second = raw.configMap("default", "taken", "{}");
      assertThat(second.code()).isEqualTo(409);
      assertThat(second.at("/reason")).isEqualTo("AlreadyExists");
      assertThat(second.at("/message")).isEqualTo("configmaps \"taken\" already exists");
      assertThat(second.at("/details/kind")).isEqualTo("configmaps");
    }

    @Test
    void refusesANamespaceThatIsNotThere() {
      Reply reply = raw.configMap("nowhere", "a", "{}");
      assertThat(reply.code()).isEqualTo(404);
      assertThat(reply.at("/message")).isEqualTo("namespaces \"nowhere\" not found");
    }

    @Test
    void makesANameFromAPrefix() {
      Reply created = raw.create(MAPS, "{'metadata':{'generateName':'some-'}}");
      assertThat(created.at("/metadata/name")).matches("some-[a-z0-9]{5}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'metadata':{}}", "{'metadata':{'name':'Upper'}}", "{'metadata':{'name':'a/b'}}"})
    void refusesANameThatIsNone(String object) {
      assertThat(raw.create(MAPS, object).code()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'kind':'Pod','metadata':{'name':'v'}}",
        "{'metadata':{'name':'v','namespace':'other'}}", "no json", "", "[]"})
    void refusesWhatDoesNotBelongHere(String object) {
      assertThat(raw.create(MAPS, object).code()).isEqualTo(400);
    }

    @Test
    void failsWithAVersionAsTheApiServerDoes() {
      assertThat(raw.create(MAPS, "{'metadata':{'name':'v','resourceVersion':'7'}}").code()).isEqualTo(500);
    }

    @Test
    void changesNothingInADryRun() {
      assertThat(raw.create(MAPS + "?dryRun=All", "{'metadata':{'name':'dry'}}").code()).isEqualTo(201);
      assertThat(raw.get(MAPS + "/dry").code()).isEqualTo(404);
    }
  }

  @Nested
  class Update {

    @Test
    void refusesAStaleVersion() {
      Reply created = raw.configMap("default", "stale", "{}");
      String now = created.http().body();
      assertThat(raw.put(MAPS + "/stale", now.replace("\"v\"", "\"w\"")).code()).isEqualTo(200);
      Reply stale = raw.put(MAPS + "/stale", now.replace("\"v\"", "\"x\""));
      assertThat(stale.code()).isEqualTo(409);
      assertThat(stale.at("/reason")).isEqualTo("Conflict");
      assertThat(stale.at("/message")).isEqualTo("Operation cannot be fulfilled on configmaps \"stale\": the object "
          + "has been modified; please apply your changes to the latest version and try again");
    }

    @Test
    void isUnconditionalWithoutAVersionWhereTheTypeAllowsIt() {
      raw.configMap("default", "free", "{}");
      assertThat(raw.put(MAPS + "/free", "{'metadata':{'name':'free'},'data':{'k':'2'}}").code()).isEqualTo(200);
      raw.create(LEASES, "{'metadata':{'name':'bound'},'spec':{}}");
      Reply refused = raw.put(LEASES + "/bound", "{'metadata':{'name':'bound'},'spec':{'holderIdentity':'me'}}");
      assertThat(refused.code()).isEqualTo(422);
      assertThat(refused.at("/message")).contains("metadata.resourceVersion", "must be specified for an update");
    }

    @Test
    void refusesAnotherUid() {
      raw.configMap("default", "uid", "{}");
      assertThat(raw.put(MAPS + "/uid", "{'metadata':{'name':'uid','uid':'other'}}").code()).isEqualTo(409);
    }

    @Test
    void refusesWhatIsNotThere() {
      Reply reply = raw.put(MAPS + "/none", "{'metadata':{'name':'none'}}");
      assertThat(reply.code()).isEqualTo(404);
      assertThat(reply.at("/message")).isEqualTo("configmaps \"none\" not found");
    }

    @Test
    void keepsTheVersionWhenNothingChanges() {
      Reply created = raw.configMap("default", "same", "{}");
      Reply same = raw.put(MAPS + "/same", created.http().body());
      assertThat(version(same)).isEqualTo(version(created));
    }

    @Test
    void countsTheChangesOfTheSpecOnly() {
      Reply created = raw.create(PODS, "{'metadata':{'name':'counted'},'spec':" + POD + "}");
      Reply labelled = raw.merge(PODS + "/counted", "{'metadata':{'labels':{'a':'b'}}}");
      assertThat(labelled.body().at("/metadata/generation").asInt()).isEqualTo(1);
      assertThat(version(labelled)).isGreaterThan(version(created));
      assertThat(raw.merge(PODS + "/counted", "{'spec':{'activeDeadlineSeconds':2}}").body().at("/metadata/generation").asInt())
          .isEqualTo(2);
    }

    @Test
    void writesTheStatusThroughItsOwnPathOnly() {
      raw.create(PODS, "{'metadata':{'name':'phased'},'spec':" + POD + "}");
      Reply main = raw.merge(PODS + "/phased", "{'status':{'phase':'Running'}}");
      assertThat(main.at("/status/phase")).isEqualTo("Pending");
      Reply status = raw.merge(PODS + "/phased/status", "{'spec':{'activeDeadlineSeconds':2},'status':{'phase':'Running'}}");
      assertThat(status.at("/status/phase")).isEqualTo("Running");
      assertThat(status.body().path("spec").has("activeDeadlineSeconds")).isFalse();
      assertThat(raw.merge(MAPS + "/phased/status", "{}").code()).isEqualTo(404);
    }
  }

  @Nested
  class Patch {

    @Test
    void mergesObjectsReplacesArraysAndRemovesNulls() {
      raw.create(MAPS, "{'metadata':{'name':'merged','finalizers':['a/b'],'annotations':{'x':'1','y':'2'}}}");
      Reply patched = raw.merge(MAPS + "/merged",
          "{'metadata':{'finalizers':['a/b','c/d'],'annotations':{'x':null,'z':'3'}},'data':{'gone':null,'n':'1'}}");
      assertThat(patched.code()).isEqualTo(200);
      assertThat(patched.body().at("/metadata/finalizers")).hasToString("[\"a/b\",\"c/d\"]");
      assertThat(patched.body().at("/metadata/annotations")).hasToString("{\"y\":\"2\",\"z\":\"3\"}");
      assertThat(patched.body().at("/data")).hasToString("{\"n\":\"1\"}");
    }

    @Test
    void refusesAStaleVersionInside() {
      raw.configMap("default", "inside", "{}");
      assertThat(raw.merge(MAPS + "/inside", "{'metadata':{'resourceVersion':'1'},'data':{}}").code()).isEqualTo(409);
    }

    @Test
    void appliesJsonPatches() {
      raw.configMap("default", "steps", "{}");
      String type = "application/json-patch+json";
      Reply patched = raw.send("PATCH", MAPS + "/steps", type,
          "[{'op':'test','path':'/data/k','value':'v'},{'op':'replace','path':'/data/k','value':'w'}]");
      assertThat(patched.at("/data/k")).isEqualTo("w");
      assertThat(raw.send("PATCH", MAPS + "/steps", type, "[{'op':'add','path':'/metadata/annotations','value':{}},"
          + "{'op':'add','path':'/metadata/annotations/a~1b','value':'x'}]").body().at("/metadata/annotations/a~1b").asString())
          .isEqualTo("x");
    }

    @Test
    void appliesJsonPatchesToArrays() {
      raw.create(MAPS, "{'metadata':{'name':'rows','finalizers':['a/a','c/c']}}");
      Reply patched = raw.send("PATCH", MAPS + "/rows", "application/json-patch+json", """
          [{'op':'add','path':'/metadata/finalizers/1','value':'b/b'},
           {'op':'add','path':'/metadata/finalizers/-','value':'d/d'},
           {'op':'remove','path':'/metadata/finalizers/0'},
           {'op':'replace','path':'/metadata/finalizers/0','value':'x/x'},
           {'op':'copy','from':'/metadata/finalizers/2','path':'/metadata/finalizers/0'},
           {'op':'move','from':'/metadata/finalizers/1','path':'/metadata/finalizers/3'}]""");
      assertThat(patched.body().at("/metadata/finalizers")).hasToString("[\"d/d\",\"c/c\",\"d/d\",\"x/x\"]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'op':'test','path':'/data/k','value':'other'}", "{'op':'remove','path':'/data/none'}",
        "{'op':'add','path':'/metadata/annotations/a','value':'b'}", "{'op':'jump','path':'/data'}", "{'op':'add'}",
        "{'op':'replace','path':'/data/none','value':1}", "{'op':'add','path':'x','value':1}",
        "{'op':'move','from':'/data/none','path':'/data/k'}", "{'op':'remove','path':''}"})
    void refusesJsonPatchesThatDoNotApply(String operation) {
      raw.configMap("default", "stuck", "{}");
      assertThat(raw.send("PATCH", MAPS + "/stuck", "application/json-patch+json", "[" + operation + "]").code())
          .isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/apply-patch+cbor", "text/plain"})
    void refusesWhatItWouldDoWrong(String type) {
      raw.configMap("default", "refused", "{}");
      Reply reply = raw.send("PATCH", MAPS + "/refused", type, "{}");
      assertThat(reply.code()).isEqualTo(415);
      assertThat(reply.at("/reason")).isEqualTo("UnsupportedMediaType");
      assertThat(reply.at("/message")).contains("application/merge-patch+json");
    }
  }

  @Nested
  class Delete {

    @Test
    void waitsForTheFinalizers() {
      raw.create(MAPS, "{'metadata':{'name':'held','finalizers':['a/b']}}");
      Reply deleted = raw.delete(MAPS + "/held");
      assertThat(deleted.at("/metadata/deletionTimestamp")).isNotEmpty();
      assertThat(raw.merge(MAPS + "/held", "{'metadata':{'finalizers':['a/b','c/d']}}").code()).isEqualTo(422);
      assertThat(raw.get(MAPS + "/held").code()).isEqualTo(200);
      assertThat(raw.merge(MAPS + "/held", "{'metadata':{'finalizers':null}}").code()).isEqualTo(200);
      assertThat(raw.get(MAPS + "/held").code()).isEqualTo(404);
    }

    @Test
    void optionsThatAreNoJsonAreRefused() {
      raw.create(MAPS, "{'metadata':{'name':'there'}}");

      assertThat(raw.send("DELETE", MAPS + "/there", "application/json", "{'propagationPolicy").code()).isEqualTo(400);
      assertThat(raw.send("DELETE", MAPS + "/there", "application/json", "[]").code()).isEqualTo(400);
      assertThat(raw.get(MAPS + "/there").code()).isEqualTo(200);
    }

    @Test
    void honoursPreconditions() {
      Reply created = raw.configMap("default", "guarded", "{}");
      String json = "application/json";
      assertThat(raw.send("DELETE", MAPS + "/guarded", json, "{'preconditions':{'uid':'x'}}").code()).isEqualTo(409);
      assertThat(raw.send("DELETE", MAPS + "/guarded", json, "{'preconditions':{'resourceVersion':'1'}}").code())
          .isEqualTo(409);
      assertThat(raw.send("DELETE", MAPS + "/guarded", json,
          "{'preconditions':{'uid':'" + created.at("/metadata/uid") + "'}}").at("/status")).isEqualTo("Success");
      assertThat(raw.delete(MAPS + "/guarded").code()).isEqualTo(404);
    }

    @Test
    void removesWhatASelectorSelects() {
      raw.configMap("kube-public", "one", "{'side':'left'}");
      raw.configMap("kube-public", "two", "{'side':'right'}");
      Reply reply = raw.delete("/api/v1/namespaces/kube-public/configmaps?labelSelector=side%3Dleft");
      assertThat(reply.body().path("items")).hasSize(1);
      assertThat(raw.get("/api/v1/namespaces/kube-public/configmaps").body().at("/items/0/metadata/name").asString())
          .isEqualTo("two");
    }

    @Test
    void emptiesANamespaceBeforeItGoes() {
      raw.create("/api/v1/namespaces", "{'metadata':{'name':'full'}}");
      raw.configMap("full", "plain", "{}");
      raw.create("/api/v1/namespaces/full/configmaps", "{'metadata':{'name':'held','finalizers':['a/b']}}");
      assertThat(raw.delete("/api/v1/namespaces/full").at("/status/phase")).isEqualTo("Terminating");
      assertThat(raw.get("/api/v1/namespaces/full/configmaps/plain").code()).isEqualTo(404);
      Reply refused = raw.configMap("full", "late", "{}");
      assertThat(refused.code()).isEqualTo(403);
      assertThat(refused.at("/message")).contains("because it is being terminated");
      raw.merge("/api/v1/namespaces/full/configmaps/held", "{'metadata':{'finalizers':null}}");
      assertThat(raw.get("/api/v1/namespaces/full").code()).isEqualTo(404);
    }

    @Test
    void keepsTheDefaultNamespace() {
      assertThat(raw.delete("/api/v1/namespaces/default").code()).isEqualTo(403);
    }
  }

  @Nested
  class Paths {

    @ParameterizedTest
    @ValueSource(strings = {"/apis/none.io/v1/things", "/api/v1/things", "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/a", "/nothing", "/api/v1/namespaces/default/pods/a/log", "/apis/none.io", "/apis/apps/v9"})
    void thatAreUnknownAreNotFound(String path) {
      Reply reply = raw.get(path);
      assertThat(reply.code()).isEqualTo(404);
      assertThat(reply.at("/kind")).isEqualTo(
          List.of("/apis/none.io/v1/things", "/apis/none.io", "/nothing").contains(path) ? "" : "Status");
    }

    @Test
    void ofACollectionTakeNoPut() {
      assertThat(raw.put(MAPS, "{}").code()).isEqualTo(405);
      assertThat(raw.create("/api/v1/configmaps", "{'metadata':{'name':'a'}}").code()).isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/healthz", "/livez", "/readyz"})
    void ofHealthSayOk(String path) {
      assertThat(raw.get(path).http().body()).isEqualTo("ok");
    }
  }
}
