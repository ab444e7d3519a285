package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.test.RawClient.RawWatch;
import io.kooper.test.RawClient.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class CustomResourcesTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

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

  private static Reply define(String group) {
    String schema = "'schema':{'openAPIV3Schema':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}";
    return raw.create(CRDS, """
        {'metadata':{'name':'toys.%s'},'spec':{'group':'%s','scope':'Namespaced',
         'names':{'plural':'toys','kind':'Toy','shortNames':['ty']},'versions':[
         {'name':'v1','served':true,'storage':true,'subresources':{'status':{}},%s},
         {'name':'v1beta1','served':true,'storage':false,%s},
         {'name':'v0','served':false,'storage':false,%s}]}}"""
        .formatted(group, group, schema, schema, schema));
  }

  private static String toys(String group, String version) {
    return "/apis/" + group + "/" + version + "/namespaces/default/toys";
  }

  @Nested
  class Definitions {

    @Test
    void areEstablished() {
      assertThat(define("a.io").code()).isEqualTo(201);
      Reply crd = raw.get(CRDS + "/toys.a.io");
      assertThat(crd.body().at("/status/conditions").valueStream()
          .map(c -> c.path("type").asString() + "=" + c.path("status").asString()))
          .containsExactlyInAnyOrder("Established=True", "NamesAccepted=True");
      assertThat(crd.at("/status/acceptedNames/kind")).isEqualTo("Toy");
      assertThat(crd.body().at("/status/storedVersions")).hasToString("[\"v1\"]");
    }

    @Test
    void serveTheirVersions() {
      define("b.io");
      Reply created = raw.create(toys("b.io", "v1beta1"), "{'metadata':{'name':'ball'},'spec':{'size':1}}");
      assertThat(created.at("/apiVersion")).isEqualTo("b.io/v1beta1");
      assertThat(raw.get(toys("b.io", "v1") + "/ball").at("/apiVersion")).isEqualTo("b.io/v1");
      assertThat(raw.get(toys("b.io", "v1beta1")).at("/items/0/apiVersion")).isEqualTo("b.io/v1beta1");
      assertThat(raw.get(toys("b.io", "v0")).code()).isEqualTo(404);
      Reply patched = raw.merge(toys("b.io", "v1beta1") + "/ball", "{'spec':{'size':2}}");
      assertThat(patched.at("/apiVersion")).isEqualTo("b.io/v1beta1");
      assertThat(patched.body().at("/metadata/generation").asInt()).isEqualTo(2);
      assertThat(raw.put(toys("b.io", "v1") + "/ball", patched.http().body()).code())
          .as("another version than the path's").isEqualTo(400);
    }

    @Test
    void giveAStatusItsOwnPath() {
      define("c.io");
      Reply created = raw.create(toys("c.io", "v1"), "{'metadata':{'name':'ball'},'status':{'x':1}}");
      assertThat(created.body().has("status")).isFalse();
      Reply status = raw.merge(toys("c.io", "v1") + "/ball/status", "{'status':{'x':2}}");
      assertThat(status.body().at("/status/x").asInt()).isEqualTo(2);
      assertThat(status.body().at("/metadata/generation").asInt()).isEqualTo(1);
      assertThat(raw.merge(toys("c.io", "v1beta1") + "/ball/status", "{}").code()).isEqualTo(404);
    }

    @Test
    void takeTheirObjectsWithThem() {
      define("d.io");
      raw.create(toys("d.io", "v1"), "{'metadata':{'name':'ball'}}");
      raw.create(toys("d.io", "v1"), "{'metadata':{'name':'held','finalizers':['a/b']}}");
      RawWatch watch = raw.watch(toys("d.io", "v1") + "?watch=true");
      assertThat(watch.next() + ", " + watch.next()).isEqualTo("ADDED ball, ADDED held");
      assertThat(raw.delete(CRDS + "/toys.d.io").at("/metadata/deletionTimestamp")).isNotEmpty();
      assertThat(watch.next() + ", " + watch.next()).isEqualTo("DELETED ball, MODIFIED held");
      assertThat(raw.create(toys("d.io", "v1"), "{'metadata':{'name':'late'}}").at("/message"))
          .isEqualTo("toys.d.io \"late\" is forbidden: create not allowed while custom resource definition is terminating");
      raw.merge(toys("d.io", "v1") + "/held", "{'metadata':{'finalizers':null}}");
      assertThat(watch.next() + ", " + watch.next()).isEqualTo("DELETED held, END");
      assertThat(raw.get(CRDS + "/toys.d.io").code()).isEqualTo(404);
      assertThat(raw.get(toys("d.io", "v1")).code()).isEqualTo(404);
      define("d.io");
      assertThat(raw.get(toys("d.io", "v1")).body().path("items")).isEmpty();
    }

    @Test
    void thatAreDroppedFromAnUpdateAreServedNoMore() {
      Reply crd = define("e.io");
      assertThat(raw.get(toys("e.io", "v1beta1")).code()).isEqualTo(200);
      raw.send("PATCH", CRDS + "/toys.e.io", "application/json-patch+json",
          "[{'op':'replace','path':'/spec/versions/1/served','value':false}]");
      assertThat(crd.code()).isEqualTo(201);
      assertThat(raw.get(toys("e.io", "v1beta1")).code()).isEqualTo(404);
      assertThat(raw.get(toys("e.io", "v1")).code()).isEqualTo(200);
    }

    @Test
    void withoutASchemaOrWithAWrongNameAreInvalid() {
      Reply reply = raw.create(CRDS, "{'metadata':{'name':'toys.x.io'},'spec':{'group':'x.io','scope':'Namespaced',"
          + "'names':{'plural':'toys','kind':'Toy'},'versions':[{'name':'v1','served':true,'storage':true}]}}");
      assertThat(reply.code()).isEqualTo(422);
      assertThat(reply.at("/message")).contains("schemas are required");
      assertThat(raw.create(CRDS, "{'metadata':{'name':'other'},'spec':{'group':'x.io'}}").code()).isEqualTo(422);
    }
  }

  @Nested
  class Registrations {

    @Group("r.io")
    @Version("v1")
    @Plural("gadgets")
    static class Gadget extends CustomResource<String, String> implements Namespaced {
      private static final long serialVersionUID = 1L;
    }

    @Group("r.io")
    @Version("v1")
    @Plural("widgets")
    static class Widget extends CustomResource<String, Void> {
      private static final long serialVersionUID = 1L;
    }

    @Test
    void ofAClassFollowItsAnnotations() {
      server.register(Gadget.class);
      server.register(Widget.class);
      raw.create("/apis/r.io/v1/namespaces/default/gadgets", "{'metadata':{'name':'g'},'spec':'s'}");
      assertThat(raw.merge("/apis/r.io/v1/namespaces/default/gadgets/g/status", "{'status':'t'}").at("/status"))
          .isEqualTo("t");
      assertThat(raw.create("/apis/r.io/v1/widgets", "{'metadata':{'name':'w'}}").at("/kind")).isEqualTo("Widget");
      assertThat(raw.get("/apis/r.io/v1/widgets/w/status").code()).isEqualTo(404);
    }

    @Test
    void ofATypeNeedNoClass() {
      server.register(ResourceType.of("", "v1", "Podlet", "podlets", true));
      assertThat(raw.create("/api/v1/namespaces/default/podlets", "{'metadata':{'name':'p'}}").code()).isEqualTo(201);
    }

    @Test
    void leaveATypeThatIsServedAsItIs() {
      server.register(Pod.class);
      String pod = "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}";
      assertThat(raw.create("/api/v1/namespaces/default/pods", pod).at("/status/phase")).isEqualTo("Pending");
      assertThat(raw.put("/api/v1/namespaces/default/pods/p", pod).code())
          .as("still unconditional").isEqualTo(200);
    }
  }

  @Nested
  class Discovery {

    @Test
    void listsGroupsVersionsAndResources() {
      define("f.io");
      assertThat(raw.get("/api").body().at("/versions/0").asString()).isEqualTo("v1");
      assertThat(raw.get("/apis").body().path("groups").valueStream().map(g -> g.path("name").asString()))
          .contains("apps", "f.io", "coordination.k8s.io").doesNotContain("");
      assertThat(raw.get("/apis/f.io").body().path("versions")).hasSize(2);
      assertThat(raw.get("/apis/f.io/v1").body().path("resources").valueStream().map(r -> r.path("name").asString()))
          .containsExactly("toys", "toys/status");
      assertThat(raw.get("/apis/f.io/v1").at("/resources/0/shortNames/0")).isEqualTo("ty");
      assertThat(raw.get("/api/v1").body().path("resources").valueStream().map(r -> r.path("name").asString()))
          .contains("pods", "pods/status", "configmaps").doesNotContain("configmaps/status");
      assertThat(raw.get("/version").at("/gitVersion")).startsWith("v1.");
    }
  }
}
