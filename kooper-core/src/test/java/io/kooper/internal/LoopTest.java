package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.kooper.fake.Logs;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopTest {

  private final Log log = Log.of(LoopTest.class);

  @Test
  void goesOnWhateverIsThrownAndSaysItBeforeTheNextStep() {
    AtomicInteger steps = new AtomicInteger();
    try (Logs logs = new Logs(LoopTest.class.getName(), Level.INFO)) {
      Loop.run(log, "{}: a step failed", "pods", () -> {
        switch (steps.incrementAndGet()) {
          case 1 -> throw new OutOfMemoryError("as asked");
          case 2 -> assertThat(logs.lines()).containsExactly("ERROR pods: a step failed");
          case 3 -> throw new NoClassDefFoundError("as asked");
          default -> assertThat(logs.events()).hasSize(2);
        }
        return steps.get() < 4;
      });
      assertThat(steps).hasValue(4);
      assertThat(logs.events()).extracting(ILoggingEvent::getThrowableProxy).extracting(thrown -> thrown.getMessage())
          .containsOnly("as asked");
    }
  }

  @Test
  void saysNothingWhenNothingFails() {
    try (Logs logs = new Logs(LoopTest.class.getName(), Level.TRACE)) {
      Loop.run(log, "{}: a step failed", "pods", () -> false);
      assertThat(logs.lines()).isEmpty();
    }
  }
}
