package io.kooper.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a cluster's controllers do when something is deleted. */
class GarbageCollectionTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String SECRETS = "/api/v1/namespaces/default/secrets";

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

  private String owner(String name) {
    return raw.create(MAPS, "{'metadata':{'name':'%s'}}".formatted(name)).at("/metadata/uid");
  }

  private static String reference(String kind, String name, String uid) {
    return "{'apiVersion':'v1','kind':'%s','name':'%s','uid':'%s','blockOwnerDeletion':true}".formatted(kind, name, uid);
  }

  private String child(String name, String... references) {
    return raw.create(SECRETS, "{'metadata':{'name':'%s','ownerReferences':[%s]}}".formatted(name, String.join(",", references)))
        .at("/metadata/uid");
  }

  private boolean isThere(String path) {
    return raw.get(path).code() == 200;
  }

  @Test
  void childrenGoWithTheLastOfTheirOwners() {
    String a = owner("a");
    String b = owner("b");
    String only = child("only-a", reference("ConfigMap", "a", a));
    child("both", reference("ConfigMap", "a", a), reference("ConfigMap", "b", b));
    child("grandchild", reference("Secret", "only-a", only));
    raw.delete(MAPS + "/a");
    assertThat(isThere(SECRETS + "/only-a")).isFalse();
    assertThat(isThere(SECRETS + "/grandchild")).isFalse();
    assertThat(raw.get(SECRETS + "/both").body().at("/metadata/ownerReferences")).singleElement()
        .satisfies(one -> assertThat(one.path("name").asString()).isEqualTo("b"));
    raw.delete(MAPS + "/b");
    assertThat(isThere(SECRETS + "/both")).isFalse();
    assertThat(server.leaked()).isEmpty();
  }

  @Test
  void aChildOfNobodyIsCollectedAtOnce() {
    String a = owner("a");
    raw.create("/api/v1/namespaces", "{'metadata':{'name':'other'}}");
    child("wrong-uid", reference("ConfigMap", "a", new StringBuilder(a).reverse().toString()));
    child("no-such-name", reference("ConfigMap", "b", a));
    raw.create("/api/v1/namespaces/other/secrets",
        "{'metadata':{'name':'elsewhere','ownerReferences':[%s]}}".formatted(reference("ConfigMap", "a", a)));
    assertThat(raw.get("/api/v1/secrets").body().path("items")).isEmpty();
  }

  @Test
  void whatNobodyCanLookUpStays() {
    String a = owner("a");
    child("unknown-kind", "{'apiVersion':'example.com/v1','kind':'Shop','name':'s','uid':'1'}");
    raw.create("/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "{'metadata':{'name':'cluster-scoped','ownerReferences':[%s]},'rules':[]}".formatted(reference("ConfigMap", "a", a)));
    raw.delete(MAPS + "/a");
    assertThat(isThere(SECRETS + "/unknown-kind")).isTrue();
    assertThat(isThere("/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-scoped")).isTrue();
    assertThat(server.leaked()).containsExactlyInAnyOrder("secrets default/unknown-kind of Shop s",
        "clusterroles.rbac.authorization.k8s.io cluster-scoped of ConfigMap a");
  }

  @Test
  void inTheForegroundAnOwnerWaitsForThoseThatBlockIt() {
    String a = owner("a");
    child("free", reference("ConfigMap", "a", a).replace("true", "false"));
    child("blocking", reference("ConfigMap", "a", a));
    raw.merge(SECRETS + "/blocking", "{'metadata':{'finalizers':['example.com/held']}}");
    raw.delete(MAPS + "/a?propagationPolicy=Foreground");
    assertThat(isThere(SECRETS + "/free")).isFalse();
    assertThat(raw.get(MAPS + "/a").body().at("/metadata/finalizers").valueStream().map(one -> one.asString()))
        .containsExactly("foregroundDeletion");
    assertThat(raw.get(SECRETS + "/blocking").at("/metadata/deletionTimestamp")).isNotEmpty();
    raw.merge(SECRETS + "/blocking", "{'metadata':{'finalizers':null}}");
    assertThat(isThere(SECRETS + "/blocking")).isFalse();
    assertThat(isThere(MAPS + "/a")).isFalse();
  }

  @Test
  void aRingGoesAsAWhole() {
    String a = owner("a");
    String s = child("s", reference("ConfigMap", "a", a));
    raw.merge(MAPS + "/a", "{'metadata':{'ownerReferences':[%s]}}".formatted(reference("Secret", "s", s)));
    raw.delete(MAPS + "/a?propagationPolicy=Foreground");
    assertThat(isThere(MAPS + "/a")).isFalse();
    assertThat(isThere(SECRETS + "/s")).isFalse();
  }

  @Test
  void orphansStayWithoutTheirOwner() {
    String a = owner("a");
    child("orphan", reference("ConfigMap", "a", a));
    raw.delete(MAPS + "/a?propagationPolicy=Orphan");
    assertThat(isThere(MAPS + "/a")).isFalse();
    assertThat(raw.get(SECRETS + "/orphan").body().at("/metadata").has("ownerReferences")).isFalse();
  }

  @Test
  void aClusterScopedOwnerCollectsInAllNamespaces() {
    String uid = raw.create("/apis/scheduling.k8s.io/v1/priorityclasses", "{'metadata':{'name':'p'},'value':1}")
        .at("/metadata/uid");
    child("c", "{'apiVersion':'scheduling.k8s.io/v1','kind':'PriorityClass','name':'p','uid':'%s'}".formatted(uid));
    assertThat(isThere(SECRETS + "/c")).isTrue();
    raw.delete("/apis/scheduling.k8s.io/v1/priorityclasses/p");
    assertThat(isThere(SECRETS + "/c")).isFalse();
  }

  @Test
  void aNamespaceEndsWithItsLastObject() {
    raw.create("/api/v1/namespaces", "{'metadata':{'name':'n'}}");
    raw.create("/api/v1/namespaces/n/configmaps", "{'metadata':{'name':'plain'}}");
    raw.create("/api/v1/namespaces/n/pods",
        "{'metadata':{'name':'bound'},'spec':{'nodeName':'x','containers':[{'name':'c','image':'i'}]}}");
    assertThat(raw.delete("/api/v1/namespaces/n").at("/status/phase")).isEqualTo("Terminating");
    assertThat(isThere("/api/v1/namespaces/n/configmaps/plain")).isFalse();
    assertThat(raw.get("/api/v1/namespaces/n").at("/status/phase")).isEqualTo("Terminating");
    assertThat(raw.create("/api/v1/namespaces/n/configmaps", "{'metadata':{'name':'new'}}").at("/details/causes/0/reason"))
        .isEqualTo("NamespaceTerminating");
    raw.delete("/api/v1/namespaces/n/pods/bound?gracePeriodSeconds=0"); // as its kubelet would
    assertThat(isThere("/api/v1/namespaces/n")).isFalse();
  }

  @Test
  void aRestoredServerCollectsWhatItHasThen() {
    String a = owner("a");
    child("c", reference("ConfigMap", "a", a));
    Backup before = server.snapshot();
    raw.delete(MAPS + "/a");
    server.restore(before);
    assertThat(isThere(SECRETS + "/c")).isTrue();
    raw.delete(MAPS + "/a");
    assertThat(isThere(SECRETS + "/c")).isFalse();
    server.reset(before);
    assertThat(isThere(SECRETS + "/c")).isTrue();
  }

  @Test
  void canBeOff() {
    try (EmbeddedApiServer bare = EmbeddedApiServer.builder().garbageCollection(false).start()) {
      raw = new RawClient(bare);
      child("c", reference("ConfigMap", "a", owner("a")));
      raw.delete(MAPS + "/a");
      assertThat(isThere(SECRETS + "/c")).isTrue();
      assertThat(bare.leaked()).isEqualTo(List.of("secrets default/c of ConfigMap a"));
    }
  }
}
