package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.fake.FakeSource;
import io.kooper.operator.Operator;
import io.kooper.queue.WorkQueue.Item.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a debug page shows of a controller. */
class QueueViewTest {

  private final Rig rig = new Rig();
  private final CountDownLatch go = new CountDownLatch(1);

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  private List<String> lines() {
    return rig.controller().queue().stream().map(QueuedKey::toString).toList();
  }

  @Test
  void showsWhatRunsWhatIsReadyAndWhatIsDelayedInThisOrder() {
    rig.behave((call, context) -> {
      if (call.name().equals("fails")) {
        throw new IllegalStateException("as the test wants it");
      }
      go.await();
    });
    rig.put("fails", "1").start(builder -> builder.rateLimiter((key, failures) -> Duration.ofMinutes(failures)));
    rig.awaitCalls(1);
    rig.advanceUntil(Duration.ofSeconds(1), () -> lines().stream().anyMatch(line -> line.contains("after 2 failures")));
    rig.put("runs", "1").awaitCalls(3).put("older", "1").awaitHeard("older=1");
    rig.clock.advance(Duration.ofMillis(500));
    rig.put("younger", "1").awaitHeard("younger=1");
    rig.clock.advance(Duration.ofMillis(500));

    Rig.await(() -> lines().size() == 4);
    assertThat(lines()).startsWith("configmaps: default/runs running PT1S", "configmaps: default/older ready PT1S",
        "configmaps: default/younger ready PT0.5S").last().asString()
        .matches("configmaps: default/fails delayed PT1M5\\d\\S*S after 2 failures");
  }

  @Test
  void ofAnOperatorIsThatOfItsControllers() {
    rig.start();
    Operator operator = Operator.builder("o").controller(new QueueOf("a")).controller(new QueueOf("b")).build();

    assertThat(operator.queue()).extracting(QueuedKey::controller).containsExactly("a", "b");
    operator.close();
  }

  /** A foreign controller with one key. */
  private record QueueOf(String name) implements Controller {

    @Override
    public void run() {}

    @Override
    public void close() {}

    @Override
    public List<QueuedKey> queue() {
      return List.of(new QueuedKey(name, FakeSource.key("k"), Status.READY,
          Duration.ZERO, 0));
    }

    @Override
    public Health health() {
      return new Health(true, true, null, List.of());
    }
  }
}
