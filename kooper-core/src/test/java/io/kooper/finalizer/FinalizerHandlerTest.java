package io.kooper.finalizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.ArgumentCaptor;
import org.mockito.InOrder;

class FinalizerHandlerTest {

  private static final String OURS = "example.com/dns-record";

  private final KubernetesSerialization json = new KubernetesSerialization();
  private final KubernetesClient client = mock();
  private final NamespaceableResource<ConfigMap> resource = mock();
  private final Handler<ConfigMap> handler = mock();
  private final HandlerContext<ConfigMap> context = mock();
  private final Handler<ConfigMap> finalizer = FinalizerHandler.of(client, OURS, handler);

  @BeforeEach
  void anApiServer() {
    when(client.getKubernetesSerialization()).thenReturn(json);
    when(client.resource(any(ConfigMap.class))).thenReturn(resource);
  }

  private static ConfigMap living(String... finalizers) {
    return new ConfigMapBuilder()
        .withNewMetadata().withNamespace("default").withName("web").withUid("u1").withResourceVersion("7")
        .withFinalizers(finalizers).endMetadata()
        .build();
  }

  private static ConfigMap deleted(String... finalizers) {
    return living(finalizers).edit().editMetadata().withDeletionTimestamp("2026-01-01T00:00:00Z").endMetadata().build();
  }

  private static KubernetesClientException failure(int code) {
    return new KubernetesClientException(new StatusBuilder().withCode(code).withMessage("the server says " + code).build());
  }

  private List<Object> patch() {
    ArgumentCaptor<String> patch = ArgumentCaptor.forClass(String.class);
    verify(resource).patch(argThat((PatchContext how) -> how.getPatchType() == PatchType.JSON), patch.capture());
    List<?> operations = json.unmarshal(patch.getValue(), List.class);
    return new ArrayList<>(operations);
  }

  private static Map<String, Object> operation(String op, String path, Object... value) {
    return value.length == 0 ? Map.of("op", op, "path", path) : Map.of("op", op, "path", path, "value", value[0]);
  }

  @Nested
  class AnObjectThatLives {

    @Test
    void getsTheFinalizerBeforeTheHandlerSeesIt() throws Exception {
      finalizer.add(context, living());

      verifyNoInteractions(handler);
      assertThat(patch()).containsExactly(
          operation("test", "/metadata/resourceVersion", "7"),
          operation("add", "/metadata/finalizers", List.of(OURS)));
    }

    @Test
    void keepsTheFinalizersOfOthers() throws Exception {
      finalizer.add(context, living("a.org/a", "b.org/b"));

      assertThat(patch()).containsExactly(
          operation("test", "/metadata/resourceVersion", "7"),
          operation("add", "/metadata/finalizers/-", OURS));
    }

    @Test
    void isAFailureWhenTheServerDidNotKeepTheFinalizer() {
      when(resource.patch(any(PatchContext.class), anyString())).thenReturn(living("a.org/a"));

      assertThatThrownBy(() -> finalizer.add(context, living("a.org/a")))
          .isInstanceOf(IllegalStateException.class).hasMessageContainingAll(OURS, "webhook");
    }

    @Test
    void isHandledOnceItHasTheFinalizer() throws Exception {
      ConfigMap object = living("a.org/a", OURS);

      finalizer.add(context, object);

      verify(handler).add(context, object);
      verifyNoInteractions(resource);
    }
  }

  @Nested
  class AnObjectThatIsBeingDeleted {

    @Test
    void isCleanedUpAfterAndThenLosesTheFinalizer() throws Exception {
      ConfigMap object = deleted("a.org/a", OURS);

      finalizer.add(context, object);

      InOrder order = inOrder(handler, resource);
      order.verify(handler).delete(any(), argThat(given -> given == object));
      order.verify(resource).patch(any(PatchContext.class), anyString());
      verify(handler, never()).add(any(), any());
      assertThat(patch()).containsExactly(
          operation("test", "/metadata/uid", "u1"),
          operation("test", "/metadata/finalizers/1", OURS),
          operation("remove", "/metadata/finalizers/1"));
    }

    @Test
    void isNotCalledBeforeItsLossOfTheFinalizerIsSeen() throws Exception {
      ConfigMap without = deleted();
      when(resource.patch(any(PatchContext.class), anyString())).thenReturn(without);

      finalizer.add(context, deleted(OURS));

      verify(context).wrote(without);
    }

    @Test
    void isLeftAloneWithoutTheFinalizer() throws Exception {
      finalizer.add(context, deleted("a.org/a"));

      verifyNoInteractions(handler, resource);
    }

    @Test
    void keepsTheFinalizerWhenTheCleanUpFails() throws Exception {
      doThrow(new IOException("no DNS")).when(handler).delete(any(), any());

      assertThatThrownBy(() -> finalizer.add(context, deleted(OURS))).hasMessage("no DNS");

      verifyNoInteractions(resource);
    }

    @Test
    void keepsTheFinalizerUntilACleanUpAsksForNoFurtherCall() throws Exception {
      when(context.requeued()).thenReturn(true, false);

      finalizer.add(context, deleted(OURS));
      verify(handler).delete(any(), any());
      verifyNoInteractions(resource);

      finalizer.add(context, deleted(OURS));
      assertThat(patch()).hasSize(3);
    }

    @Test
    void keepsTheFinalizerWhenTheCleanUpWasCancelled() throws Exception {
      when(context.cancelled()).thenReturn(true);

      finalizer.add(context, deleted(OURS));

      verify(handler).delete(any(), any());
      verifyNoInteractions(resource);
    }

    @Test
    void givesTheCleanUpTheContext() throws Exception {
      finalizer.add(context, deleted(OURS));

      verify(handler).delete(eq(context), any());
    }

    @Test
    void isNoMoreToldWhenItIsGone() throws Exception {
      finalizer.delete(context, deleted(OURS));

      verifyNoInteractions(handler, resource);
    }
  }

  @Nested
  class AnApiServerThatRefuses {

    private void refuses(int code) {
      when(resource.patch(any(PatchContext.class), anyString())).thenThrow(failure(code));
    }

    @ParameterizedTest
    @ValueSource(ints = {409, 422})
    void aStateThatIsNotTheNewestIsTriedAgainAsAConflict(int code) {
      refuses(code);

      for (ConfigMap object : List.of(living(), deleted(OURS))) {
        assertThatThrownBy(() -> finalizer.add(context, object))
            .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409))
            .hasMessageContainingAll(OURS, "the server says " + code);
      }
    }

    @Test
    void anObjectThatIsGoneNeedsNothing() {
      refuses(404);

      assertThatCode(() -> finalizer.add(context, living())).doesNotThrowAnyException();
      assertThatCode(() -> finalizer.add(context, deleted(OURS))).doesNotThrowAnyException();
    }

    @Test
    void anythingElseFailsAsItIs() {
      refuses(403);

      assertThatThrownBy(() -> finalizer.add(context, living()))
          .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
    }
  }

  @Nested
  class TheName {

    @ParameterizedTest
    @ValueSource(strings = {"example.com/dns-record", "a/B", "kooper.io/a_b.c-9"})
    void isQualified(String name) {
      assertThatCode(() -> FinalizerHandler.of(client, name, handler)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "dns-record", "/dns", "example.com/", "Example.com/dns", "example..com/dns", "a/b/c",
        "example.com/-dns", "example.com/d ns", "-example.com/dns"})
    void isRefusedOtherwise(String name) {
      assertThatThrownBy(() -> FinalizerHandler.of(client, name, handler))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"" + name + "\"");
    }

    @Test
    void mayNotBeLongerThanKubernetesTakes() {
      char[] letters = new char[254];
      Arrays.fill(letters, 'a');
      String many = new String(letters);

      assertThatCode(() -> FinalizerHandler.of(client, many.substring(1) + "/" + many.substring(0, 63), handler))
          .doesNotThrowAnyException();
      assertThatThrownBy(() -> FinalizerHandler.of(client, many + "/x", handler)).hasMessageContaining("qualified");
      assertThatThrownBy(() -> FinalizerHandler.of(client, "x/" + many.substring(0, 64), handler))
          .hasMessageContaining("qualified");
    }
  }

  @Nested
  class AnUninstall {

    private final List<List<ConfigMap>> lists = new ArrayList<>(); // what the source has, list by list; the last one stays
    private final Retriever<ConfigMap> configMaps = Retriever.of(ConfigMap.class, new ListerWatcher<>() {
      @Override
      public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) {
        assertThat(options.getLimit()).isEqualTo(500);
        (lists.size() > 1 ? lists.remove(0) : lists.get(0)).forEach(object -> events.accept(SourceEvent.added(object)));
        return "9";
      }

      @Override
      public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) {
        throw new AssertionError("nothing is watched");
      }
    });

    private int removeFromAll() throws Exception {
      return FinalizerHandler.removeFromAll(client, OURS, configMaps);
    }

    @Test
    void takesTheFinalizerOffAllThatCarryIt() throws Exception {
      lists.addAll(List.of(List.of(living("a.org/a", OURS), living("a.org/a")), List.of(living("a.org/a"))));

      assertThat(removeFromAll()).isEqualTo(1);

      assertThat(patch()).containsExactly(
          operation("test", "/metadata/uid", "u1"),
          operation("test", "/metadata/finalizers/1", OURS),
          operation("remove", "/metadata/finalizers/1"));
    }

    @Test
    void triesAgainWhatHasChangedMeanwhile() throws Exception {
      lists.addAll(List.of(List.of(living(OURS)), List.of(living("a.org/a", OURS)), List.of()));
      when(resource.patch(any(PatchContext.class), anyString())).thenThrow(failure(422)).thenReturn(null);

      assertThat(removeFromAll()).isEqualTo(1);
    }

    @Test
    void saysThatTheFinalizerIsPutOnAgain() {
      lists.add(List.of(living(OURS)));

      assertThatThrownBy(this::removeFromAll).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was taken off 1 objects, but is put on again");
    }

    @Test
    void passesOnWhatTheApiServerRefuses() {
      lists.add(List.of(living(OURS)));
      when(resource.patch(any(PatchContext.class), anyString())).thenThrow(failure(403));

      assertThatThrownBy(this::removeFromAll).isInstanceOf(KubernetesClientException.class);
    }

    @Test
    void saysWhatItCannotRead() {
      Retriever<ConfigMap> unreadable = Retriever.of(ConfigMap.class, new ListerWatcher<>() {
        @Override
        public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) {
          events.accept(SourceEvent.unreadable(
              new Undecodable(new ObjectKey("default", "bad"), null, null, false, new IOException("secret"))));
          return "9";
        }

        @Override
        public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) {}
      });

      assertThatThrownBy(() -> FinalizerHandler.removeFromAll(client, OURS, unreadable))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("default/bad").hasMessageNotContaining("secret");
    }
  }
}
