package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ControllerBuilderTest {

  private final Retriever<ConfigMap> retriever = new FakeSource().retriever();
  private final Handler<ConfigMap> handler = (context, object) -> {};

  @Test
  @Tag("K14")
  @DisplayName("K14: all that is wrong is refused at once, when it is built")
  void allThatIsWrongIsRefusedAtOnce() {
    var builder = Controller.builder(retriever, handler)
        .name(" ")
        .workers(0)
        .resync(Duration.ofMillis(999))
        .retries(-1)
        .syncTimeout(Duration.ZERO)
        .stopDeadline(Duration.ofSeconds(-1));

    assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("name is blank", "workers is 0",
            "resync is PT0.999S", "retries is -1", "syncTimeout is PT0S", "stopDeadline is PT-1S");
    assertThatThrownBy(() -> Controller.builder(retriever, handler).name("a\nb").build())
        .hasMessageContaining("name has a control character");
  }

  @Test
  @Tag("K14")
  @DisplayName("K14: what makes sense is accepted, and durations may be for ever")
  void whatMakesSenseIsAccepted() {
    assertThatCode(() -> Controller.builder(retriever, handler).name("n").workers(1).resync(Duration.ofSeconds(1))
        .retries(0).syncTimeout(Duration.ofNanos(1)).stopDeadline(Duration.ZERO).build())
        .doesNotThrowAnyException();
    Duration forever = ChronoUnit.FOREVER.getDuration();
    assertThatCode(() -> Controller.builder(retriever, handler).retries(Integer.MAX_VALUE).resync(forever)
        .syncTimeout(forever).stopDeadline(forever).build())
        .doesNotThrowAnyException();
  }

  @Test
  @Tag("K14")
  @DisplayName("K14: a controller that was built does not change with its builder")
  void aBuiltControllerDoesNotChangeWithItsBuilder() {
    var builder = Controller.builder(retriever, handler).name("first");
    Controller first = builder.build();
    Controller second = builder.name("second").workers(7).build();

    assertThat(first.name()).isEqualTo("first");
    assertThat(second.name()).isEqualTo("second");
  }

  @Test
  @Tag("K14")
  @DisplayName("K14: a concurrent controller has two workers or more")
  void aConcurrentControllerHasTwoWorkersOrMore() {
    assertThatThrownBy(() -> Controller.concurrent(1, retriever, handler))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("2 or more").hasMessageContaining("1");
    assertThatCode(() -> Controller.concurrent(2, retriever, handler)).doesNotThrowAnyException();
  }

  @Test
  void itIsCalledAfterItsResourceUnlessItHasAName() {
    assertThat(Controller.sequential(retriever, handler).name()).isEqualTo("configmaps");
    assertThatThrownBy(() -> Controller.sequential(nameless(), handler))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("name");
    assertThat(Controller.builder(nameless(), handler).name("n").build().name()).isEqualTo("n");
  }

  private Retriever<ConfigMap> nameless() {
    return new Retriever<>() {
      @Override
      public ListerWatcher<ConfigMap> listerWatcher() {
        return new FakeSource();
      }

      @Override
      public Class<ConfigMap> objectType() {
        return ConfigMap.class;
      }

      @Override
      public String plural() {
        return "";
      }
    };
  }

  @Test
  void nullIsRefusedWhereItIsGiven() {
    assertThatThrownBy(() -> Controller.builder(null, handler)).isInstanceOf(NullPointerException.class).hasMessage("retriever");
    assertThatThrownBy(() -> Controller.builder(retriever, null)).isInstanceOf(NullPointerException.class).hasMessage("handler");
    var builder = Controller.builder(retriever, handler);
    assertThatThrownBy(() -> builder.name(null)).isInstanceOf(NullPointerException.class).hasMessage("name");
    assertThatThrownBy(() -> builder.clock(null)).isInstanceOf(NullPointerException.class).hasMessage("clock");
    assertThatThrownBy(() -> builder.executor(null)).isInstanceOf(NullPointerException.class).hasMessage("executor");
    assertThatThrownBy(() -> builder.listener(null)).isInstanceOf(NullPointerException.class).hasMessage("listener");
  }
}
