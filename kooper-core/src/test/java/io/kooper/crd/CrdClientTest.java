package io.kooper.crd;

import static io.kooper.crd.Definitions.NAME;
import static io.kooper.crd.FakeCrdApi.lostConnection;
import static io.kooper.crd.FakeCrdApi.nothing;
import static io.kooper.crd.FakeCrdApi.refusal;
import static io.kooper.crd.FakeCrdApi.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.clock.Clock;
import io.kooper.clock.ManualClock;
import io.kooper.crd.FakeCrdApi.Happening;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K10: a CRD client")
@Timeout(20)
class CrdClientTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String COLUMN = "additionalPrinterColumns:\n    - {name: New, type: date, jsonPath: .spec.new}";

  private final FakeCrdApi api = new FakeCrdApi();
  private final LeapingClock clock = new LeapingClock();
  private final DefaultCrdClient client = client(clock);

  private DefaultCrdClient client(Clock clock) {
    return new DefaultCrdClient(api, FakeCrdApi.JSON, clock, () -> 0);
  }

  private void ensure(CustomResourceDefinition definition, CrdPolicy policy) throws InterruptedException {
    client.ensurePresent(definition, policy, MINUTE);
  }

  private Throwable ensureFails(CustomResourceDefinition definition, CrdPolicy policy) {
    Throwable thrown = catchThrowable(() -> ensure(definition, policy));
    assertThat(thrown).isInstanceOf(CrdException.class);
    return thrown;
  }

  private List<String> calls() {
    return api.calls.stream().filter(call -> !call.equals("version") && !call.startsWith("list")).toList();
  }

  private static CustomResourceDefinition changed() {
    return Definitions.definition(Definitions.FOO.replace("additionalPrinterColumns:", COLUMN));
  }

  @Nested
  class Ensuring {

    @Test
    void createsADefinitionThatIsNotThere() throws Exception {
      CustomResourceDefinition definition = Definitions.foo();
      definition.getMetadata().setResourceVersion("from another cluster");
      definition.getMetadata().setUid("from another cluster");
      ensure(definition, CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create");
      assertThat(Trees.map(api.stored, "metadata", "labels")).containsOnlyKeys("app");
      assertThat(Trees.text(api.stored, "spec", "names", "kind")).isEqualTo("Foo");
      assertThat(Trees.text(api.stored, "metadata", "uid")).isEqualTo("uid-1");
    }

    @Test
    void waitsForWhatItCreatedUntilItIsEstablished() throws Exception {
      api.establishing = false;
      api.next("get", nothing(), nothing(), nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "get", "get");
      assertThat(clock.waits).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400));
    }

    @ParameterizedTest
    @EnumSource
    void waitsForWhatIsThereToo(CrdPolicy policy) throws Exception {
      api.establishing = false;
      api.put(Definitions.FOO_AS_SERVED);
      api.next("get", nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(Definitions.foo(), policy);
      assertThat(calls()).as("neither created nor updated").containsExactly("get", "get");
    }

    @ParameterizedTest
    @CsvSource({"True,False", "False,True", "Unknown,True"})
    void isNotContentWithHalf(String accepted, String established) {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored).put("status", status("NamesAccepted", accepted, "PluralConflict", "\"foos\" is already in use",
          "Established", established, "Installing", "not yet"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasNoCause().hasMessageContainingAll(
          "\"foos.example.com\" was not ready within PT1M", "NamesAccepted=" + accepted, "Established=" + established);
      assertThat(clock.elapsed()).isEqualTo(MINUTE);
    }

    @Test
    void needsNoPermissionToCreateOrUpdateWhatIsThereAsWanted() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("create", refusal(403, "Forbidden", "no")).always("update", refusal(403, "Forbidden", "no"));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
    }

    @Test
    void refusesWhatCannotBeADefinitionBeforeItAsksTheServer() {
      CustomResourceDefinition wrong = Definitions.definition(Definitions.FOO.replace("storage: true", "storage: false")
          .replace("name: foos.example.com", "name: foos"));
      assertThatThrownBy(() -> ensure(wrong, CrdPolicy.UPDATE)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("foos.example.com", "storage: true");
      assertThatThrownBy(() -> client.ensurePresent(Definitions.foo(), CrdPolicy.UPDATE, Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("timeout is PT0S");
      assertThat(api.calls).isEmpty();
    }

    @Test
    void leavesTheCallersDefinitionAlone() throws Exception {
      CustomResourceDefinition definition = Definitions.foo();
      ensure(definition, CrdPolicy.UPDATE);
      ensure(definition, CrdPolicy.UPDATE);
      assertThat(definition).isEqualTo(Definitions.foo());
    }
  }

  @Nested
  class WithADefinitionThatDiffers {

    @Test
    void updatesItOnce() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(changed(), CrdPolicy.UPDATE);
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get");
      assertThat(Trees.map(api.stored, "metadata", "labels")).containsKey("app.kubernetes.io/managed-by");
    }

    @Test
    void doesNotUpdateAgainWhatTheServerDidNotTakeOver() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.establishing = false;
      Trees.map(api.stored).put("status", status());
      api.next("get", nothing(), () -> api.put(Definitions.FOO_AS_SERVED.replace("uid: u", "uid: other")),
          () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).as("another of its name is compared anew").containsExactly("get", "update", "get", "update", "get");
    }

    @Test
    void keepsItByPolicy() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(changed(), CrdPolicy.KEEP);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void failsByPolicyAndNamesTheDifferences() {
      api.put(Definitions.FOO_AS_SERVED);
      assertThat(ensureFails(changed(), CrdPolicy.FAIL)).hasMessageContainingAll("foos.example.com", "CrdPolicy.FAIL",
          "spec.versions[v1].additionalPrinterColumns");
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void keepsAStoredVersionThatTheNewOneDoesNotName() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(Definitions.definition(Definitions.FOO.replace("name: v1", "name: v2")), CrdPolicy.UPDATE);
      assertThat(Trees.list(api.stored, "spec", "versions")).extracting(v -> Trees.text(v, "name"))
          .containsExactly("v1", "v2");
    }

    @ParameterizedTest
    @CsvSource({"scope: Namespaced,scope: Cluster,spec.scope", "kind: Foo,kind: Fu,spec.names.kind"})
    void saysThatScopeAndKindCannotChange(String from, String to, String field) {
      api.put(Definitions.FOO_AS_SERVED);
      assertThat(ensureFails(Definitions.definition(Definitions.FOO.replace(from, to)), CrdPolicy.UPDATE))
          .hasMessageContainingAll("cannot be updated", field, "delete it");
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void readsAgainWhenAnotherWasFasterAndLosesNothing() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> api.edit("metadata", "labels", "theirs", "1"),
          () -> api.edit("metadata", "labels", "theirs", "2"));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get", "update", "get", "update");
      assertThat(Trees.text(api.stored, "metadata", "labels", "theirs")).isEqualTo("2");
    }

    @Test
    void doesNothingMoreWhenAnotherReplicaMadeTheSameUpdate() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> {
        api.put(Definitions.FOO_AS_SERVED.replace("additionalPrinterColumns:", COLUMN));
      });
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get");
    }

    @Test
    void givesUpAtTheTimeoutWhenOthersAreAlwaysFaster() {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("update", () -> api.edit("metadata", "labels", "theirs", "" + api.calls.size()));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessageContainingAll("not ready within PT1M", "409 Conflict");
    }

    @Test
    void createsItWhenItIsGoneAtTheUpdate() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      api.next("update", () -> api.stored = null);
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update", "get", "create");
    }

    @Test
    void failsAtOnceWhenTheServerRefusesTheNewOne() {
      api.put(Definitions.FOO_AS_SERVED);
      api.always("update", refusal(422, "Invalid", "spec.versions[0].schema: Invalid value"));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessage("cannot update the CustomResourceDefinition"
          + " \"foos.example.com\": 422 Invalid, \"spec.versions[0].schema: Invalid value\"");
      assertThat(clock.waits).isEmpty();
    }
  }

  @Nested
  class WithADefinitionWithoutASchema {

    @Test
    void addsToARicherOneButLeavesItsSchema() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      Object schema = schema();
      ensure(Definitions.schemaless().printerColumn("New", "date", ".spec.new").build(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "update");
      assertThat(schema()).isEqualTo(schema);
      assertThat(Trees.list(version(), "additionalPrinterColumns")).extracting(c -> Trees.text(c, "name"))
          .containsExactly("Size", "New");
    }

    @Test
    void neverReplacesARicherSchema() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(Definitions.schemaless().printerColumn("New", "date", ".spec.new").build(), CrdPolicy.REPLACE);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void neverReplacesOneWithMoreVersions() throws Exception {
      ensure(Definitions.schemaless().build(), CrdPolicy.UPDATE);
      ensure(Definitions.schemaless().version("v2").build(), CrdPolicy.UPDATE);
      api.calls.clear();
      ensure(Definitions.schemaless().printerColumn("New", "date", ".spec.new").build(), CrdPolicy.REPLACE);
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void updatesAnotherWithout() throws Exception {
      ensure(Definitions.schemaless().build(), CrdPolicy.UPDATE);
      ensure(Definitions.schemaless().printerColumn("New", "date", ".spec.new").build(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "update");
    }

    @Test
    void isReplacedByOneWithASchemaOnPurpose() throws Exception {
      ensure(Definitions.schemaless().build(), CrdPolicy.UPDATE);
      ensure(Definitions.foo(), CrdPolicy.REPLACE);
      assertThat(schema()).containsKey("properties").doesNotContainKey(SchemaUnion.PRESERVE);
    }

    @Test
    void takesOverFieldsAndDefaultsButKeepsAndAllowsWhatIsStored() throws Exception {
      ensure(Definitions.schemaless().build(), CrdPolicy.UPDATE);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(schema()).containsEntry(SchemaUnion.PRESERVE, true).doesNotContainKey("required");
      assertThat(Trees.map(schema(), "properties", "spec")).containsEntry(SchemaUnion.PRESERVE, true)
          .doesNotContainKey("x-kubernetes-validations");
      assertThat(Trees.map(schema(), "properties", "spec", "properties", "size"))
          .containsOnly(Map.entry(SchemaUnion.PRESERVE, true), Map.entry("default", 1));
    }

    private Map<String, Object> schema() {
      return Trees.map(version(), "schema", "openAPIV3Schema");
    }

    private Object version() {
      return Trees.list(api.stored, "spec", "versions").get(0);
    }
  }

  @Nested
  class WhenSeveralDoTheSame {

    @Test
    void comparesAndWaitsWhenAnotherCreatedItFirst() throws Exception {
      api.establishing = false;
      api.next("create", () -> api.put(Definitions.FOO_AS_SERVED));
      api.next("get", nothing(), nothing(), () -> Trees.map(api.stored).put("status", FakeCrdApi.established()));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "update", "get");
    }

    @RepeatedTest(100)
    void makesOneDefinitionInEightReplicas() throws Exception {
      int replicas = 8;
      ExecutorService threads = Executors.newFixedThreadPool(replicas);
      try {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Boolean>> ends = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
          Callable<Boolean> replica = () -> {
            start.await();
            client(new LeapingClock()).ensurePresent(changed(), CrdPolicy.UPDATE, MINUTE);
            return true;
          };
          ends.add(threads.submit(replica));
        }
        start.countDown();
        for (Future<Boolean> end : ends) {
          assertThat(end.get(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Trees.text(api.stored, "metadata", "uid")).isEqualTo("uid-1");
        assertThat(calls()).doesNotContain("update");
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Nested
  class WithADefinitionThatIsBeingDeleted {

    @Test
    void waitsUntilItIsGoneAndCreatesItAgain() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored, "metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
      api.next("get", nothing(), nothing(), nothing(), () -> api.stored = null);
      ensure(Definitions.foo(), CrdPolicy.KEEP);
      assertThat(calls()).containsExactly("get", "get", "get", "get", "create");
    }

    @Test
    void saysSoWhenItDoesNotEnd() {
      api.put(Definitions.FOO_AS_SERVED);
      Trees.map(api.stored, "metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.KEEP))
          .hasMessageContaining("it is being deleted since 2026-01-01T00:00:00Z");
    }

    @Test
    void createsItAgainWhenItIsDeletedDuringTheWait() throws Exception {
      api.establishing = false;
      api.next("get", nothing(), nothing(), () -> api.stored = null);
      api.next("create", nothing(), () -> api.establishing = true);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(calls()).containsExactly("get", "create", "get", "get", "create");
    }
  }

  @Nested
  class Failing {

    @ParameterizedTest
    @ValueSource(strings = {"get", "create", "update"})
    void triesAgainWhatMayPass(String verb) throws Exception {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      api.next(verb, lostConnection(), refusal(429, "TooManyRequests", "slow down"), refusal(503, "Unavailable", "later"),
          refusal(500, "InternalError", "oops"));
      ensure(changed(), CrdPolicy.UPDATE);
      assertThat(calls()).filteredOn(verb::equals).hasSizeGreaterThanOrEqualTo(5);
    }

    @Test
    void waitsAsLongAsTheServerAsks() throws Exception {
      api.next("get", refusal(429, "TooManyRequests", "slow down", 7));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(clock.elapsed()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void tellsTheLastFailureAtTheTimeout() {
      api.next("get", refusal(500, "InternalError", "oops")).always("get", lostConnection());
      Throwable thrown = ensureFails(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(thrown).hasMessageContainingAll("not ready within PT1M", "it could not be read", "last failure",
          "connection reset").hasRootCauseMessage("connection reset");
      assertThat(thrown.getCause()).isInstanceOf(CrdException.class)
          .hasCauseInstanceOf(KubernetesClientException.class);
      assertThat(clock.elapsed()).isEqualTo(MINUTE);
      assertThat(clock.waits).allMatch(wait -> wait.compareTo(Duration.ofSeconds(2)) <= 0);
    }

    @Test
    void doesNotTellAFailureThatIsOver() {
      api.establishing = false;
      api.next("get", nothing(), refusal(500, "InternalError", "oops"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasNoCause()
          .hasMessageContainingAll("no status conditions", "mock server");
    }

    @ParameterizedTest
    @CsvSource({"get,'resourceNames: [foos.example.com], verbs: [get]'", "create,'[customresourcedefinitions], verbs: [create]'",
        "update,'resourceNames: [foos.example.com], verbs: [update]'"})
    void namesTheVerbTheResourceAndTheRuleThatAreMissing(String verb, String rule) {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      api.always(verb, refusal(403, "Forbidden", "User \"u\" cannot"));
      assertThat(ensureFails(changed(), CrdPolicy.UPDATE)).hasMessageContainingAll(
          "cannot " + verb + " the CustomResourceDefinition \"foos.example.com\"", "403 Forbidden, \"User \"u\" cannot\"",
          "the verb \"" + verb + "\" on resource \"customresourcedefinitions\" of API group \"apiextensions.k8s.io\"", rule)
          .hasRootCauseInstanceOf(KubernetesClientException.class);
      assertThat(clock.elapsed()).as("it may be granted meanwhile").isEqualTo(MINUTE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"get", "create", "update"})
    void succeedsWhenThePermissionIsGrantedMeanwhile(String verb) throws Exception {
      if (verb.equals("update")) {
        api.put(Definitions.FOO_AS_SERVED);
      }
      Happening forbidden = refusal(403, "Forbidden", "User \"u\" cannot");
      api.next(verb, forbidden, refusal(401, "Unauthorized", "Unauthorized"), forbidden);
      List<@Nullable String> pending = new ArrayList<>();
      client.ensurePresent(changed(), CrdPolicy.UPDATE, MINUTE, pending::add);
      assertThat(pending).hasSize(4).last().isNull();
      assertThat(pending.get(0)).contains("foos.example.com is not ready", "grant the verb \"" + verb + "\"");
      assertThat(pending.get(1)).contains("credentials");
    }

    @Test
    void tellsTheLogAtOnceWhatIsToBeGrantedAndAgainEachHalfMinute() {
      api.always("get", refusal(403, "Forbidden", "no"));
      try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.WARN)) {
        ensureFails(Definitions.foo(), CrdPolicy.UPDATE);
        assertThat(log.lines()).filteredOn(line -> line.contains("grant the verb")).hasSize(2);
      }
    }

    @Test
    void tellsWhenTheServerHasNoSuchApi() {
      api.always("create", refusal(404, "NotFound", "the server could not find the requested resource"));
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE)).hasMessageContaining("apiextensions.k8s.io/v1?");
    }
  }

  @Nested
  class CheckingTheServersVersion {

    @Test
    void asksOnce() throws Exception {
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      client.delete(NAME);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      client.waitToBePresent(NAME, MINUTE);
      assertThat(api.calls).filteredOn("version"::equals).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"15", "9+"})
    void refusesOldServers(String minor) {
      api.minor = minor;
      assertThat(ensureFails(Definitions.foo(), CrdPolicy.UPDATE))
          .hasMessageContainingAll("Kubernetes 1." + minor, "at least 1.16");
      assertThat(calls()).containsExactly("get");
    }

    @Test
    void needsNoVersionOfAServerThatHasADefinition() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
      assertThat(api.calls).containsExactly("get", "list v1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"16", "16+", "34", "", "what"})
    void goesOnWithOthers(String minor) throws Exception {
      api.minor = minor;
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
    }

    @Test
    void goesOnWhenItCannotBeRead() throws Exception {
      api.next("version", refusal(403, "Forbidden", "no"));
      ensure(Definitions.foo(), CrdPolicy.UPDATE);
    }
  }

  @Nested
  class Waiting {

    @Test
    void waitsForADefinitionThatIsNotThereYet() throws Exception {
      api.next("get", nothing(), nothing(), () -> api.put(Definitions.FOO_AS_SERVED));
      client.waitToBePresent(NAME, MINUTE);
      assertThat(calls()).containsExactly("get", "get", "get");
    }

    @Test
    void endsAtTheTimeout() {
      assertThatThrownBy(() -> client.waitToBePresent(NAME, Duration.ofMillis(1))).isInstanceOf(CrdException.class)
          .hasMessageContainingAll("not ready within PT0.001S", "it does not exist");
      assertThat(calls()).as("looked at the end, too").containsExactly("get", "get");
    }

    @Test
    void endsSoonAfterAnInterrupt() throws Exception {
      ManualClock standing = new ManualClock();
      FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(
          () -> client(standing).waitToBePresent(NAME, MINUTE)));
      Thread thread = new Thread(end, "waits for a CRD");
      thread.start();
      Awaitility.await().until(() -> standing.waiting() == 1);
      thread.interrupt();
      assertThat(end.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void seesTheDefinitionOnTheClockOfATest() throws Exception {
      ManualClock standing = new ManualClock();
      FutureTask<Throwable> end = new FutureTask<>(() -> catchThrowable(
          () -> client(standing).waitToBePresent(NAME, MINUTE)));
      new Thread(end, "waits for a CRD").start();
      Awaitility.await().until(() -> standing.waiting() == 1);
      api.put(Definitions.FOO_AS_SERVED);
      standing.advance(Duration.ofMillis(99));
      assertThat(end.isDone()).isFalse();
      standing.advance(Duration.ofMillis(1));
      assertThat(end.get(30, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void isStretchedAtRandomSoThatReplicasDoNotGoInStep() {
      CrdClient stretched = new DefaultCrdClient(api, FakeCrdApi.JSON, clock, () -> 0.8);
      assertThatThrownBy(() -> stretched.waitToBePresent(NAME, Duration.ofMillis(250))).isInstanceOf(CrdException.class);
      assertThat(clock.waits).containsExactly(Duration.ofMillis(80), Duration.ofMillis(160), Duration.ofMillis(10));
    }
  }

  @Nested
  class Deleting {

    @Test
    void deletesAndDoesNotMindWhenThereIsNone() throws Exception {
      api.put(Definitions.FOO_AS_SERVED);
      client.delete(NAME);
      client.delete(NAME);
      assertThat(api.stored).isNull();
    }

    @Test
    void namesTheMissingPermission() {
      api.always("delete", refusal(403, "Forbidden", "no"));
      assertThatThrownBy(() -> client.delete(NAME)).isInstanceOf(CrdException.class)
          .hasMessageContaining("resourceNames: [foos.example.com], verbs: [delete]");
    }
  }
}
