package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.RawClient.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each message was first seen at a kube-apiserver 1.36. */
class BuiltInKindsTest {

  private static final String CORE = "/api/v1/namespaces/default/";
  private static final String APPS = "/apis/apps/v1/namespaces/default/";
  private static final String TEMPLATE =
      "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}";

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

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "'spec':'x' | cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec",
      "'spec':{'replicas':1.5} | cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
      "'metadata':{'labels':{'a':1}} | cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
      "'spec':{'template':{'spec':{'containers':{}}}} | cannot unmarshal object into Go struct field"
          + " PodSpec.spec.template.spec.containers of type []v1.Container",
      "'spec':{'template':{'spec':{'containers':[{'name':7}]}}} | cannot unmarshal number into Go struct field"
          + " Container.spec.template.spec.containers.name of type string",
      "'spec':{'template':{'spec':{'containers':[{'resources':{'limits':{'cpu':'x'}}}]}}} | quantities must match the regular"})
  void refuseWrongTypes(String member, String message) {
    Reply reply = raw.create(APPS + "deployments", "{%s}".formatted(member));
    assertThat(reply.code()).isEqualTo(400);
    assertThat(reply.at("/message")).contains("Deployment in version \"v1\" cannot be handled as a Deployment:"
        + " ").contains(message);
  }

  @Test
  void pruneWhatTheyDoNotKnowAndSaySo() {
    String map = "{'metadata':{'name':'%s'},'dada':{'a':'b'}}";
    Reply warned = raw.create(CORE + "configmaps", map.formatted("warned"));
    assertThat(warned.body().has("dada")).isFalse();
    assertThat(warned.http().headers().allValues("Warning")).containsExactly("299 - \"unknown field \\\"dada\\\"\"");
    assertThat(raw.create(CORE + "configmaps?fieldValidation=Ignore", map.formatted("ignored")).http().headers()
        .allValues("Warning")).isEmpty();
    assertThat(raw.create(CORE + "configmaps?fieldValidation=Strict", map.formatted("strict")).at("/message"))
        .endsWith("strict decoding error: unknown field \"dada\"");
  }

  @Test
  void areCompleted() {
    Reply reply = raw.create(APPS + "deployments",
        "{'metadata':{'name':'done'},'spec':{'selector':{'matchLabels':{'a':'b'}},%s}}".formatted(TEMPLATE));
    assertThat(reply.body().at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(reply.at("/spec/strategy/rollingUpdate/maxSurge")).isEqualTo("25%");
    assertThat(reply.at("/spec/template/spec/containers/0/imagePullPolicy")).isEqualTo("Always");
    Reply secret = raw.create(CORE + "secrets", "{'metadata':{'name':'s'},'stringData':{'a':'hello'}}");
    assertThat(secret.at("/data/a")).isEqualTo("aGVsbG8=");
    assertThat(secret.at("/type")).isEqualTo("Opaque");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "'selector':{'matchLabels':{'a':'c'}},%s | spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not"
          + " match template `labels`",
      "%s | spec.selector: Required value",
      "'replicas':-1,'selector':{'matchLabels':{'a':'b'}},%s | spec.replicas: Invalid value: -1: must be greater than or"
          + " equal to 0",
      "'selector':{'matchLabels':{'a':'b'}} | spec.template.spec.containers: Required value"})
  void areValidated(String spec, String message) {
    Reply reply = raw.create(APPS + "deployments",
        "{'metadata':{'name':'wrong'},'spec':{%s}}".formatted(spec.formatted(TEMPLATE)));
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.at("/message")).contains(message);
  }

  @Test
  void keepWhatCannotChange() {
    raw.create(CORE + "secrets", "{'metadata':{'name':'typed'},'type':'a/b'}");
    assertThat(raw.merge(CORE + "secrets/typed", "{'type':'c/d'}").at("/message"))
        .isEqualTo("Secret \"typed\" is invalid: type: Invalid value: \"c/d\": field is immutable");
    raw.create(CORE + "configmaps", "{'metadata':{'name':'sealed'},'immutable':true,'data':{'a':'b'}}");
    assertThat(raw.merge(CORE + "configmaps/sealed", "{'data':{'a':'c'}}").code()).isEqualTo(422);
    String service = raw.create(CORE + "services",
        "{'metadata':{'name':'web'},'spec':{'ports':[{'port':80}]}}").at("/spec/clusterIP");
    assertThat(raw.put(CORE + "services/web", "{'metadata':{'name':'web'},'spec':{'ports':[{'port':81}]}}").at("/spec/clusterIP"))
        .isEqualTo(service);
  }

  @Test
  void aServiceKeepsItsPortsOfNodesUntilItsTypeHasNone() {
    String port = raw.create(CORE + "services", "{'metadata':{'name':'open'},'spec':{'type':'NodePort','ports':[{'port':80}]}}")
        .at("/spec/ports/0/nodePort");
    String other = "{'metadata':{'name':'open'},'spec':{'type':'NodePort','ports':[{'name':'%s','port':81}]}}";
    assertThat(raw.put(CORE + "services/open", other.formatted("")).at("/spec/ports/0/nodePort")).isEqualTo(port);
    assertThat(raw.put(CORE + "services/open", other.formatted("b")).at("/spec/ports/0/nodePort")).isNotEqualTo(port);
    Reply closed = raw.merge(CORE + "services/open", "{'spec':{'type':'ClusterIP'}}");
    assertThat(closed.code()).isEqualTo(200);
    assertThat(closed.at("/spec/ports/0/nodePort")).isEmpty();
    assertThat(closed.at("/spec/externalTrafficPolicy")).isEmpty();
  }

  @Test
  void aClaimGrowsIfItsClassLetsIt() {
    raw.create("/apis/storage.k8s.io/v1/storageclasses",
        "{'metadata':{'name':'elastic'},'provisioner':'a/b','allowVolumeExpansion':true}");
    for (String name : new String[] {"elastic", "rigid"}) {
      raw.create(CORE + "persistentvolumeclaims", ("{'metadata':{'name':'%1$s'},'spec':{'storageClassName':'%1$s',"
          + "'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}").formatted(name));
      raw.merge(CORE + "persistentvolumeclaims/" + name + "/status", "{'status':{'phase':'Bound'}}");
    }
    String larger = "{'spec':{'resources':{'requests':{'storage':'2Gi'}}}}";
    assertThat(raw.merge(CORE + "persistentvolumeclaims/elastic", larger).code()).isEqualTo(200);
    assertThat(raw.merge(CORE + "persistentvolumeclaims/rigid", larger).code()).isEqualTo(403);
  }

  @Test
  void areOneThingInTwoVersions() {
    raw.create(CORE + "events", "{'metadata':{'name':'e'},'involvedObject':{'namespace':'default','name':'p'},'message':'m'}");
    assertThat(raw.get("/apis/events.k8s.io/v1/namespaces/default/events/e").at("/note")).isEqualTo("m");
    String scalers = "/apis/autoscaling/%s/namespaces/default/horizontalpodautoscalers";
    raw.create(scalers.formatted("v1"), "{'metadata':{'name':'h'},'spec':{'maxReplicas':3,'targetCPUUtilizationPercentage':50,"
        + "'scaleTargetRef':{'apiVersion':'apps/v1','kind':'Deployment','name':'d'}}}");
    assertThat(raw.get(scalers.formatted("v2") + "/h").body().at("/spec/metrics/0/resource/target/averageUtilization").asInt())
        .isEqualTo(50);
    assertThat(raw.get(scalers.formatted("v1") + "/h").body().at("/spec/targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
  }

  @Test
  void anEventWithATimeSaysWhoTellsOfWhat() {
    String event = "{'metadata':{'name':'t'},'eventTime':'2026-01-01T00:00:00.000001Z','%s':{'namespace':'default'}}";
    String message = "%1$s: Required value, %1$s: Invalid value: \"\": name part must be non-empty";
    assertThat(raw.create(CORE + "events", event.formatted("involvedObject")).at("/message"))
        .contains(message.formatted("reportingComponent"), "action: Required value, reason: Required value]");
    assertThat(raw.create("/apis/events.k8s.io/v1/namespaces/default/events", event.formatted("regarding")).at("/message"))
        .contains(message.formatted("reportingController"), "type: Invalid value: \"\": has invalid value: ]");
  }

  @Test
  void areDoneSomethingTo() {
    String pods = CORE + "pods";
    raw.create(pods, "{'metadata':{'name':'bound'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    assertThat(raw.create(pods + "/bound/binding", "{'target':{'kind':'Node','name':'n'}}").code()).isEqualTo(201);
    assertThat(raw.get(pods + "/bound").at("/spec/nodeName")).isEqualTo("n");
    assertThat(raw.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "{'spec':{'resourceAttributes':{'verb':'get','resource':'pods'}}}").body().at("/status/allowed").asBoolean()).isTrue();
    assertThat(raw.create(CORE + "configmaps/x/binding", "{}").code()).isEqualTo(404);
  }
}
