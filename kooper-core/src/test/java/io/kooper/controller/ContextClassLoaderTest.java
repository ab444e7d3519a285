package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.kooper.fake.FakeSource;
import io.kooper.informer.InformerListener;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All user code of a controller runs with the context class loader of the thread that called run(). */
@Timeout(60)
class ContextClassLoaderTest {

  private final ClassLoader ofRun = new URLClassLoader("of run()", new URL[0], null);
  private final FakeSource source = new FakeSource();
  private final Map<String, ClassLoader> seen = new ConcurrentHashMap<>();
  private final CountDownLatch handled = new CountDownLatch(1);

  private <R> R see(String where, R result) {
    seen.put(where, Thread.currentThread().getContextClassLoader());
    return result;
  }

  @SuppressWarnings("unchecked") // a mock of a generic type is one of any of its types
  private ControllerBuilder<?> builder() {
    source.put("a", "1");
    return Controller.builder(source.retriever(), (context, object) -> {
      see("handler", context);
      handled.countDown();
    })
        .transform(object -> see("transform", object))
        .index("by", object -> see("index", List.of()))
        .listener(mock(InformerListener.class, call -> see("listener", null)))
        .tracing(job -> see("tracing", null))
        .handlerTimeout(Duration.ofHours(1));
  }

  private void run(Controller controller) throws Exception {
    Thread thread = new Thread(controller::run);
    thread.setContextClassLoader(ofRun);
    thread.start();
    handled.await();
    controller.close();
    thread.join();
    assertThat(seen).containsOnlyKeys("handler", "transform", "index", "listener", "tracing")
        .allSatisfy((where, loader) -> assertThat(loader).isSameAs(ofRun));
  }

  @Test
  void onThreadsOfItsOwn() throws Exception {
    run(builder().build());
  }

  @Test
  void onThoseOfAnExecutorWhichGetTheirsBack() throws Exception {
    ClassLoader own = new URLClassLoader("of the executor", new URL[0], null);
    ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
      Thread thread = new Thread(task);
      thread.setContextClassLoader(own);
      return thread;
    });
    try {
      run(builder().executor(executor).build());
      assertThat(executor.submit(() -> Thread.currentThread().getContextClassLoader()).get()).isSameAs(own);
    } finally {
      executor.shutdownNow();
    }
  }
}
