package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerException;
import io.kooper.fake.FakeSource;
import io.kooper.fake.ManualTerm;
import io.kooper.leaderelection.Runner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OperatorLeadershipTest extends OperatorRig {

  /** Leads when the test says so. */
  private static final class Lead implements Runner {

    final CountDownLatch lead = new CountDownLatch(1);
    final ManualTerm term = new ManualTerm(7);
    final AtomicInteger tasks = new AtomicInteger();

    @Override
    public void run(Task task) throws InterruptedException {
      lead.await();
      tasks.incrementAndGet();
      try {
        task.run(term);
      } finally {
        tasks.decrementAndGet();
      }
    }
  }

  private final Lead election = new Lead();
  private final FakeSource source = new FakeSource();

  @Test
  @DisplayName("K6 nothing is handled before this process leads, foreign controllers included")
  void waitsForTheLeadership() throws Exception {
    source.put("a", "1");
    CompletableFuture<Long> token = new CompletableFuture<>();
    Foreign foreign = new Foreign("foreign");
    Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
        Controller.<ConfigMap>builder(source.retriever(),
            (context, object) -> token.complete(context.leadership().token()))));
    CompletableFuture<Throwable> run = run(operator);
    await().until(() -> source.watching() == 1); // a warm standby
    await().until(() -> operator.health().ready());
    assertThat(token).isNotDone();
    assertThat(foreign.started.getCount()).isOne();

    election.lead.countDown();

    assertThat(token.get(30, TimeUnit.SECONDS)).isEqualTo(7);
    foreign.started.await();
    operator.close();
    assertThat(ended(run)).isNull();
    assertThat(election.tasks).hasValue(0);
  }

  @Test
  @DisplayName("K6 a standby stops at once")
  void aStandbyStopsAtOnce() throws Exception {
    Foreign foreign = new Foreign("foreign");
    Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
        Controller.<ConfigMap>builder(source.retriever(), (context, object) -> {})));
    CompletableFuture<Throwable> run = run(operator);
    await().until(() -> source.watching() == 1);

    operator.close();

    assertThat(ended(run)).isNull();
    assertThat(foreign.started.getCount()).as("not started").isOne();
  }

  @Test
  @DisplayName("K6 a lost leadership cancels the calls and ends run() with that cause")
  void losesTheLeadership() throws Exception {
    source.put("a", "1");
    election.lead.countDown();
    CountDownLatch handling = new CountDownLatch(1);
    CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
    Foreign foreign = new Foreign("foreign");
    Operator operator = operator(Operator.builder("o").election(election).controller(foreign).controller(
        Controller.<ConfigMap>builder(source.retriever(), (context, object) -> {
          handling.countDown();
          try {
            new CountDownLatch(1).await();
          } finally {
            cancelled.complete(context.cancelled());
          }
        })));
    CompletableFuture<Throwable> run = run(operator);
    handling.await();
    foreign.started.await();

    election.term.end();

    assertThat(cancelled.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(ended(run)).isInstanceOf(ControllerException.class).hasMessageContaining("lost the leadership");
    assertThat(foreign.ended).isTrue();
    assertThat(election.tasks).hasValue(0);
  }
}
