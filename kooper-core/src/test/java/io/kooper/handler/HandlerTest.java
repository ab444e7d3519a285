package io.kooper.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class HandlerTest {

  private final Secret secret = new SecretBuilder().withNewMetadata().withNamespace("ns").withName("s")
      .withResourceVersion("7").endMetadata().addToStringData("password", "hunter2").build();

  @SuppressWarnings("unchecked")
  private final HandlerContext<Secret> context = mock(HandlerContext.class);

  @Test
  @Tag("K15")
  @DisplayName("K15: a null function is refused when the handler is made, with its name")
  void aNullFunctionIsRefused() {
    Handler.Function<Secret> nothing = (c, object) -> {};
    assertThatThrownBy(() -> Handler.of(null, nothing))
        .isInstanceOf(NullPointerException.class).hasMessageContaining("add function");
    assertThatThrownBy(() -> Handler.of(nothing, null))
        .isInstanceOf(NullPointerException.class).hasMessageContaining("delete function");
    assertThatThrownBy(() -> Handler.logging(null))
        .isInstanceOf(NullPointerException.class).hasMessageContaining("logger");
  }

  @Test
  void eachFunctionIsCalledForItsOwn() throws Exception {
    List<String> calls = new ArrayList<>();
    Handler<Secret> handler = Handler.of((c, object) -> calls.add("add"), (c, object) -> calls.add("delete"));

    handler.add(context, secret);
    handler.delete(context, secret);

    assertThat(calls).containsExactly("add", "delete");
  }

  @Test
  void aLambdaHandlesAddsAndTakesDeletesQuietly() {
    Handler<Secret> handler = (c, object) -> {
      throw new IllegalStateException();
    };

    assertThatThrownBy(() -> handler.add(context, secret)).isInstanceOf(IllegalStateException.class);
    assertThatCode(() -> handler.delete(context, secret)).doesNotThrowAnyException();
  }

  @Test
  void theLoggingHandlerNamesTheObjectAndItsVersionAndNothingElse() throws Exception {
    Logger logger = mock(Logger.class);
    when(context.controller()).thenReturn("secrets");
    when(context.key()).thenReturn(new ObjectKey("ns", "s"));
    Handler<Secret> handler = Handler.logging(logger);

    handler.add(context, secret);
    handler.delete(context, secret);

    verify(logger).info(contains("add"), eq("secrets"), eq(new ObjectKey("ns", "s")), eq("7"));
    verify(logger).info(contains("delete"), eq("secrets"), eq(new ObjectKey("ns", "s")), eq("7"));
    verifyNoMoreInteractions(logger);
  }
}
