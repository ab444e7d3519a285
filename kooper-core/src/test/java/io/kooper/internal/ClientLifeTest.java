package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.clock.ManualClock;
import io.kooper.internal.ClientLife.Answer;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ClientLifeTest {

  private final ManualClock clock = new ManualClock();
  private final HttpClient http = mock(HttpClient.class);
  private int probes;
  private final List<Thread> asked = new ArrayList<>(); // of the old client
  private boolean noMemory;
  private boolean newResponds = true;
  private Answer oldResponds = Answer.NONE;
  private final ClientLife life = new ClientLife(http, new ClientLife.Probe() {
    @Override
    public boolean newResponds() {
      probes++;
      if (noMemory) {
        throw new OutOfMemoryError("as asked");
      }
      return newResponds;
    }

    @Override
    public Answer oldResponds() {
      asked.add(Thread.currentThread());
      return oldResponds;
    }
  }, clock);

  private static final Throwable REFUSED = new ConnectException();
  private static final Throwable SILENT = new TimeoutException();
  private static final Throwable MUTE = new RuntimeException(new ClientLife.MuteException(null));

  private boolean endsWith(Throwable failure) throws InterruptedException {
    life.failed(failure, failure == SILENT);
    life.prove();
    return life.end() != null;
  }

  /** None of which ends it. */
  private void attempts(int count, Duration apart, Throwable failure) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      clock.advance(apart);
      assertThat(endsWith(failure)).isFalse();
    }
  }

  @Test
  void aClosedClientIsOfNoUse() {
    assertThat(life.end()).isNull();
    when(http.isClosed()).thenReturn(true);
    assertThat(life.end()).isEqualTo("the HTTP client is of no use any more, and only a restart helps: it is closed");
  }

  @Nested
  class AnExecutor {

    private final Throwable ended = new RuntimeException(new RejectedExecutionException("event executor terminated"));

    @Test
    void thatHasEndedIsProvedByThreeConsecutiveRefusals() throws Exception {
      attempts(2, Duration.ofSeconds(1), ended);
      assertThat(endsWith(ended)).isTrue();
    }

    @Test
    void whoseClassCouldNotBeInitializedIsOfNoUseEither() throws Exception {
      Throwable broken = new RuntimeException(new NoClassDefFoundError("Could not initialize class io.netty.buffer.Some"));
      attempts(2, Duration.ofSeconds(1), broken);
      assertThat(endsWith(broken)).isTrue();
    }

    @Test
    void ofTheJdkIsOfNoUseOnceItsSelectorHasEnded() throws Exception {
      Throwable closed = new IOException(new IOException("selector manager closed", new OutOfMemoryError()));
      attempts(2, Duration.ofSeconds(1), closed);
      assertThat(endsWith(closed)).isTrue();
    }

    @Test
    void thatIsOneOfSeveralMayEnd() throws Exception {
      for (int i = 0; i < 10; i++) {
        attempts(2, Duration.ofSeconds(1), ended);
        attempts(1, Duration.ofSeconds(1), REFUSED);
        attempts(2, Duration.ofSeconds(1), ended);
        life.responded();
      }
    }

    @Test
    void thatHasTooMuchToDoIsNotTakenForEnded() throws Exception {
      attempts(9, Duration.ofSeconds(1), new RejectedExecutionException(
          "Task x rejected from java.util.concurrent.ThreadPoolExecutor@1[Running, pool size = 1]"));
    }
  }

  @Nested
  class AClientWithoutAResponse {

    @Test
    void isOfNoUseWhenANewOneGotTwoAMinuteApart() throws Exception {
      attempts(10, Duration.ofSeconds(40), REFUSED);
      assertThat(probes).isOne();
      attempts(1, ClientLife.APART.minusNanos(1), REFUSED);
      assertThat(probes).isOne();
      clock.advance(Duration.ofNanos(1));
      assertThat(endsWith(REFUSED)).isTrue();
      assertThat(life.end()).contains("for 5 minutes and more");
    }

    @Test
    void isNotAskedAboutBeforeFiveMinutesAndTenAttempts() throws Exception {
      attempts(9, Duration.ofMinutes(1), REFUSED);
      assertThat(probes).isZero();
      attempts(1, Duration.ZERO, REFUSED);
      assertThat(probes).isOne();
    }

    @Test
    void thatTriedOftenIsNotAskedAboutBeforeFiveMinutes() throws Exception {
      attempts(200, Duration.ofSeconds(1), REFUSED);
      assertThat(probes).isZero();
    }

    @Test
    void isFineWhenANewOneGetsNoneEither() throws Exception {
      newResponds = false; // the server is down, or hangs
      attempts(50, Duration.ofMinutes(1), SILENT);
      assertThat(probes).isGreaterThan(10);
      assertThat(asked).isEmpty();
    }

    @Test
    void isFineWhenItGetsOneToTheSameQuestion() throws Exception {
      oldResponds = Answer.RESPONSE; // the server is slow with lists and watches, not down
      attempts(50, Duration.ofMinutes(1), SILENT);
      assertThat(probes).isGreaterThan(10);
    }

    @Test
    void isFineWhenTheNewOneGotOnlyOne() throws Exception {
      for (int i = 0; i < 10; i++) {
        newResponds = true;
        attempts(10, Duration.ofSeconds(40), REFUSED);
        newResponds = false;
        attempts(1, ClientLife.APART, REFUSED);
        life.responded();
      }
      assertThat(probes).isGreaterThanOrEqualTo(20);
    }

    @Test
    void isFineWhenItGotAnyInBetween() throws Exception {
      for (int i = 0; i < 10; i++) {
        attempts(10, Duration.ofSeconds(40), REFUSED);
        life.responded();
      }
      assertThat(probes).isEqualTo(10);
    }
  }

  @Nested
  class AClientThatDoesNotKeepItsOwnTimeouts {

    @Test
    void isOfNoUseAtOnceWhenANewOneGetsAResponse() throws Exception {
      oldResponds = Answer.MUTE;
      assertThat(endsWith(MUTE)).isTrue();
      assertThat(asked).as("once, on this thread: another may be served").containsExactly(Thread.currentThread());
    }

    @Test
    void isAskedTwiceAfterThreeRequestsThatWereSilent() throws Exception {
      oldResponds = Answer.MUTE;
      attempts(2, Duration.ofSeconds(2), SILENT);
      assertThat(endsWith(SILENT)).isTrue();
      assertThat(asked).containsExactly(Thread.currentThread(), Thread.currentThread());
    }

    @Test
    void isFineWhenTheServerIsDown() throws Exception {
      newResponds = false;
      oldResponds = Answer.MUTE;
      attempts(100, Duration.ofSeconds(5), MUTE);
      assertThat(probes).as("every 20 s").isEqualTo(25);
    }

    @ParameterizedTest
    @EnumSource(value = Answer.class, names = "MUTE", mode = EnumSource.Mode.EXCLUDE)
    void isFineWhenItKeepsThemWhenItIsAsked(Answer now) throws Exception {
      oldResponds = now;
      attempts(10, Duration.ofSeconds(10), MUTE);
      assertThat(probes).isPositive();
    }

    @Test
    void isAskedAgainAtOnceWhenThereWasNoMemoryForANewOne() throws Exception {
      oldResponds = Answer.MUTE;
      noMemory = true;
      attempts(3, Duration.ofSeconds(1), MUTE);
      noMemory = false;
      assertThat(endsWith(MUTE)).isTrue();
    }
  }
}
