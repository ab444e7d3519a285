package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.fake.NoThread;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class HookTest {

  @Test
  void metricsAreClosedByTheSecondCallIfThereWasNoThreadForTheFirst() {
    AtomicBoolean closed = new AtomicBoolean();
    Hook<AutoCloseable> hook = new Hook<>(Log.of(HookTest.class), "x", () -> {});
    hook.open(() -> closed.set(true));
    NoThread.limit();
    NoThread.failOnce();
    Loop.run(Log.of(HookTest.class), "{}: again", "x", () -> {
      hook.close("closing");
      return false;
    });
    assertThat(closed).isTrue();
  }
}
