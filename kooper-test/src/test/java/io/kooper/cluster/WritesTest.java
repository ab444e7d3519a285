package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.crd.CrdClient;
import io.kooper.crd.CrdDefinitions;
import io.kooper.crd.CrdPolicy;
import io.kooper.event.EventRecorder;
import io.kooper.finalizer.FinalizerHandler;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.Store;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.test.junit.KooperTest;
import io.kooper.write.Apply;
import io.kooper.write.Conditions;
import io.kooper.write.Owner;
import io.kooper.write.StatusWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The helpers of {@code io.kooper.write} and {@code io.kooper.event} against an API server. */
@KooperTest
class WritesTest {

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class GadgetStatus {
    public Integer replicas;
    public String phase;
    public List<Condition> conditions = new ArrayList<>();
  }

  @Group("test.kooper.io")
  @Version("v1")
  static class Gadget extends CustomResource<String, GadgetStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  private KubernetesClient client;
  private String namespace;
  private final HandlerContext<Gadget> context = mock();
  private final Store<Gadget> store = mock();

  private Gadget gadget;

  @BeforeEach
  void create(KubernetesClient client) throws InterruptedException {
    this.client = client;
    namespace = client.getNamespace();
    CrdClient.of(client).ensurePresent(CrdDefinitions.of(Gadget.class), CrdPolicy.UPDATE, Duration.ofMinutes(1));
    Gadget wanted = new Gadget();
    wanted.getMetadata().setNamespace(namespace);
    wanted.getMetadata().setName("web");
    gadget = client.resource(wanted).create();
    when(context.key()).thenReturn(ObjectKey.of(gadget));
    when(context.copy()).thenAnswer(call -> client.getKubernetesSerialization().clone(gadget));
    when(context.store()).thenReturn(store);
    when(store.get(ObjectKey.of(gadget))).thenAnswer(call -> Optional.of(gadget));
  }

  private Gadget there() {
    return client.resource(gadget).get();
  }

  @Nested
  class AStatus {

    private StatusWriter status;

    @BeforeEach
    void begin() {
      status = StatusWriter.of(client);
    }

    private Gadget with(Gadget from, Integer replicas, String phase) {
      Gadget copy = client.getKubernetesSerialization().clone(from);
      GadgetStatus now = copy.getStatus() == null ? new GadgetStatus() : copy.getStatus();
      now.replicas = replicas;
      now.phase = phase;
      copy.setStatus(now);
      return copy;
    }

    @Test
    void isWrittenWhenItDiffersAndOnlyThen() {
      Gadget first = status.patch(context, with(gadget, 3, "Starting"));
      verify(context).wrote(first);
      assertThat(there().getStatus().replicas).isEqualTo(3);
      assertThat(there().getMetadata().getResourceVersion()).isEqualTo(first.getMetadata().getResourceVersion());

      gadget = first;
      Gadget same = with(gadget, 3, "Starting");
      assertThat(status.patch(context, same)).isSameAs(same);
      verify(context, never()).wrote(same);

      status.patch(context, with(gadget, 3, null));
      assertThat(there().getStatus().phase).isNull();
      assertThat(there().getStatus().replicas).isEqualTo(3);
    }

    @Test
    void isWrittenTwiceInOneCall() {
      Gadget first = status.patch(context, with(gadget, 3, "Starting"));
      Gadget second = status.patch(context, with(first, 4, null)); // the store has not seen the first one

      assertThat(there().getStatus().replicas).isEqualTo(4);
      assertThat(there().getStatus().phase).isNull();
      assertThat(second.getMetadata().getResourceVersion()).isEqualTo(there().getMetadata().getResourceVersion());
    }

    @Test
    void leavesFieldsThatTheClassDoesNotKnow() {
      GenericKubernetesResource newer = client.genericKubernetesResources("test.kooper.io/v1", "Gadget")
          .inNamespace(namespace).withName("web").get();
      newer.setAdditionalProperty("status", Map.of("ofANewerRelease", "x"));
      client.resource(newer).updateStatus();
      gadget = there();

      status.patch(context, with(gadget, 3, "Starting"));

      GenericKubernetesResource now = client.resource(newer).get();
      assertThat(now.<Object>get("status", "ofANewerRelease")).isEqualTo("x");
      assertThat(now.<Object>get("status", "replicas")).isEqualTo(3);
    }

    @Test
    void isRefusedWhenTheObjectHasChangedMeanwhile() {
      Gadget newer = client.resource(there()).edit(object -> {
        object.getMetadata().setLabels(Map.of("a", "1"));
        return object;
      });
      conflicts(with(gadget, 3, "Starting"));

      Gadget old = gadget;
      gadget = newer; // the store is ahead of the call
      conflicts(with(old, 3, "Starting"));
      assertThat(there().getStatus()).isNull();
    }

    private void conflicts(Gadget after) {
      assertThatThrownBy(() -> status.patch(context, after)).isInstanceOfSatisfying(
          KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
      verify(context, never()).wrote(any());
    }

    @Test
    void hasConditionsThatTheServerTakes() {
      Gadget copy = with(gadget, 3, null);
      assertThat(Conditions.set(copy.getStatus().conditions, Conditions.of("Ready", true, "AllUp", "", 1L))).isTrue();

      Gadget written = status.patch(context, copy);

      assertThat(Conditions.set(written.getStatus().conditions, Conditions.of("Ready", true, "AllUp", "", 1L))).isFalse();
    }
  }

  @Nested
  class AnApply {

    private Apply apply;

    @BeforeEach
    void begin() {
      apply = Apply.of(client, "gadgets");
    }

    private ConfigMap wanted(String value) {
      return new ConfigMapBuilder().withNewMetadata().withName("child").endMetadata().addToData("value", value).build();
    }

    @Test
    void createsChangesAndTakesAway() {
      ConfigMap created = apply.ownedBy(context, wanted("1"));
      verify(context).wrote(created);
      assertThat(created.getMetadata().getNamespace()).isEqualTo(namespace);
      assertThat(created.getMetadata().getOwnerReferences()).containsExactly(Owner.of(gadget));

      assertThat(apply.ownedBy(context, wanted("1")).getMetadata().getResourceVersion()).as("nothing has changed")
          .isEqualTo(created.getMetadata().getResourceVersion());
      assertThat(apply.ownedBy(context, wanted("2")).getData()).containsEntry("value", "2");
      ConfigMap nothing = wanted("1");
      nothing.setData(null);
      assertThat(apply.ownedBy(context, nothing).getData()).isNullOrEmpty();
    }

    private String version(ConfigMap object) {
      return object.getMetadata().getResourceVersion();
    }

    /** An apply without effect returns what somebody else has written: if that were taken for our own, nobody would be called. */
    @Test
    void isReportedOnlyIfItHasChangedWhatTheStoreHas() {
      ConfigMap created = apply.ownedBy(context, wanted("1"));
      when(context.seenVersion(any())).thenReturn(version(created));

      ConfigMap unchanged = apply.ownedBy(context, wanted("1"));
      verify(context, times(1)).wrote(any());
      verify(context).waitFor(unchanged);
      ConfigMap changed = apply.ownedBy(context, wanted("2"));
      assertThat(version(changed)).isNotEqualTo(version(created));
      verify(context).wrote(changed);

      assertThat(apply.ownedBy(context, wanted("3")).getData()).as("though the store is behind").containsEntry("value", "3");
      client.resource(created).delete();
      assertThat(apply.ownedBy(context, wanted("4")).getData()).as("though it has gone").containsEntry("value", "4");
      verify(context, times(2)).wrote(argThat(written -> !"4".equals(((ConfigMap) written).getData().get("value"))));
    }

    @Test
    void ofAVersionThatTheCallerNamesIsRefusedIfThereIsAnother() {
      ConfigMap created = apply.ownedBy(context, wanted("1"));
      apply.ownedBy(context, wanted("2"));
      ConfigMap outdated = wanted("3");
      outdated.getMetadata().setResourceVersion(version(created));

      assertThatThrownBy(() -> apply.ownedBy(context, outdated)).isInstanceOfSatisfying(KubernetesClientException.class,
          e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void takesWhatWasReadBefore() { // with managed fields, which a server refuses
      ConfigMap created = apply.apply(context, wanted("1").edit().editMetadata().withNamespace(namespace).endMetadata().build());
      created.getMetadata().setResourceVersion(null);

      assertThat(apply.apply(created).getMetadata().getUid()).isEqualTo(created.getMetadata().getUid());
    }

    @Test
    void conflictsWithOtherManagersUnlessItIsForced() {
      apply.ownedBy(context, wanted("1"));
      Apply other = Apply.of(client, "others");

      assertThatThrownBy(() -> other.ownedBy(context, wanted("2"))).isInstanceOfSatisfying(KubernetesClientException.class,
          e -> assertThat(e.getCode()).isEqualTo(409)).hasMessageContainingAll("\"gadgets\"", "\"others\"", ".data.value");
      assertThat(other.force().ownedBy(context, wanted("2")).getData()).containsEntry("value", "2");
    }

    @Test
    void worksOnKindsWithoutAClass() {
      GenericKubernetesResource child = new GenericKubernetesResource();
      child.setApiVersion("test.kooper.io/v1");
      child.setKind("Gadget");
      child.setMetadata(new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName("child").endMetadata()
          .build().getMetadata());
      child.setAdditionalProperty("spec", "x");

      assertThat(apply.ownedBy(context, child).<Object>get("spec")).isEqualTo("x");
    }
  }

  @Nested
  class AnEvent {

    private List<Event> events(String where) {
      return client.events().v1().events().inNamespace(where).list().getItems().stream()
          .filter(event -> "Deployed".equals(event.getReason())).toList();
    }

    @Test
    void isWrittenAndItsRepeatsAreCounted() {
      EventRecorder recorder = EventRecorder.of(client, "test.kooper.io/gadgets");
      try (recorder) {
        for (int i = 0; i < 3; i++) {
          recorder.normal(gadget, "Deployed", "Deploy", "image 1");
        }
        recorder.warning(gadget, "Deployed", "Deploy", "image 2");
        await().until(() -> events(namespace).size() == 2);
        recorder.normal(gadget, "Deployed", "Deploy", "image 1");
      }
      assertThat(recorder.dropped()).isZero();
      Event event = events(namespace).stream().filter(one -> one.getNote().equals("image 1")).findFirst().orElseThrow();
      assertThat(event.getSeries().getCount()).isEqualTo(4);
      assertThat(event.getType()).isEqualTo("Normal");
      assertThat(event.getAction()).isEqualTo("Deploy");
      assertThat(event.getRegarding().getUid()).isEqualTo(gadget.getMetadata().getUid());
      assertThat(event.getReportingController()).isEqualTo("test.kooper.io/gadgets");
    }

    @Test
    void thatKubernetesHasForgottenIsWrittenAnew() {
      try (EventRecorder events = EventRecorder.of(client, "gadgets")) {
        events.normal(gadget, "Deployed", "Deploy", "image 1");
        await().until(() -> events(namespace).size() == 1);
        client.events().v1().events().inNamespace(namespace).delete();
        await().until(() -> events(namespace).isEmpty());

        events.normal(gadget, "Deployed", "Deploy", "image 1");

        await().until(() -> events(namespace).size() == 1);
        assertThat(events(namespace).get(0).getSeries().getCount()).isEqualTo(2);
      }
    }

    @Test
    void aboutAClusterScopedObjectIsInDefault() {
      String name = "node-of-" + namespace;
      try (EventRecorder events = EventRecorder.of(client, "gadgets")) {
        events.normal(new NodeBuilder().withNewMetadata().withName(name).withUid("u1").endMetadata().build(),
            "Deployed", "Deploy", "x".repeat(2_000));
      }
      assertThat(events("default")).filteredOn(event -> name.equals(event.getRegarding().getName())).hasSize(1);
    }
  }

  @Test
  void anUninstallTakesTheFinalizerOffAll() throws Exception {
    for (int i = 0; i < 3; i++) {
      client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName("map" + i)
          .withFinalizers("a.org/a", "example.com/dns").endMetadata().build()).create();
    }
    Retriever<ConfigMap> configMaps = Retriever.builder(client, ConfigMap.class).inNamespace(namespace).build();

    assertThat(FinalizerHandler.removeFromAll(client, "example.com/dns", configMaps)).isEqualTo(3);

    assertThat(client.configMaps().inNamespace(namespace).withName("map1").get().getMetadata().getFinalizers())
        .containsExactly("a.org/a");
    assertThat(FinalizerHandler.removeFromAll(client, "example.com/dns", configMaps)).isZero();
  }
}
