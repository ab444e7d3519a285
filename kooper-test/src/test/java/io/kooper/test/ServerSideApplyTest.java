package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.test.RawClient.RawWatch;
import io.kooper.test.RawClient.Reply;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Each expectation was first seen at a kube-apiserver 1.36. */
class ServerSideApplyTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps/";
  private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments/";
  private static final AtomicInteger NAMES = new AtomicInteger();

  private static EmbeddedApiServer server;
  private static RawClient raw;

  private final String name = "n" + NAMES.incrementAndGet();

  @BeforeAll
  static void start() {
    server = EmbeddedApiServer.start();
    raw = new RawClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Reply apply(String path, String body) {
    return raw.send("PATCH", path, "application/apply-patch+yaml", body);
  }

  private Reply applyMap(String manager, String metadata, String data) {
    return apply(MAPS + name + "?fieldManager=" + manager,
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'%s'%s},'data':%s}".formatted(name, metadata, data));
  }

  private Reply applyContainers(String manager, String containers) {
    return apply(DEPLOYMENTS + name + "?fieldManager=" + manager, ("{'apiVersion':'apps/v1','kind':'Deployment',"
        + "'metadata':{'name':'%s'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},"
        + "'spec':{'containers':%s}}}}").formatted(name, containers));
  }

  /** The containers of a deployment, without what the server adds. */
  private static JsonNode containers(Reply deployment) {
    JsonNode containers = deployment.body().at("/spec/template/spec/containers");
    containers.forEach(container -> ((ObjectNode) container).remove(
        List.of("imagePullPolicy", "resources", "terminationMessagePath", "terminationMessagePolicy")));
    return containers;
  }

  @Nested
  class Objects {

    @Test
    void areCreatedWhenTheyAreMissing() {
      assertThat(applyMap("m", "", "{'a':'1'}").code()).isEqualTo(201);
      Reply again = applyMap("m", "", "{'a':'2','b':'1'}");
      assertThat(again.code()).isEqualTo(200);
      assertThat(again.body().path("data")).hasToString("{\"a\":\"2\",\"b\":\"1\"}");
    }

    @Test
    void mayBeWrittenInYaml() {
      Reply reply = apply(MAPS + name + "?fieldManager=m", """
          apiVersion: v1
          kind: ConfigMap
          metadata:
            name: %s
          data:
            text: |
              two
              lines
          """.formatted(name));
      assertThat(reply.at("/data/text")).isEqualTo("two\nlines\n");
    }

    @Test
    void stayAsTheyAreOnADryRun() {
      assertThat(applyMap("m&dryRun=All", "", "{'a':'1'}").code()).isEqualTo(201);
      assertThat(raw.get(MAPS + name).code()).isEqualTo(404);
      applyMap("m", "", "{'a':'1'}");
      assertThat(applyMap("n&force=true&dryRun=All", "", "{'a':'2'}").at("/data/a")).isEqualTo("2");
      assertThat(raw.get(MAPS + name).at("/data/a")).isEqualTo("1");
      assertThat(applyMap("m", "", "{'a':'3'}").code()).as("still the owner").isEqualTo(200);
    }

    @Test
    void keepTheirVersionWhenNothingChanges() {
      Reply first = applyMap("m", "", "{'a':'1'}");
      RawWatch watch = raw.watch("/api/v1/namespaces/default/configmaps?watch=true&resourceVersion="
          + first.at("/metadata/resourceVersion"));
      assertThat(applyMap("m", "", "{'a':'1'}").at("/metadata/resourceVersion"))
          .isEqualTo(first.at("/metadata/resourceVersion"));
      applyMap("m", "", "{'a':'2'}");
      assertThat(watch.event().at("/object/data/a").asString()).isEqualTo("2");
    }

    @Test
    void areRefusedInAnotherVersion() {
      applyMap("m", "", "{'a':'1'}");
      assertThat(applyMap("m", ",'resourceVersion':'1'", "{'a':'2'}").code()).isEqualTo(409);
      assertThat(applyMap("m", ",'uid':'other'", "{'a':'2'}").code()).isEqualTo(422);
    }

    @Test
    void areForgottenWithTheirOwners() {
      applyMap("m", "", "{'a':'1'}");
      raw.delete(MAPS + name);
      raw.configMap("default", name, "{}");
      assertThat(applyMap("m", "", "{'b':'1'}").body().path("data")).hasToString("{\"k\":\"v\",\"b\":\"1\"}");
    }
  }

  @Nested
  class Requests {

    @Test
    void nameTheirManager() {
      Reply reply = apply(MAPS + name, "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a'}}");
      assertThat(reply.code()).isEqualTo(422);
      assertThat(reply.at("/message")).isEqualTo(
          "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
      Reply forced = raw.merge(MAPS + name + "?force=true", "{}");
      assertThat(forced.at("/message")).contains("force: Forbidden: may not be specified for non-apply patch");
      assertThat(applyMap("m".repeat(129), "", "{}").at("/message")).contains("Too long");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{'kind':'ConfigMap'} | invalid object type: /, Kind=ConfigMap",
        "{'apiVersion':'apps/v1','kind':'X'} | invalid object type: apps/v1, Kind=X",
        "{'apiVersion':'v1','kind':'ConfigMap'} | the name of the object (bad based on URL) was undeterminable",
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'b'}} | does not match the name on the URL (bad)",
        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'managedFields':[]}} | metadata.managedFields must be nil",
        "[] | error decoding YAML", "a: [b | error decoding YAML"})
    void thatMakeNoSenseAreBad(String body, String message) {
      Reply reply = apply(MAPS + "bad?fieldManager=m", body.replace("''", "'"));
      assertThat(reply.code()).isEqualTo(400);
      assertThat(reply.at("/message")).contains(message);
    }

    @Test
    void forASubresourceCreateNothing() {
      assertThat(apply("/api/v1/namespaces/default/pods/none/status?fieldManager=m",
          "{'apiVersion':'v1','kind':'Pod','status':{}}").code()).isEqualTo(404);
    }
  }

  @Nested
  class Fields {

    @Test
    void thatAreAppliedNoMoreGo() {
      applyMap("m", ",'labels':{'x':'y'}", "{'a':'1','b':'1'}");
      applyMap("n", "", "{'b':'1','c':'1'}");
      Reply reply = applyMap("m", "", "{}");
      assertThat(reply.body().path("data")).as("b is n's as well").hasToString("{\"b\":\"1\",\"c\":\"1\"}");
      assertThat(reply.body().at("/metadata/labels").isMissingNode()).isTrue();
    }

    @Test
    void thatOthersOwnConflict() {
      applyMap("m", ",'labels':{'x':'y'}", "{'k':'1'}");
      Reply one = applyMap("n", "", "{'k':'2'}");
      assertThat(one.code()).isEqualTo(409);
      assertThat(one.at("/message")).isEqualTo("Apply failed with 1 conflict: conflict with \"m\": .data.k");
      assertThat(one.at("/details/causes/0/field")).isEqualTo(".data.k");
      assertThat(applyMap("n", ",'labels':{'x':'z'}", "{'k':'2'}").at("/message")).isEqualTo(
          "Apply failed with 2 conflicts: conflicts with \"m\":\n- .data.k\n- .metadata.labels.x");
      assertThat(applyMap("n&force=true", "", "{'k':'2'}").at("/data/k")).isEqualTo("2");
      assertThat(applyMap("m", "", "{'k':'3'}").at("/message")).contains("conflict with \"n\": .data.k");
      assertThat(applyMap("m", "", "{}").at("/data/k")).as("n's by now").isEqualTo("2");
    }

    @Test
    void thatAreWrittenOtherwiseChangeHands() {
      raw.configMap("default", name, "{}");
      assertThat(applyMap("m", "", "{'k':'1'}").at("/message"))
          .contains("conflict with \"Java-http-client\" using v1: .data.k");
      applyMap("m", "", "{'a':'1'}");
      raw.merge(MAPS + name + "?fieldManager=editor", "{'data':{'a':'2'}}");
      assertThat(applyMap("m", "", "{'a':'1'}").at("/message"))
          .contains("conflict with \"editor\" using v1: .data.a");
      assertThat(applyMap("m", "", "{}").at("/data/a")).isEqualTo("2");
    }

    @Test
    void ofTheStatusAreTheirOwn() {
      String pod = "'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s'}".formatted(name);
      String path = "/api/v1/namespaces/default/pods/" + name;
      apply(path + "?fieldManager=m", "{%s,'spec':{'nodeName':'n','containers':[{'name':'c','image':'i'}]},".formatted(pod)
          + "'status':{'phase':'X'}}");
      Reply status = apply(path + "/status?fieldManager=m",
          "{%s,'spec':{'nodeName':'o'},'status':{'conditions':[{'type':'A'},{'type':'B','status':'True'}]}}".formatted(pod));
      assertThat(status.at("/status/phase")).isEqualTo("Pending");
      assertThat(status.at("/spec/nodeName")).isEqualTo("n");
      String other = "{%s,'status':{'conditions':[{'type':'C'},{'type':'B','status':'False'}]}}".formatted(pod);
      assertThat(apply(path + "/status?fieldManager=o", other).at("/message")).isEqualTo("Apply failed with 1 conflict: "
          + "conflict with \"m\" with subresource \"status\": .status.conditions[type=\"B\"].status");
      apply(path + "/status?fieldManager=o&force=true", other);
      assertThat(apply(path + "/status?fieldManager=m", "{%s,'status':{}}".formatted(pod)).body().at("/status/conditions")
          .valueStream().map(c -> c.path("type").asString() + c.path("status").asString())).containsExactly("C", "BFalse");
    }
  }

  @Nested
  class Lists {

    @Test
    void keepTheWantedOrderAndWhatNobodyMentionsInItsPlace() {
      applyContainers("m", "[{'name':'n','image':'i'},{'name':'m','image':'i'},{'name':'o','image':'i'},"
          + "{'name':'l','image':'i'}]");
      assertThat(applyContainers("x", "[{'name':'l'},{'name':'z','image':'i'},{'name':'n'}]").body()
          .at("/spec/template/spec/containers").valueStream().map(c -> c.path("name").asString()))
          .containsExactly("m", "o", "l", "z", "n");
    }

    @Test
    void loseAPartWithItsOwnerWhoeverHasChangedIt() {
      applyContainers("m", "[{'name':'a','image':'1'},{'name':'b','image':'1'}]");
      raw.send("PATCH", DEPLOYMENTS + name, "application/json-patch+json",
          "[{'op':'replace','path':'/spec/template/spec/containers/0/image','value':'2'}]");
      assertThat(containers(applyContainers("m", "[{'name':'b','image':'1'}]")))
          .hasToString("[{\"name\":\"b\",\"image\":\"1\"}]");
    }

    @Test
    void ofBuiltInTypesMergeByTheirKeys() {
      applyContainers("m", "[{'name':'a','image':'1','env':[{'name':'E','value':'1'}]},{'name':'b','image':'1'}]");
      applyContainers("n", "[{'name':'c','image':'1'},{'name':'b','ports':[{'containerPort':80}]}]");
      Reply reply = applyContainers("n",
          "[{'name':'b','ports':[{'containerPort':80},{'containerPort':80,'protocol':'UDP'}]}]");
      assertThat(containers(reply)).hasToString("""
          [{"name":"a","image":"1","env":[{"name":"E","value":"1"}]},\
          {"name":"b","image":"1","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}]}]""");
      assertThat(applyContainers("n", "[{'name':'x','image':'i'},{'name':'x','image':'i'}]").at("/message"))
          .contains("duplicate entries for key [name=\"x\"]");
    }

    @Test
    void ofFinalizersAreSets() {
      applyMap("m", ",'finalizers':['a.b/m']", "{}");
      assertThat(applyMap("n", ",'finalizers':['a.b/n']", "{}").body().at("/metadata/finalizers"))
          .hasToString("[\"a.b/m\",\"a.b/n\"]");
      assertThat(applyMap("m", "", "{}").body().at("/metadata/finalizers")).hasToString("[\"a.b/n\"]");
      raw.delete(MAPS + name);
      assertThat(applyMap("n", "", "{}").code()).isEqualTo(200);
      assertThat(raw.get(MAPS + name).code()).as("the last finalizer is gone").isEqualTo(404);
    }

    @Test
    void ofCustomResourcesFollowTheirSchema() {
      raw.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
          {'metadata':{'name':'toys.a.io'},'spec':{'group':'a.io','scope':'Namespaced',
           'names':{'plural':'toys','kind':'Toy'},'versions':[{'name':'v1','served':true,'storage':true,
           'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{'type':'object','properties':{
             'plain':{'type':'array','items':{'type':'string'}},
             'set':{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}},
             'map':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['b','a'],
                    'items':{'type':'object','required':['a'],'properties':{'a':{'type':'string'},
                      'b':{'type':'integer','default':5},'c':{'type':'string'}}}}}}}}}}]}}""");
      String toy = "{'apiVersion':'a.io/v1','kind':'Toy','metadata':{'name':'t'},'spec':%s}";
      String path = "/apis/a.io/v1/namespaces/default/toys/t?fieldManager=";
      apply(path + "m", toy.formatted("{'plain':['a'],'set':['a','b'],'map':[{'a':'x','b':1},{'a':'x','c':'y'}]}"));
      String other = toy.formatted("{'plain':['b'],'set':['c','b'],'map':[{'a':'x','b':2},{'a':'x','c':'z'}]}");
      assertThat(apply(path + "n", other).at("/message"))
          .contains("2 conflicts").contains("- .spec.plain").contains("- .spec.map[a=\"x\",b=5].c");
      Reply forced = apply(path + "n&force=true", other);
      assertThat(forced.body().path("spec")).hasToString("""
          {"plain":["b"],"set":["a","c","b"],"map":[{"a":"x","b":1},{"a":"x","b":2},{"a":"x","c":"z","b":5}]}""");
      assertThat(apply(path + "m", toy.formatted("{}")).body().path("spec")).hasToString("""
          {"plain":["b"],"set":["c","b"],"map":[{"a":"x","b":2},{"a":"x","c":"z","b":5}]}""");
    }
  }

  @Test
  void isWhatAFabric8ClientDoes() {
    try (KubernetesClient client = server.client()) {
      ConfigMap map = new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata().addToData("a", "1").build();
      assertThat(client.configMaps().resource(map).serverSideApply().getData()).containsEntry("a", "1");
      ConfigMap changed = new ConfigMapBuilder(map).addToData("a", "2").build();
      assertThatThrownBy(() -> client.configMaps().resource(changed).fieldManager("other").serverSideApply())
          .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
      client.configMaps().resource(changed).fieldManager("other").forceConflicts().serverSideApply();
      assertThat(client.configMaps().withName(name).get().getData()).containsEntry("a", "2");

      Deployment deployment =
          new DeploymentBuilder().withNewMetadata().withName(name).endMetadata().withNewSpec()
              .withNewSelector().addToMatchLabels("a", "b").endSelector().withNewTemplate()
              .withNewMetadata().addToLabels("a", "b").endMetadata()
              .withNewSpec().addNewContainer().withName("c").withImage("i").endContainer().endSpec().endTemplate()
              .endSpec().build();
      client.apps().deployments().resource(deployment).serverSideApply();
      Deployment status = new DeploymentBuilder(deployment).withNewStatus().withReplicas(3).endStatus().build();
      client.apps().deployments().resource(status).subresource("status")
          .patch(new PatchContext.Builder().withPatchType(PatchType.SERVER_SIDE_APPLY).withFieldManager("m").build());
      assertThat(client.apps().deployments().withName(name).get().getStatus().getReplicas()).isEqualTo(3);
    }
  }
}
