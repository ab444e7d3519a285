package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.controller.ControllerException;
import io.kooper.crd.CRD;
import io.kooper.fake.FakeSource;
import io.kooper.fake.ManualTerm;
import io.kooper.leaderelection.Runner;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What docs/leader-election.md says of several controllers and definitions under one election. */
@Timeout(60)
class OperatorElectionTest {

  /** An election whose terms begin and end when the test says so; all who take part share them. */
  private static final class Terms implements Runner {

    private volatile CompletableFuture<ManualTerm> current = new CompletableFuture<>();
    private long tokens;

    @Override
    public void run(Task task) throws InterruptedException {
      try {
        task.run(current.get());
      } catch (ExecutionException e) {
        throw new AssertionError(e);
      }
    }

    void begin() {
      current.complete(new ManualTerm(++tokens));
    }

    void end() {
      ManualTerm ended = current.join();
      current = new CompletableFuture<>();
      ended.end();
    }
  }

  private final Terms election = new Terms();
  private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private Operator operator;

  private ControllerBuilder<ConfigMap> controller(String name) {
    FakeSource source = new FakeSource();
    source.put(name, "1");
    return Controller.<ConfigMap>builder(source.retriever(),
        (context, object) -> calls.add(name + " in term " + context.leadership().token())).name(name).noResync();
  }

  private CompletableFuture<Void> run(OperatorBuilder builder) {
    operator = builder.election(election).build();
    CompletableFuture<Void> result = new CompletableFuture<>();
    new Thread(() -> {
      try {
        operator.run();
        result.complete(null);
      } catch (Throwable t) {
        result.completeExceptionally(t);
      }
    }, "operator-test").start();
    return result;
  }

  private List<String> nextCalls(int count) throws InterruptedException {
    List<String> next = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      next.add(String.valueOf(calls.poll(30, TimeUnit.SECONDS)));
    }
    return next;
  }

  @AfterEach
  void close() {
    operator.close();
  }

  @Test
  @DisplayName("K6 K8 a standby initializes the definitions too, once, before it leads")
  void aStandbyInitializesTheDefinitions() throws Exception {
    CountDownLatch initialized = new CountDownLatch(2);
    List<CRD<?>> crds = List.of(mock(), mock());
    for (CRD<?> crd : crds) {
      doAnswer(call -> {
        initialized.countDown();
        return null;
      }).when(crd).initialize();
    }
    run(Operator.builder("o").crd(crds.get(0)).crd(crds.get(1)).controller(controller("a").campaignAgain()));

    initialized.await();

    assertThat(calls).isEmpty();
    election.begin();
    assertThat(nextCalls(1)).containsExactly("a in term 1");
    election.end();
    election.begin();
    assertThat(nextCalls(1)).containsExactly("a in term 2");
    for (CRD<?> crd : crds) {
      verify(crd, times(1)).initialize();
    }
  }

  @Test
  @DisplayName("K6 when all controllers campaign again, so does the operator")
  void campaignsAgainAsAWhole() throws Exception {
    CompletableFuture<Void> run =
        run(Operator.builder("o").controller(controller("a").campaignAgain()).controller(controller("b").campaignAgain()));
    election.begin();
    assertThat(nextCalls(2)).containsExactlyInAnyOrder("a in term 1", "b in term 1");

    election.end();
    election.begin();

    assertThat(nextCalls(2)).containsExactlyInAnyOrder("a in term 2", "b in term 2");
    operator.close();
    run.get();
  }

  @Test
  @DisplayName("K6 one controller that does not campaign again ends the operator with the term, the others included")
  void endsAsAWhole() throws Exception {
    CompletableFuture<Void> run =
        run(Operator.builder("o").controller(controller("a").campaignAgain()).controller(controller("b")));
    election.begin();
    nextCalls(2);

    election.end();

    assertThatThrownBy(run::get).hasCauseInstanceOf(ControllerException.class)
        .hasMessageContaining("controller b lost the leadership");
  }
}
