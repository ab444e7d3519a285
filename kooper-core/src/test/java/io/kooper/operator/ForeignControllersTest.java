package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import ch.qos.logback.classic.Level;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerException;
import io.kooper.controller.Health;
import io.kooper.crd.CRD;
import io.kooper.fake.Logs;
import io.kooper.fake.Thrown;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a controller or a definition of somebody else throws: run() and close() end, and the others are stopped. */
@Timeout(60)
class ForeignControllersTest {

  private final Logs quiet = new Logs("io.kooper", Level.ERROR);
  private final CountDownLatch running = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  @AfterEach
  void stop() {
    quiet.close();
  }

  /** Runs until it is closed. */
  private Controller sound() throws Exception {
    Controller sound = mock(Controller.class, call -> switch (call.getMethod().getName()) {
      case "name" -> "sound";
      case "isCalledByHandler" -> false;
      case "health" -> new Health(true, true, null, List.of());
      case "run" -> {
        running.countDown();
        closed.await();
        yield null;
      }
      case "close" -> {
        closed.countDown();
        yield null;
      }
      default -> call.callRealMethod();
    });
    return sound;
  }

  @ParameterizedTest(name = "{0} thrown by all methods of a controller")
  @EnumSource
  void aControllerThatThrowsEndsTheOthers(Thrown thrown) throws Exception {
    Controller broken = mock(Controller.class, call -> {
      if (call.getMethod().getName().equals("run")) {
        running.await();
      }
      Thrown.sneak(thrown.make());
      return null;
    });
    Operator operator = Operator.builder("o").controller(sound()).controller(broken).build();

    assertThat(operator.health().live()).isTrue();
    assertThatThrownBy(operator::run).isInstanceOf(ControllerException.class);
    assertThat(closed.getCount()).isZero();
    assertThat(operator.health().reasons()).isNotEmpty();
    operator.close();
  }

  @ParameterizedTest(name = "{0} thrown by all methods of a definition")
  @EnumSource
  void aDefinitionThatThrowsFailsTheRun(Thrown thrown) throws Exception {
    CRD<?> broken = mock(CRD.class, call -> {
      Thrown.sneak(thrown.make());
      return null;
    });
    CRD<?> brokenLater = mock(CRD.class, call -> {
      if (!call.getMethod().getName().equals("plural")) {
        Thrown.sneak(thrown.make());
      }
      return "foos";
    });
    for (CRD<?> crd : List.of(broken, brokenLater)) {
      Operator operator = Operator.builder("o").crd(crd).controller(sound()).build();
      assertThatThrownBy(operator::run).isInstanceOf(ControllerException.class);
      operator.close();
      assertThat(operator.health().live()).isFalse();
    }
  }
}
