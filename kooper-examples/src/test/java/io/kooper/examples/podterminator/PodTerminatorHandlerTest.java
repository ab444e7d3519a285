package io.kooper.examples.podterminator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.kooper.clock.ManualClock;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodTerminatorHandlerTest {

  private static final Map<String, String> LABELS = Map.of("app", "victim");

  private final ManualClock clock = new ManualClock();
  private final FakePods pods = new FakePods();
  private final PodTerminatorHandler handler = new PodTerminatorHandler(pods, clock, new Random(1));
  private final HandlerContext<PodTerminator> context = mock();

  private static final class FakePods implements PodTerminatorHandler.Pods {

    final List<Pod> running = new ArrayList<>();
    final List<Pod> terminated = new ArrayList<>();

    @Override
    public List<Pod> running(Map<String, String> selector) {
      return selector.equals(LABELS) ? List.copyOf(running) : List.of();
    }

    @Override
    public void terminate(Pod pod) {
      running.remove(pod);
      terminated.add(pod);
    }

    void start(int count) {
      for (int i = 0; i < count; i++) {
        running.add(new PodBuilder().withNewMetadata().withNamespace("default").withName("p" + i).endMetadata().build());
      }
    }
  }

  private static PodTerminator terminator(PodTerminatorSpec spec) {
    PodTerminator terminator = new PodTerminator();
    terminator.getMetadata().setName("t");
    terminator.getMetadata().setUid("1");
    terminator.setSpec(spec);
    return terminator;
  }

  @ParameterizedTest
  @CsvSource({
    "10, 50, 0, 5",
    "10, 0, 0, 0",
    "10, 100, 0, 10",
    "3, 50, 0, 1", // rounded down
    "1, 99, 0, 0",
    "10, 100, 4, 6", // a minimum is left
    "3, 100, 5, 0",
    "0, 100, 0, 0", // no targets
  })
  void countsByPercentAndMinimum(int running, int percent, int minimum, int expected) {
    assertThat(PodTerminatorHandler.count(new PodTerminatorSpec(LABELS, 1, percent, minimum, false), running))
        .isEqualTo(expected);
  }

  @Test
  void terminatesOnceAPeriodAndNotAtOnce() {
    pods.start(8);
    PodTerminator terminator = terminator(new PodTerminatorSpec(LABELS, 60, 50, 0, false));

    handler.add(context, terminator);
    assertThat(pods.terminated).isEmpty();
    verify(context).requeueAfter(Duration.ofSeconds(60));

    clock.advance(Duration.ofSeconds(59)); // a change comes in between
    handler.add(context, terminator);
    assertThat(pods.terminated).isEmpty();
    verify(context).requeueAfter(Duration.ofSeconds(1));

    clock.advance(Duration.ofSeconds(1));
    handler.add(context, terminator);
    assertThat(pods.terminated).hasSize(4);
  }

  @Test
  void aShorterPeriodCountsAtOnce() {
    handler.add(context, terminator(new PodTerminatorSpec(LABELS, 3600, 50, 0, false)));

    handler.add(context, terminator(new PodTerminatorSpec(LABELS, 10, 50, 0, false)));

    verify(context).requeueAfter(Duration.ofSeconds(10));
  }

  @Test
  void aDryRunTerminatesNothing() {
    pods.start(8);
    PodTerminator terminator = terminator(new PodTerminatorSpec(LABELS, 1, 100, 0, true));
    handler.add(context, terminator);
    clock.advance(Duration.ofSeconds(1));

    handler.add(context, terminator);

    assertThat(pods.terminated).isEmpty();
  }

  @Test
  void terminatesNothingMoreOnceTheCallIsCancelled() {
    pods.start(8);
    PodTerminator terminator = terminator(new PodTerminatorSpec(LABELS, 1, 100, 0, false));
    handler.add(context, terminator);
    clock.advance(Duration.ofSeconds(1));
    when(context.cancelled()).thenReturn(false, false, true);

    handler.add(context, terminator);

    assertThat(pods.terminated).hasSize(2);
  }

  @Test
  void refusesWhatNobodyCanFulfil() {
    assertThatThrownBy(() -> handler.add(context, terminator(new PodTerminatorSpec(Map.of(), 1, 50, 0, false))))
        .isInstanceOf(TerminalException.class);
  }
}
