package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.ConfigMapListBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import io.kooper.crd.CRD;
import io.kooper.crd.CrdDefinitions;
import io.kooper.fake.Logs;
import io.kooper.fake.Thrown;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.RetrieveException.Reason;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import tools.jackson.databind.json.JsonMapper;

/** What creators, setters and functions of users throw concerns one object or one request, and shows no value. */
@Timeout(60)
class UserCodeTest {

  private static final String JACKSON = "(tools|com\\.fasterxml)\\.jackson\\.";
  private static final String JACKSON_2 = "com/fasterxml/jackson/databind/ObjectMapper.class";
  private static final String SECRET = "s3cret";

  /** Does as its objects wish. */
  @Group("example.com")
  @Version("v1")
  static class Fussy extends CustomResource<FussySpec, Void> implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  static class FussySpec {
    private final String creator;

    @JsonCreator
    FussySpec(@JsonProperty("creator") String creator) {
      this.creator = creator;
      fulfil(creator);
    }

    public String getCreator() {
      return creator;
    }

    public void setSetter(String setter) {
      fulfil(setter);
    }

    public void setPort(int port) {}

    public void setText(String text) {
      setPort(Integer.parseInt(text));
    }

    private static void fulfil(String wish) {
      if (wish != null) {
        Thrown.valueOf(wish).code().run();
      }
    }
  }

  private final Logs quiet = new Logs("io.kooper", Level.ERROR);
  private final Recorded<Fussy> recorded = new Recorded<>();
  private ScriptedServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedServer();
    client = client(server.url());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    quiet.close();
  }

  private static KubernetesClient client(String url) {
    return new KubernetesClientBuilder().withHttpClientFactory(new JdkHttpClientFactory())
        .withConfig(new ConfigBuilder(Config.empty()).withMasterUrl(url).build()).build();
  }

  private static String fussy(String name, String spec) {
    return "{\"metadata\":{\"name\":\"" + name + "\",\"namespace\":\"x\",\"resourceVersion\":\"1\"},\"spec\":{" + spec + "}}";
  }

  private void list(String... objects) throws Exception {
    server.then(200, "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" + String.join(",", objects) + "]}");
    Retriever.of(client, Fussy.class).listerWatcher().list(new ListOptions(), recorded);
  }

  @Nested
  class Binding {

    @ParameterizedTest(name = "{0} thrown by a setter or creator")
    @EnumSource(mode = Mode.EXCLUDE, names = "OUT_OF_MEMORY")
    void costsThatObjectAlone(Thrown thrown) throws Exception {
      // Jackson 2 goes through the causes itself, without end
      boolean endless = thrown == Thrown.CAUSES_WITHOUT_END || thrown == Thrown.A_RING_OF_CAUSES;
      assumeTrue(!endless || Failures.class.getClassLoader().getResource(JACKSON_2) == null);
      list(fussy("a", "\"setter\":\"" + thrown + "\""), fussy("b", "\"creator\":\"" + thrown + "\""), fussy("c", ""));

      assertThat(recorded.told).containsExactly("UNDECODABLE x/a@1", "UNDECODABLE x/b@1", "ADDED x/c@1");
      assertThat(recorded.undecodable).allSatisfy(one -> assertThat(one.toString()).startsWith("x/"));
    }

    @Test
    void aLackOfMemorySaysNothingOfTheObjectAndFailsTheList() {
      assertThatExceptionOfType(OutOfMemoryError.class)
          .isThrownBy(() -> list(fussy("a", "\"setter\":\"OUT_OF_MEMORY\""), fussy("b", "")));
      assertThat(recorded.told).isEmpty();
    }

    @Test
    void isToldByClassPlaceAndFieldWithoutTheValue() throws Exception {
      list(fussy("a", "\"port\":\"" + SECRET + "\""), fussy("b", "\"text\":\"" + SECRET + "\""),
          "{\"metadata\":{\"name\":\"c\"},\"spec\":" + SECRET + "}");

      assertThat(recorded.undecodable).map(Undecodable::toString).map(text -> text.replaceAll("\\.java:\\d+", ""))
          .satisfies(texts -> {
            assertThat(texts.get(0)).matches("x/a: " + JACKSON + "databind\\.exc\\.InvalidFormatException, field spec\\.port");
            assertThat(texts.get(1)).isEqualTo("x/b: java.lang.NumberFormatException"
                + " at io.kooper.retrieve.UserCodeTest$FussySpec.setText(UserCodeTest), field spec"); // all that Jackson says
            assertThat(texts.get(2)).matches("c: " + JACKSON + "core\\.(exc\\.StreamReadException|JsonParseException)");
          });
      assertThat(recorded.undecodable.toString()).doesNotContain(SECRET);
    }

    @Test
    void aPathThatAValueClaimsIsNotShown() {
      Undecodable one = new Undecodable(null, null, null, false,
          new IllegalStateException("(through reference chain: Foo[\"" + SECRET + "\"])"));
      assertThat(one.toString()).doesNotContain(SECRET);
    }
  }

  @Nested
  class Functions {

    @ParameterizedTest(name = "{0} thrown by a function")
    @EnumSource
    void isAFailureOfTheRequest(Thrown thrown) {
      Runnable code = thrown.code();
      ListerWatcher<ConfigMap> source = Retriever.<ConfigMap>of(ConfigMap.class, options -> {
        code.run();
        return null;
      }, (options, watcher) -> {
        code.run();
        return null;
      }).listerWatcher();
      Recorded<ConfigMap> sink = new Recorded<>();
      assertThat(catchThrowableOfType(RetrieveException.class, () -> source.list(new ListOptions(), sink)))
          .extracting(RetrieveException::reason).isEqualTo(Reason.UNKNOWN);
      assertThat(catchThrowableOfType(RetrieveException.class, () -> source.watch(new ListOptions(), sink)))
          .extracting(RetrieveException::reason).isEqualTo(Reason.UNKNOWN);
    }

    @ParameterizedTest(name = "{0} thrown by the end of a watch")
    @EnumSource
    void aWatchThatCannotBeClosedHasEndedAllTheSame(Thrown thrown) throws Exception {
      Recorded<ConfigMap> sink = new Recorded<>();
      Retriever.<ConfigMap>of(ConfigMap.class, options -> null, (options, watcher) -> thrown.code()::run)
          .listerWatcher().watch(new ListOptionsBuilder().withTimeoutSeconds(0L).build(), sink);
    }

    @ParameterizedTest(name = "{0} behind what a watch ended with")
    @EnumSource
    void aWatchEndsWithWhateverCauseItHas(Thrown thrown) {
      ListerWatcher<ConfigMap> source = Retriever.<ConfigMap>of(ConfigMap.class, options -> null, (options, watcher) -> {
        watcher.onClose(new WatcherException("ended", thrown.make()));
        return null;
      }).listerWatcher();
      assertThat(catchThrowableOfType(RetrieveException.class, () -> source.watch(new ListOptions(), new Recorded<>())))
          .hasMessageContaining("WatcherException: ended");
    }

    @Test
    void aNullInAListHidesNoOther() throws Exception {
      Recorded<ConfigMap> sink = new Recorded<>();
      ConfigMap sound = new ConfigMap();
      sound.setMetadata(new ObjectMetaBuilder().withName("a").build());
      ConfigMapList list = new ConfigMapListBuilder().withNewMetadata().withResourceVersion("1").endMetadata().build();
      list.setItems(Arrays.asList(null, sound));
      Retriever.of(ConfigMap.class, options -> list, (options, watcher) -> null).listerWatcher().list(new ListOptions(), sink);
      assertThat(sink.told).containsExactly("UNDECODABLE null@null", "ADDED a@null");
    }

    @Test
    void whatFabric8CannotBindForThemIsTheirsToo() {
      server.then(200, "{\"metadata\":{},\"items\":[" + fussy("a", "\"port\":\"" + SECRET + "\"") + "]}");
      ListerWatcher<Fussy> source = Retriever.<Fussy>of(Fussy.class,
          options -> client.resources(Fussy.class).list(options), (options, watcher) -> null).listerWatcher();

      RetrieveException failure = catchThrowableOfType(
          RetrieveException.class, () -> source.list(new ListOptions(), new Recorded<>()));
      assertThat(failure.reason()).isEqualTo(Reason.UNDECODABLE);
      assertThat(failure).hasMessageContaining("field items[0].spec.port").hasMessageNotContaining(SECRET);
    }

    @Test
    void aSelectionThatThrowsAnythingIsRefused() {
      assertThatIllegalArgumentException().isThrownBy(() -> Retriever.of(client, ConfigMap.class, c -> {
        Thrown.MUTE.code().run();
        return c.configMaps();
      })).withMessageContaining("Mute");
    }
  }

  @Nested
  class Addresses {

    @Test
    void theUserInformationOfTheServersIsNotShown() throws Exception {
      String url = server.url().replace("http://", "http://admin:" + SECRET + "@");
      server.close();
      try (KubernetesClient unreachable = client(url)) {
        Duration patience = Duration.ofSeconds(5);
        HttpListerWatcher<ConfigMap> source = new HttpListerWatcher<>(unreachable, ConfigMap.class,
            new Target(url, "", "v1", "configmaps", "x", Map.of()), null, HttpListerWatcher.Form.PACKED,
            new Deadlines(patience, patience, patience, patience));
        RetrieveException failure = catchThrowableOfType(
            RetrieveException.class, () -> source.list(new ListOptions(), new Recorded<>()));
        assertThat(failure).hasMessageContaining(" at http://127.0.0.1:").hasMessageNotContaining(SECRET)
            .hasMessageNotContaining("admin");
      }
      assertThatIllegalArgumentException().isThrownBy(
          () -> Target.ofList("https://other/", URI.create("https://admin:" + SECRET + "@host/x")))
          .withMessageContaining("https://host/x");
    }
  }

  /** Has no creator that is known without the {@link Creator}, as a class of another language. */
  @Group("example.com")
  @Version("v1")
  static final class Created extends CustomResource<Void, Void> implements Namespaced {
    private static final long serialVersionUID = 1L;
    private final String tag;

    private Created(String tag) {
      this.tag = tag;
    }

    static Created of(String tag) {
      return new Created(tag);
    }

    public String getTag() {
      return tag;
    }
  }

  abstract static class Creator {
    @JsonCreator
    static Created of(@JsonProperty("tag") String tag) {
      throw new IllegalStateException("only its annotations count");
    }
  }

  @Nested
  class Copies {

    private final KubernetesSerialization own = serialization();

    /** Of the Jackson that the client has: 3, or 2 before fabric8 8. */
    private static KubernetesSerialization serialization() {
      try {
        var constructor = Stream.of(KubernetesSerialization.class.getConstructors())
            .filter(one -> one.getParameterCount() == 2).findFirst().orElseThrow();
        Class<?> type = constructor.getParameterTypes()[0];
        Object mapper;
        if (type.isAssignableFrom(JsonMapper.class)) {
          mapper = JsonMapper.builder().addMixIn(Created.class, Creator.class).build();
        } else {
          mapper = type.getConstructor().newInstance();
          type.getMethod("addMixIn", Class.class, Class.class).invoke(mapper, Created.class, Creator.class);
        }
        return (KubernetesSerialization) constructor.newInstance(mapper, true);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    private void areSound(Function<KubernetesClient, Retriever<Created>> made) {
      Created object = Created.of("x");
      object.setMetadata(new ObjectMetaBuilder().withName("a").build());
      try (KubernetesClient owner = new KubernetesClientBuilder().withKubernetesSerialization(own)
          .withConfig(new ConfigBuilder(Config.empty()).withMasterUrl(server.url()).build()).build()) {
        Created copy = made.apply(owner).copy(object);
        assertThat(copy).isNotSameAs(object);
        assertThat(copy.getTag()).isEqualTo("x");
        assertThat(copy.getMetadata()).isNotSameAs(object.getMetadata()).isEqualTo(object.getMetadata());
      }
    }

    @Test
    void areMadeByTheSerializationOfTheClient() {
      areSound(owner -> Retriever.of(owner, Created.class));
      areSound(owner -> Retriever.of(owner, Created.class, c -> c.resources(Created.class).inAnyNamespace()));
      areSound(owner -> Retriever.builder(owner, Created.class).inNamespace("x").withLabelSelector("a=b").build());
      areSound(owner -> CRD.builder(owner, Created.class).definition(CrdDefinitions.of(Created.class)).build());
    }

    @Test
    void ofASourceWithoutAClientAreMadeByTheDefaultOne() {
      Fussy object = new Fussy();
      object.setMetadata(new ObjectMetaBuilder().withName("a").build());
      object.setSpec(new FussySpec(null));
      Retriever<Fussy> retriever = Retriever.of(Fussy.class, options -> null, (options, watcher) -> null);
      Fussy copy = retriever.copy(object);
      assertThat(copy).isNotSameAs(object);
      assertThat(copy.getMetadata()).isNotSameAs(object.getMetadata()).isEqualTo(object.getMetadata());
    }
  }
}
