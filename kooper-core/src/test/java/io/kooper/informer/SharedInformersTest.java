package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.metrics.InformerFigures;
import io.kooper.metrics.InformerMetrics;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.Retriever;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedInformersTest {

  private final SharedInformers shared = new SharedInformers();

  private Informer<ConfigMap> informer(Retriever<ConfigMap> retriever, MetricsRecorder recorder) {
    return shared.use(retriever, List.of(), () -> Informer.builder(retriever).metrics(recorder).build());
  }

  @Test
  void aRecorderThatHangsHoldsUpNoOtherInformer() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    Semaphore hung = new Semaphore(0);
    Informer<ConfigMap> hangs = informer(new FakeSource().retriever(), new MetricsRecorder() {
      @Override
      public InformerMetrics informer(String name, InformerFigures figures) {
        asked.complete(name);
        hung.acquireUninterruptibly();
        return InformerMetrics.NONE;
      }
    });
    FakeSource source = new FakeSource();
    Informer<ConfigMap> other = informer(source.retriever(), MetricsRecorder.NONE);
    Thread starts = new Thread(() -> shared.start(hangs));
    starts.start();
    asked.join();

    Thread uses = new Thread(() -> {
      shared.start(other);
      await().until(() -> source.watching() == 1);
      shared.release(other, () -> { });
    });
    uses.start();
    await().until(() -> !uses.isAlive());
    assertThat(source.lists()).hasSize(1);

    hung.release();
    await().until(() -> !starts.isAlive());
    shared.release(hangs, () -> { });
  }
}
