package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.test.RawClient.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each expectation was first seen at a kube-apiserver 1.36. */
class ScaleTest {

  private static final String APPS = "/apis/apps/v1/namespaces/default/";

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

  private static final String TEMPLATE =
      "'template':{'metadata':{'labels':{'a':'b','c':'d'}},'spec':{'containers':[{'name':'c','image':'i'}]}}";

  private static void create(String name) {
    raw.create(APPS + "deployments", "{'metadata':{'name':'%s'},'spec':{'selector':{'matchLabels':{'c':'d','a':'b'}},%s}}"
        .formatted(name, TEMPLATE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/apis/apps/v1/namespaces/default/deployments", "/apis/apps/v1/namespaces/default/replicasets",
      "/apis/apps/v1/namespaces/default/statefulsets", "/api/v1/namespaces/default/replicationcontrollers"})
  void isServedForWhatHasReplicas(String path) {
    String selector = path.startsWith("/api/") ? "{'a':'b'}" : "{'matchLabels':{'a':'b'}}";
    raw.create(path, "{'metadata':{'name':'a'},'spec':{'replicas':2,'selector':%s,%s}}".formatted(selector, TEMPLATE));
    Reply scale = raw.get(path + "/a/scale");
    assertThat(scale.at("/apiVersion") + " " + scale.at("/kind")).isEqualTo("autoscaling/v1 Scale");
    assertThat(scale.body().at("/spec/replicas").asInt()).isEqualTo(2);
    assertThat(scale.body().at("/status/replicas").asInt()).isZero();
    assertThat(raw.get("/api/v1/namespaces/default/configmaps/a/scale").code()).isEqualTo(404);
    assertThat(raw.get(path + "/none/scale").code()).isEqualTo(404);
  }

  @Test
  void showsTheSelectorAsText() {
    create("selected");
    Reply scale = raw.get(APPS + "deployments/selected/scale");
    assertThat(scale.at("/status/selector")).isEqualTo("a=b,c=d");
    assertThat(scale.body().at("/spec/replicas").asInt()).as("the default").isEqualTo(1);
  }

  @Test
  void isWrittenByPut() {
    create("put");
    Reply scale = raw.get(APPS + "deployments/put/scale");
    String body = "{'metadata':{'name':'put','resourceVersion':'%s'},'spec':{'replicas':%d}}";
    String version = scale.at("/metadata/resourceVersion");
    assertThat(raw.put(APPS + "deployments/put/scale", body.formatted(version, 3)).body().at("/spec/replicas").asInt())
        .isEqualTo(3);
    Reply deployment = raw.get(APPS + "deployments/put");
    assertThat(deployment.body().at("/spec/replicas").asInt()).isEqualTo(3);
    assertThat(deployment.body().at("/metadata/generation").asInt()).isEqualTo(2);
    assertThat(raw.put(APPS + "deployments/put/scale", body.formatted(version, 4)).code()).isEqualTo(409);
    Reply negative = raw.put(APPS + "deployments/put/scale", body.formatted("", -1));
    assertThat(negative.code()).isEqualTo(422);
    assertThat(negative.at("/message")).isEqualTo("Scale.autoscaling \"put\" is invalid: spec.replicas: "
        + "Invalid value: -1: must be greater than or equal to 0");
    assertThat(raw.create(APPS + "deployments/put/scale", "{}").code()).isEqualTo(405);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "merge-patch+json | {'spec':{'replicas':5}}", "strategic-merge-patch+json | {'spec':{'replicas':5}}",
      "json-patch+json | [{'op':'replace','path':'/spec/replicas','value':5}]",
      "apply-patch+yaml | {'apiVersion':'autoscaling/v1','kind':'Scale','metadata':{'name':'pat'},'spec':{'replicas':5}}"})
  void isWrittenByPatch(String type, String body) {
    raw.delete(APPS + "deployments/pat");
    create("pat");
    String manager = type.startsWith("apply") ? "?fieldManager=m&force=true" : ""; // the default is its creator's
    Reply reply = raw.send("PATCH", APPS + "deployments/pat/scale" + manager, "application/" + type, body);
    assertThat(reply.at("/kind")).isEqualTo("Scale");
    assertThat(raw.get(APPS + "deployments/pat").body().at("/spec/replicas").asInt()).isEqualTo(5);
  }

  @Test
  void ofCustomResourcesFollowsTheDefinition() {
    raw.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
        {'metadata':{'name':'toys.a.io'},'spec':{'group':'a.io','scope':'Namespaced',
         'names':{'plural':'toys','kind':'Toy'},'versions':[{'name':'v1','served':true,'storage':true,
         'subresources':{'scale':{'specReplicasPath':'.spec.size.wanted','statusReplicasPath':'.status.size',
           'labelSelectorPath':'.status.selector'}},
         'schema':{'openAPIV3Schema':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}]}}""");
    String toys = "/apis/a.io/v1/namespaces/default/toys";
    raw.create(toys, "{'metadata':{'name':'t'},'status':{'size':1,'selector':'a=b'}}");
    Reply unknown = raw.get(toys + "/t/scale");
    assertThat(unknown.code()).isEqualTo(500);
    assertThat(unknown.at("/message")).contains("the spec replicas field \".spec.size.wanted\" does not exist");
    Reply scale = raw.put(toys + "/t/scale", "{'metadata':{'name':'t'},'spec':{'replicas':4}}");
    assertThat(scale.body().path("status")).hasToString("{\"replicas\":1,\"selector\":\"a=b\"}");
    assertThat(raw.get(toys + "/t").body().at("/spec/size/wanted").asInt()).isEqualTo(4);
    assertThat(raw.get("/apis/a.io/v1").body().at("/resources/1")).hasToString("""
        {"name":"toys/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale",\
        "verbs":["get","patch","update"]}""");
  }

  @Test
  void isWhatAFabric8ClientDoes() {
    create("client");
    try (KubernetesClient client = server.client()) {
      client.apps().deployments().inNamespace("default").withName("client").scale(7);
      assertThat(client.apps().deployments().inNamespace("default").withName("client").get().getSpec().getReplicas())
          .isEqualTo(7);
    }
  }
}
