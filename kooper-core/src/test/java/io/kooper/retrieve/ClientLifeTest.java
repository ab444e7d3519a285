package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.clock.ManualClock;
import io.kooper.retrieve.ClientLife.Answer;
import io.kooper.retrieve.RetrieveException.Reason;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ClientLifeTest {

  private final ManualClock clock = new ManualClock();
  private final HttpClient http = mock(HttpClient.class);
  private final AtomicInteger probes = new AtomicInteger();
  private volatile boolean newResponds = true;
  private volatile Answer oldResponds = Answer.NONE;
  private final ClientLife life = new ClientLife("pods", http, new ClientLife.Probe() {
    @Override
    public boolean newResponds() {
      probes.incrementAndGet();
      return newResponds;
    }

    @Override
    public Answer oldResponds() {
      return oldResponds;
    }
  }, clock);
  private final AtomicInteger sent = new AtomicInteger();

  private Reason attempt(RetrieveException failure) {
    try {
      life.open("list pods", () -> {
        sent.incrementAndGet();
        throw failure;
      });
      throw new AssertionError("it threw nothing");
    } catch (RetrieveException e) {
      return e.reason();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static RetrieveException failure(Reason reason, Throwable cause) {
    return new RetrieveException(reason, "as asked", null, cause);
  }

  private static final RetrieveException REFUSED = failure(Reason.CONNECTION_LOST, new ConnectException());
  private static final RetrieveException SILENT = failure(Reason.SILENT, null);

  private void attempts(int count, Duration apart, RetrieveException failure) {
    for (int i = 0; i < count; i++) {
      clock.advance(apart);
      assertThat(attempt(failure)).isEqualTo(failure.reason());
    }
  }

  private void awaitProbes(int count) {
    await().until(() -> probes.get() == count);
  }

  /** A minute, and the second round of the probe. */
  private void secondRound() {
    await().until(() -> clock.waiting() > 0);
    clock.advance(ClientLife.BETWEEN_PROBES);
    awaitProbes(2);
  }

  @Test
  void nothingIsSentByAClosedClient() {
    when(http.isClosed()).thenReturn(true);
    assertThat(attempt(SILENT)).isEqualTo(Reason.CLIENT_CLOSED);
    assertThat(sent).hasValue(0);
    assertThatThrownBy(() -> life.open("list pods", () -> {
      throw SILENT;
    })).hasMessageContaining("cannot list pods: the HTTP client is of no use any more").hasMessageContaining("it is closed");
  }

  @Nested
  class AnExecutor {

    private final RetrieveException ended =
        failure(Reason.CONNECTION_LOST, new RuntimeException(new RejectedExecutionException("event executor terminated")));

    @Test
    void thatHasEndedIsProvedByThreeConsecutiveRefusals() {
      attempts(2, Duration.ofSeconds(1), ended);
      assertThat(attempt(ended)).isEqualTo(Reason.CLIENT_CLOSED);
      assertThat(attempt(ended)).isEqualTo(Reason.CLIENT_CLOSED);
      assertThat(sent).hasValue(3);
    }

    @Test
    void whoseClassCouldNotBeInitializedIsOfNoUseEither() {
      RetrieveException broken = failure(Reason.CONNECTION_LOST,
          new RuntimeException(new NoClassDefFoundError("Could not initialize class io.netty.buffer.Some")));
      attempts(2, Duration.ofSeconds(1), broken);
      assertThat(attempt(broken)).isEqualTo(Reason.CLIENT_CLOSED);
    }

    @Test
    void thatIsOneOfSeveralMayEnd() {
      for (int i = 0; i < 10; i++) {
        attempts(2, Duration.ofSeconds(1), ended);
        attempts(1, Duration.ofSeconds(1), REFUSED);
      }
    }

    @Test
    void thatHasTooMuchToDoIsNotTakenForEnded() {
      attempts(9, Duration.ofSeconds(1), failure(Reason.UNKNOWN, new RejectedExecutionException(
          "Task x rejected from java.util.concurrent.ThreadPoolExecutor@1[Running, pool size = 1]")));
    }
  }

  @Nested
  class AClientWithoutAResponse {

    @Test
    void isOfNoUseWhenANewOneGotTwo() {
      attempts(10, Duration.ofSeconds(40), SILENT);
      awaitProbes(1);
      assertThat(attempt(SILENT)).isEqualTo(Reason.SILENT);
      secondRound();
      await().until(() -> attempt(SILENT) == Reason.CLIENT_CLOSED);
    }

    @Test
    void isNotAskedAboutBeforeFiveMinutesAndTenAttempts() {
      attempts(9, Duration.ofMinutes(1), REFUSED);
      attempts(1, Duration.ZERO, REFUSED);
      awaitProbes(1);
    }

    @Test
    void thatTriedOftenIsNotAskedAboutBeforeFiveMinutes() {
      attempts(200, Duration.ofSeconds(1), REFUSED);
      assertThat(probes).hasValue(0);
    }

    @Test
    void isFineWhenANewOneGetsNoneEither() {
      newResponds = false; // the server is down, or hangs
      attempts(20, Duration.ofMinutes(1), SILENT);
      await().until(() -> probes.get() > 0);
      assertThat(attempt(SILENT)).isEqualTo(Reason.SILENT);
    }

    @Test
    void isFineWhenItGetsOneToTheSameQuestion() {
      oldResponds = Answer.RESPONSE; // the server is slow with lists and watches, not down
      attempts(20, Duration.ofMinutes(1), SILENT);
      await().until(() -> probes.get() > 0);
      assertThat(attempt(SILENT)).isEqualTo(Reason.SILENT);
    }

    @Test
    void isFineWhenTheNewOneGotOnlyOne() {
      attempts(10, Duration.ofSeconds(40), SILENT);
      awaitProbes(1);
      newResponds = false;
      secondRound();
      assertThat(attempt(SILENT)).isEqualTo(Reason.SILENT);
    }

    @Test
    void isFineWhenItGotAnyInBetween() throws Exception {
      attempts(10, Duration.ofSeconds(40), SILENT);
      awaitProbes(1);
      life.open("list pods", () -> mock(Exchange.class));
      secondRound();
      assertThat(attempt(SILENT)).isEqualTo(Reason.SILENT);
    }
  }

  @Nested
  class AClientThatDoesNotKeepItsOwnTimeouts {

    private final RetrieveException mute = failure(Reason.SILENT, new ClientLife.MuteException(null));

    @Test
    void isOfNoUseSoonWhenANewOneGetsAResponse() {
      oldResponds = Answer.MUTE;
      await().until(() -> attempt(mute) == Reason.CLIENT_CLOSED);
    }

    @ParameterizedTest
    @EnumSource(value = Answer.class, names = "MUTE", mode = EnumSource.Mode.EXCLUDE)
    void isFineWhenItKeepsThemWhenItIsAsked(Answer now) {
      oldResponds = now;
      assertThat(attempt(mute)).isEqualTo(Reason.SILENT);
      awaitProbes(1);
      assertThat(attempt(mute)).isEqualTo(Reason.SILENT);
    }
  }
}
