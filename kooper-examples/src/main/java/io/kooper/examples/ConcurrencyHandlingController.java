package io.kooper.examples;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.examples.support.Example;
import io.kooper.examples.support.Samples;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.operator.Operator;
import io.kooper.retrieve.Retriever;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What workers are for: the same pods and the same slow handler, sequentially and with five workers, side by side. Two
 * workers never have the same pod at once, however many there are.
 *
 * <pre>
 * mvn -q compile exec:java -Dexec.mainClass=io.kooper.examples.ConcurrencyHandlingController \
 *     -Dexec.args="--embedded --for=5s"
 * </pre>
 */
public final class ConcurrencyHandlingController {

  static final int PODS = 10;
  private static final int WORKERS = 5;
  private static final long WORK_MILLIS = 200;

  private ConcurrencyHandlingController() {}

  public static void main(String[] args) {
    try (Example example = Example.start("concurrency", args, ConcurrencyHandlingController::life)) {
      example.run(operator(example.client(), System.out));
    }
  }

  static Operator operator(KubernetesClient client, PrintStream out) {
    Retriever<Pod> pods = Retriever.of(client, Pod.class);
    return Operator.builder("concurrency")
        .controller(Controller.builder(pods, new SlowHandler(out)).name("sequential").resync(Duration.ofMinutes(5)))
        .controller(Controller.builder(pods, new SlowHandler(out)).name("concurrent").workers(WORKERS)
            .resync(Duration.ofMinutes(5)))
        .build();
  }

  /** Takes its time, as a call of another service would, and says how many calls there are at once. */
  private static final class SlowHandler implements Handler<Pod> {

    private final PrintStream out;
    private final AtomicLong start = new AtomicLong(); // of the first call
    private final AtomicInteger running = new AtomicInteger();

    SlowHandler(PrintStream out) {
      this.out = out;
    }

    @Override
    public void add(HandlerContext<Pod> context, Pod pod) throws InterruptedException {
      start.compareAndSet(0, System.nanoTime());
      int atOnce = running.incrementAndGet();
      try {
        Thread.sleep(WORK_MILLIS);
        long millis = Duration.ofNanos(System.nanoTime() - start.get()).toMillis();
        out.printf("%s: %s done after %d ms, %d at once%n", context.controller(), context.key(), millis, atOnce);
      } finally {
        running.decrementAndGet();
      }
    }
  }

  static AutoCloseable life(KubernetesClient client) {
    for (int i = 1; i <= PODS; i++) {
      client.resource(Samples.pod("default", "web-" + i, Map.of())).create();
    }
    return () -> {};
  }
}
