package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.ConfigMapListBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.WatcherException;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class FunctionListerWatcherTest {

  private final Recorded<ConfigMap> recorded = new Recorded<>();
  private final CompletableFuture<Watcher<ConfigMap>> watcher = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  private FunctionListerWatcher<ConfigMap> source(Function<ListOptions, ConfigMapList> list) {
    return new FunctionListerWatcher<>("configmaps", list, (options, w) -> {
      watcher.complete(w);
      return closed::countDown;
    });
  }

  private CompletableFuture<Throwable> watching(long seconds) {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    new Thread(() -> end.complete(catchThrowable(() -> source(null).watch(
        new ListOptionsBuilder().withTimeoutSeconds(seconds).build(), recorded)))).start();
    return end;
  }

  private static ConfigMap object(String name, String version) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace("x").withName(name).withResourceVersion(version)
        .withManagedFields(new ManagedFieldsEntry()).endMetadata().build();
  }

  private static Reason reason(Throwable failure) {
    assertThat(failure).isInstanceOf(RetrieveException.class);
    return ((RetrieveException) failure).reason();
  }

  @Nested
  class AList {

    @Test
    void followsPages() throws Exception {
      List<ListOptions> asked = new ArrayList<>();
      FunctionListerWatcher<ConfigMap> source = source(options -> {
        asked.add(options);
        return new ConfigMapListBuilder().withNewMetadata().withResourceVersion("7")
            .withContinue(asked.size() == 1 ? "t" : "").endMetadata()
            .withItems(object("a" + asked.size(), "1")).build();
      });

      assertThat(source.list(new ListOptionsBuilder().withResourceVersion("0").build(), recorded)).isEqualTo("7");

      assertThat(recorded.told).containsExactly("ADDED x/a1@1", "ADDED x/a2@1");
      assertThat(recorded.objects).allSatisfy(o -> assertThat(o.getMetadata().getManagedFields()).isNullOrEmpty());
      assertThat(asked.get(0).getResourceVersion()).isEqualTo("0");
      assertThat(asked.get(1).getContinue()).isEqualTo("t");
      assertThat(asked.get(1).getResourceVersion()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"401, UNAUTHORIZED", "403, FORBIDDEN", "404, NOT_FOUND", "410, GONE", "429, THROTTLED", "500, SERVER_ERROR"})
    void saysWhyItFailed(int code, Reason reason) {
      KubernetesClientException thrown = new KubernetesClientException(
          "the words", code, new StatusBuilder().withCode(code).withMessage("the words").build());

      RetrieveException failure = catchThrowableOfType(RetrieveException.class,
          () -> source(options -> {
            throw thrown;
          }).list(new ListOptions(), recorded));

      assertThat(failure.reason()).isEqualTo(reason);
      assertThat(failure).hasMessageContaining("cannot list configmaps").hasMessageContaining("the words").hasCause(thrown);
    }

    @Test
    void tellsAConnectionFromABug() {
      assertThat(reason(catchThrowable(() -> source(options -> {
        throw new KubernetesClientException("x", new IOException("refused"));
      }).list(new ListOptions(), recorded)))).isEqualTo(Reason.CONNECTION_LOST);
      assertThat(reason(catchThrowable(() -> source(options -> {
        throw new IllegalStateException("bug");
      }).list(new ListOptions(), recorded)))).isEqualTo(Reason.UNKNOWN);
    }

    @Test
    void endsWhenInterrupted() {
      assertThat(catchThrowable(() -> source(options -> {
        Thread.currentThread().interrupt(); // as fabric8 does
        throw new KubernetesClientException("x", new InterruptedException());
      }).list(new ListOptions(), recorded))).isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @Nested
  class AWatch {

    @Test
    void givesEveryEventAndEndsWithTheWatch() throws Exception {
      CompletableFuture<Throwable> end = watching(30);
      Watcher<ConfigMap> to = watcher.get();
      to.eventReceived(Action.ADDED, object("a", "1"));
      to.eventReceived(Action.MODIFIED, object("a", "2"));
      to.eventReceived(Action.BOOKMARK, object("", "3"));
      to.eventReceived(Action.DELETED, object("a", "4"));
      to.onClose();

      assertThat(end.get()).isNull();
      assertThat(recorded.told).containsExactly("ADDED x/a@1", "MODIFIED x/a@2", "BOOKMARK @3", "DELETED x/a@4");
      assertThat(recorded.objects).allSatisfy(o -> assertThat(o.getMetadata().getManagedFields()).isNullOrEmpty());
      assertThat(closed.getCount()).isZero();
    }

    @Test
    void endsWithItsCause() throws Exception {
      CompletableFuture<Throwable> end = watching(30);
      watcher.get().eventReceived(Action.ADDED, object("a", "1"));
      watcher.get().onClose(new WatcherException("gone", new KubernetesClientException(
          new StatusBuilder().withCode(410).build())));

      assertThat(reason(end.get())).isEqualTo(Reason.GONE);
      assertThat(recorded.told).as("what came before the end is told").containsExactly("ADDED x/a@1");
    }

    @Test
    void tellsTheOtherCausesToo() throws Exception {
      CompletableFuture<Throwable> end = watching(30);
      watcher.get().onClose(new WatcherException("bad", new IllegalArgumentException(), "{\"type\""));
      assertThat(reason(end.get())).isEqualTo(Reason.UNDECODABLE);

      assertThat(Failures.ofCause("watch x", new WatcherException("x", new IOException("y"))).reason())
          .isEqualTo(Reason.CONNECTION_LOST);
      assertThat(Failures.ofCause("watch x", new WatcherException("x")).reason()).isEqualTo(Reason.UNKNOWN);
    }

    @Test
    void isClosedAfterItsTime() throws Exception {
      CompletableFuture<Throwable> end = watching(0);

      assertThat(end.get()).isNull();
      assertThat(closed.getCount()).isZero();
    }

    @Test
    void isClosedWhenInterrupted() throws Exception {
      CompletableFuture<Throwable> end = new CompletableFuture<>();
      Thread thread = new Thread(() -> end.complete(catchThrowable(() -> source(null).watch(new ListOptions(), recorded))));
      thread.start();
      watcher.get();

      thread.interrupt();

      assertThat(end.get()).isInstanceOf(InterruptedException.class);
      assertThat(closed.getCount()).isZero();
    }

    @RepeatedTest(20)
    void holdsBackTheOneThatCallsIt() throws Exception {
      CountDownLatch goOn = new CountDownLatch(1);
      CountDownLatch first = new CountDownLatch(1);
      AtomicInteger put = new AtomicInteger();
      AtomicInteger got = new AtomicInteger();
      CompletableFuture<Throwable> end = new CompletableFuture<>();
      Watch[] none = {closed::countDown};
      FunctionListerWatcher<ConfigMap> source = new FunctionListerWatcher<>("x", null, (o, w) -> {
        watcher.complete(w);
        return none[0];
      });
      new Thread(() -> end.complete(catchThrowable(() -> source.watch(new ListOptions(), event -> {
        if (!(event instanceof SourceEvent.Item<ConfigMap> item)) {
          return; // opened
        }
        if (item.type() == SourceEvent.Type.DELETED) {
          throw new IllegalStateException("the sink is broken");
        }
        got.incrementAndGet();
        first.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      })))).start();
      Watcher<ConfigMap> to = watcher.get();
      Thread caller = new Thread(() -> {
        for (int i = 0; i < 500; i++) {
          to.eventReceived(Action.ADDED, object("a" + i, "1"));
          put.incrementAndGet();
        }
        to.eventReceived(Action.DELETED, object("a", "1"));
        for (int i = 0; i < 500; i++) { // nobody takes these any more, and nobody waits for that
          to.eventReceived(Action.ADDED, object("a" + i, "1"));
        }
      });
      caller.start();
      first.await();
      while (caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      assertThat(put.get()).isLessThanOrEqualTo(65);

      goOn.countDown();

      assertThat(end.get()).hasMessage("the sink is broken");
      assertThat(got).hasValue(500);
      caller.join(TimeUnit.SECONDS.toMillis(10));
      assertThat(caller.isAlive()).isFalse();
      assertThat(closed.getCount()).isZero();
    }
  }
}
