package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.test.RawClient.Reply;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.kinds.KindSchema;
import io.kooper.test.patch.StrategicMerge;
import io.kooper.test.types.Shape;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** Each expectation was first seen at a kube-apiserver 1.36. */
class StrategicMergeTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";

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

  private static final String POD = """
      {'metadata':{'name':'p','labels':{'a':'b','env':'prod'},'ownerReferences':[{'uid':'1','name':'x'}]},
       'spec':{'volumes':[{'name':'v','emptyDir':{}}],'tolerations':[{'key':'a'}],'containers':[
         {'name':'c','image':'i','command':['x'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],
          'ports':[{'containerPort':80}]},{'name':'d','image':'i'}]}}""";

  private ObjectNode pod = json(POD);

  private static ObjectNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private ObjectNode patch(String body) {
    Shape shape = Shape.builtIn(new KindSchema("", "v1", "Pod").root());
    pod = StrategicMerge.apply(pod.deepCopy(), json(body), shape);
    return pod;
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'metadata':{'labels':{'x':'y','a':null}}} | /metadata/labels | {'env':'prod','x':'y'}",
      "{'metadata':{'labels':{'env':'test'}}} | /metadata/labels | {'a':'b','env':'test'}",
      "{'metadata':{'labels':{'$patch':'replace','q':'r'}}} | /metadata/labels | {'q':'r'}",
      "{'metadata':{'labels':{'$patch':'delete'}}} | /metadata/labels | ",
      "{'metadata':{'ownerReferences':[{'uid':'2','name':'y'},{'uid':'1','$patch':'delete'}]}}"
          + " | /metadata/ownerReferences | [{'uid':'2','name':'y'}]",
      "{'spec':{'containers':[{'name':'c','command':['z']}]}} | /spec/containers/0/command | ['z']",
      "{'spec':{'containers':[{'name':'c','ports':[{'containerPort':80,'name':'http'}]}]}}"
          + " | /spec/containers/0/ports | [{'containerPort':80,'name':'http'}]",
      "{'spec':{'containers':[{'name':'c','env':[{'name':'B','value':'3'},{'name':'A','$patch':'delete'},"
          + "{'name':'C','value':'4'}]}]}} | /spec/containers/0/env | [{'name':'B','value':'3'},{'name':'C','value':'4'}]",
      "{'spec':{'containers':[{'name':'e','image':'n'},{'name':'d','$patch':'delete'},{'name':'c','$patch':'delete'}]}}"
          + " | /spec/containers | [{'name':'e','image':'n'}]",
      "{'spec':{'containers':[{'$patch':'replace'},{'name':'e'}]}} | /spec/containers | [{'name':'e'}]",
      "{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'},'$retainKeys':['name','hostPath']}]}}"
          + " | /spec/volumes | [{'name':'v','hostPath':{'path':'/x'}}]",
      "{'spec':{'tolerations':[{'key':'b'}]}} | /spec/tolerations | [{'key':'b'}]"})
  void mergesAndObeys(String patch, String pointer, String expected) {
    assertThat(patch(patch).at(pointer)).hasToString(expected == null ? "" : expected.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'spec':{'containers':[{'name':'n'},{'name':'d'}]}} | n c d",
      "{'spec':{'containers':[{'name':'n'}]}} | n c d",
      "{'spec':{'containers':[{'name':'d'},{'name':'n'}]}} | c d n",
      "{'spec':{'$setElementOrder/containers':[{'name':'d'},{'name':'c'}]}} | d c",
      "{'spec':{'$setElementOrder/containers':[{'name':'d'},{'name':'n'},{'name':'c'}],'containers':[{'name':'n'}]}} | d n c"})
  void ordersAsTheApiServer(String patch, String order) {
    assertThat(patch(patch).at("/spec/containers").valueStream().map(c -> c.path("name").asString()))
        .containsExactly(order.split(" "));
  }

  @Test
  void mergesFinalizersAsASet() {
    patch("{'metadata':{'finalizers':['a.b/c','a.b/d']}}");
    assertThat(patch("{'metadata':{'finalizers':['a.b/e']}}").at("/metadata/finalizers"))
        .hasToString("[\"a.b/e\",\"a.b/c\",\"a.b/d\"]");
    assertThat(patch("{'metadata':{'$deleteFromPrimitiveList/finalizers':['a.b/c']}}").at("/metadata/finalizers"))
        .hasToString("[\"a.b/e\",\"a.b/d\"]");
    assertThat(patch("{'metadata':{'finalizers':null}}").at("/metadata/finalizers").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'spec':{'containers':[{'image':'j'}]}} | does not contain declared merge key: name",
      "{'spec':{'containers':[{'name':'c','$patch':'zzz'}]}} | unknown patch type: zzz"})
  void failsAsTheApiServer(String patch, String message) {
    assertThatThrownBy(() -> patch(patch)).isInstanceOfSatisfying(StatusException.class, e -> {
      assertThat(e.code()).isEqualTo(500);
      assertThat(e.status().path("message").asString()).contains(message);
    });
  }

  @Test
  void isRefusedForCustomResources() {
    server.register(ResourceType.of("s.io", "v1", "Toy", "toys", true));
    Reply reply = raw.send("PATCH", "/apis/s.io/v1/namespaces/default/toys/t",
        "application/strategic-merge-patch+json", "{}");
    assertThat(reply.code()).isEqualTo(415);
    assertThat(reply.at("/message")).endsWith("accepted media types include: application/json-patch+json, "
        + "application/merge-patch+json, application/apply-patch+yaml");
  }

  @Test
  void isWhatAFabric8ClientDoes() {
    raw.create(PODS, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'},{'name':'d','image':'i'}]}}");
    try (KubernetesClient client = server.client()) {
      client.pods().inNamespace("default").withName("p").patch(PatchContext.of(PatchType.STRATEGIC_MERGE),
          "{\"spec\":{\"containers\":[{\"name\":\"d\",\"image\":\"new\"}]}}");
      assertThat(client.pods().inNamespace("default").withName("p").get().getSpec().getContainers())
          .extracting("image").containsExactly("i", "new");
    }
  }
}
