package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.fake.FakeSource;
import io.kooper.handler.TerminalException;
import io.kooper.metrics.ControllerFigures;
import io.kooper.metrics.ControllerMetrics;
import io.kooper.metrics.EventType;
import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.InformerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.queue.Lane;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@Tag("K11")
class MetricsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Rig rig = new Rig();
  private final CountDownLatch go = new CountDownLatch(1);
  private final Notes notes = new Notes();

  /** Writes down what is recorded, without the queue's waiting times, which {@link Notes#waits} has. */
  private static final class Notes implements MetricsRecorder, ControllerMetrics, InformerMetrics {

    final List<String> lines = new CopyOnWriteArrayList<>();
    final List<Long> waits = new CopyOnWriteArrayList<>();
    volatile ControllerFigures figures;
    volatile InformerFigures informer;
    volatile boolean broken;

    @Override
    public ControllerMetrics controller(String name, ControllerFigures now) {
      lines.add("open " + name);
      figures = now;
      return this;
    }

    @Override
    public InformerMetrics informer(String name, InformerFigures now) {
      lines.add("open informer " + name);
      informer = now;
      return this;
    }

    private void note(String line) {
      lines.add(line);
      if (broken) {
        throw new StackOverflowError("broken metrics");
      }
    }

    @Override
    public void queued(EventType type) {
      note("queued " + type.label());
    }

    @Override
    public void taken(long waitedNanos) {
      waits.add(waitedNanos);
    }

    @Override
    public void processed(EventType type, long tookNanos, boolean succeeded) {
      note((succeeded ? "processed " : "failed ") + type.label() + " in " + Duration.ofNanos(tookNanos));
    }

    @Override
    public void retried() {
      note("retried");
    }

    @Override
    public void gaveUp() {
      note("gave up");
    }

    @Override
    public void timedOut() {
      note("timed out");
    }

    @Override
    public void listed(boolean first) {
      note(first ? "listed" : "listed again");
    }

    @Override
    public void listFailed(Reason reason) {
      note("list failed " + reason);
    }

    @Override
    public void watchEnded(@Nullable Reason reason) {
      note("watch ended " + reason);
    }

    @Override
    public void close() {
      note("close");
    }
  }

  @AfterEach
  void stop() {
    go.countDown();
    rig.close();
  }

  private MetricsTest start() {
    rig.start(builder -> builder.metrics(notes));
    return this;
  }

  /** What was recorded, once the controller has ended. */
  private List<String> recorded() throws Exception {
    rig.controller().close();
    rig.awaitEnd();
    return notes.lines;
  }

  /** For tests that move the clock, perhaps while a call goes on. */
  private static String withoutTime(String line) {
    return line.replaceAll(" in PT.*", "");
  }

  @Test
  @DisplayName("K11: an object that comes, changes and goes is an add, an update and a delete, each queued and processed once")
  void typesAreTrue() throws Exception {
    rig.put("a", "1");
    start();
    rig.awaitCalls(1).put("a", "2").awaitCalls(2).source.delete("a");
    rig.awaitCalls(3);

    assertThat(recorded()).containsExactlyInAnyOrder("open configmaps", "open informer configmaps", "listed",
        "queued add", "processed add in PT0S", "queued update", "processed update in PT0S",
        "queued delete", "processed delete in PT0S", "close", "close");
    assertThat(notes.waits).containsExactly(0L, 0L, 0L);
  }

  @Test
  @DisplayName("K11: a failure is no success: each failed call, retry and giving up is counted, and the time of each call taken")
  void failuresAreTrue() throws Exception {
    rig.behave((call, context) -> {
      rig.clock.advance(SECOND);
      throw new IllegalStateException("as asked");
    });
    rig.put("a", "1").start(builder -> builder.metrics(notes).retries(2));
    rig.advanceUntil(SECOND, () -> notes.lines.contains("gave up"));

    assertThat(recorded()).filteredOn(line -> line.startsWith("failed add in PT")).hasSize(3)
        .doesNotContain("failed add in PT0S");
    assertThat(notes.lines).filteredOn(line -> line.equals("retried")).hasSize(2);
    assertThat(notes.lines).filteredOn(line -> line.equals("queued requeue")).hasSize(2);
    assertThat(notes.lines).noneMatch(line -> line.startsWith("processed"));
  }

  @Test
  void aRefusalIsAFailureThatIsGivenUp() throws Exception {
    rig.behave((call, context) -> {
      throw new TerminalException("nonsense");
    });
    rig.put("a", "1");
    start();
    Rig.await(() -> notes.lines.contains("gave up"));

    assertThat(recorded()).contains("failed add in PT0S").doesNotContain("retried", "queued requeue");
  }

  @Test
  @DisplayName("K11: the type is the call's: adds that fail are adds, the deletes after them are deletes")
  void deletesAfterFailedAddsAreDeletes() throws Exception {
    rig.behave((call, context) -> {
      if (call.isAdd()) {
        throw new IllegalStateException("as asked");
      }
    });
    for (int i = 0; i < 10; i++) {
      rig.put("a" + i, "1");
    }
    rig.start(builder -> builder.metrics(notes).retries(0)).awaitCalls(10);
    for (int i = 0; i < 10; i++) {
      rig.source.delete("a" + i);
    }
    rig.awaitCalls(20);

    assertThat(recorded()).filteredOn(line -> line.equals("failed add in PT0S")).hasSize(10);
    assertThat(notes.lines).filteredOn(line -> line.equals("processed delete in PT0S")).hasSize(10);
  }

  @Test
  void aCallThatWasAskedForIsARequeue() throws Exception {
    rig.behave((call, context) -> {
      if (rig.calls().size() < 2) {
        context.requeueAfter(SECOND);
      }
    });
    rig.put("a", "1");
    start();
    rig.awaitCalls(1).advanceUntil(SECOND, () -> rig.calls().size() == 2);

    assertThat(recorded()).extracting(MetricsTest::withoutTime)
        .contains("queued requeue", "processed add", "processed requeue").doesNotContain("retried");
  }

  @Test
  void aResyncIsAResync() throws Exception {
    rig.put("a", "1").start(builder -> builder.metrics(notes).resync(SECOND));
    rig.awaitCalls(1).advanceUntil(SECOND, () -> rig.calls().size() >= 2);

    assertThat(recorded()).extracting(MetricsTest::withoutTime)
        .contains("queued resync", "processed resync").doesNotContain("queued update");
  }

  @Test
  @DisplayName("K17: a call that takes longer than it may is counted as that and as failed, though it returns")
  void timeoutsAreCounted() throws Exception {
    rig.behave((call, context) -> {
      try {
        go.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        go.countDown(); // and returns as if all were well
      }
    });
    rig.put("a", "1").start(builder -> builder.metrics(notes).handlerTimeout(SECOND).retries(0));
    rig.advanceUntil(SECOND, () -> notes.lines.contains("gave up"));

    assertThat(recorded()).contains("timed out").noneMatch(line -> line.startsWith("processed"));
  }

  @Test
  @DisplayName("K11: figures are those of now, and return to zero")
  void figuresAreTrue() {
    rig.behave((call, context) -> go.await(30, TimeUnit.SECONDS));
    rig.put("a", "1").put("b", "1");
    start();
    rig.awaitCalls(1).awaitHeard("a=1").awaitHeard("b=1");
    ControllerFigures figures = notes.figures;
    rig.clock.advance(SECOND);

    assertThat(figures.inFlight()).isEqualTo(1);
    assertThat(figures.longestRunning()).isEqualTo(SECOND);
    assertThat(figures.queueLength(Lane.RESYNC)).as("the first list waits low").isEqualTo(1);
    assertThat(figures.queueLength(Lane.CHANGE)).isZero();
    assertThat(figures.oldestWaiting()).isEqualTo(SECOND);
    assertThat(figures.workers()).isEqualTo(1);
    InformerFigures informer = notes.informer;
    assertThat(figures.informers()).containsExactly("configmaps");
    assertThat(informer.objects()).isEqualTo(2);
    assertThat(informer.synced()).isTrue();
    Rig.await(informer::watching);
    assertThat(informer.sinceLastEvent()).isEqualTo(SECOND);

    go.countDown();
    Rig.await(() -> figures.inFlight() == 0 && figures.queueLength(Lane.RESYNC) == 0 && rig.calls().size() == 2);
    assertThat(figures.longestRunning()).isZero();
    assertThat(figures.oldestWaiting()).isZero();
  }

  @Test
  void listsAndWatchesThatFailAreToldWithTheirReason() throws Exception {
    rig.source.failList(FakeSource.fault(Reason.FORBIDDEN));
    start();
    rig.advanceUntil(SECOND, () -> notes.lines.contains("listed") && rig.source.watching() == 1);
    rig.source.endWatch(FakeSource.fault(Reason.GONE));
    rig.advanceUntil(SECOND, () -> notes.lines.contains("listed again"));

    assertThat(recorded()).containsSubsequence("list failed FORBIDDEN", "listed", "watch ended GONE", "listed again");
  }

  @Test
  @DisplayName("What metrics throw loses no key and ends nothing")
  void brokenMetricsDisturbNobody() throws Exception {
    notes.broken = true;
    rig.put("a", "1");
    start();
    rig.awaitCalls(1).put("a", "2").settle();

    assertThat(rig.told()).containsExactly("add a=1", "add a=2");
    rig.controller().close();
    rig.awaitEnd();
  }

  @Test
  @DisplayName("K16: metrics that hang when they are closed are waited for for 5 s")
  void metricsThatHangDoNotKeepTheEndAway() throws Exception {
    Controller controller = rig.build(builder -> builder.metrics(new MetricsRecorder() {
      @Override
      public ControllerMetrics controller(String name, ControllerFigures figures) {
        return new ControllerMetrics() {
          @Override
          public void close() {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
      }
    }));
    Thread run = new Thread(controller::run);
    run.start();
    Rig.await(() -> controller.health().ready());

    controller.close();

    run.join();
  }

  @Test
  void aRecorderThatRefusesTheNameFailsTheRun() {
    Controller controller = rig.build(builder -> builder.metrics(new MetricsRecorder() {
      @Override
      public ControllerMetrics controller(String name, ControllerFigures figures) {
        throw new IllegalArgumentException("there is another " + name);
      }
    }));

    assertThatThrownBy(controller::run).isInstanceOf(ControllerException.class)
        .hasMessageContaining("there is another configmaps");
  }
}
