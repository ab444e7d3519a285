package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.handler.Handler;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Watch events through store, queue and a no-op handler, without a network: what the engine itself costs.
 *
 * <pre>
 * mvn -q -B verify -DskipTests -Pbench -pl kooper-bench -am -Dbench=EngineThroughput -Dbench.args="[EVENTS [KEYS [ROUNDS]]]"
 * </pre>
 *
 * <p>The objects are made beforehand; allocation is that of all threads from the first event to the last call.
 */
public final class EngineThroughput {

  private EngineThroughput() {}

  /** One round's figures, an event each. */
  record Round(double nanos, double bytes, long calls) {}

  public static void main(String[] args) throws InterruptedException {
    int events = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    int keys = args.length > 1 ? Integer.parseInt(args[1]) : events;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 5;
    List<ConfigMap> objects = objects(events, keys);
    for (int i = 1; i <= rounds; i++) {
      Round round = round(objects, builder -> builder);
      System.out.printf(Locale.ROOT, "round %d: %,d events, %,d keys, %,d calls: %,.0f events/s, %.0f bytes/event%n",
          i, events, keys, round.calls, 1e9 / round.nanos, round.bytes);
    }
  }

  static List<ConfigMap> objects(int events, int keys) {
    List<ConfigMap> objects = new ArrayList<>(events);
    for (int i = 0; i < events; i++) {
      ConfigMap object = new ConfigMap();
      ObjectMeta meta = new ObjectMeta();
      meta.setNamespace("default");
      meta.setName("object-" + i % keys);
      meta.setUid("uid-" + i % keys);
      meta.setResourceVersion(Integer.toString(i + 1));
      object.setMetadata(meta);
      objects.add(object);
    }
    return objects;
  }

  static Round round(List<ConfigMap> objects, UnaryOperator<ControllerBuilder<ConfigMap>> options) throws InterruptedException {
    LongAdder calls = new LongAdder();
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    String last = Integer.toString(objects.size());
    Handler<ConfigMap> handler = (context, object) -> {
      calls.increment();
      if (object.getMetadata().getResourceVersion().equals(last)) {
        done.countDown();
      }
    };
    Controller controller = options.apply(
        Controller.builder(new Events(objects, go).retriever(), handler).noResync()).build();
    Thread run = new Thread(controller::run, "bench");
    run.start();
    while (!controller.health().ready()) {
      Thread.onSpinWait();
    }
    long allocatedBefore = allocated();
    long start = System.nanoTime();
    go.countDown();
    done.await();
    long nanos = System.nanoTime() - start;
    long allocated = allocated() - allocatedBefore;
    controller.close();
    run.join();
    return new Round((double) nanos / objects.size(), (double) allocated / objects.size(), calls.sum());
  }

  /** Bytes allocated so far by all threads that live. */
  private static long allocated() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds())).filter(n -> n > 0).sum();
  }

  private record Events(List<ConfigMap> objects, CountDownLatch go) implements ListerWatcher<ConfigMap> {

    Retriever<ConfigMap> retriever() {
      return new Retriever<>() {
        @Override
        public ListerWatcher<ConfigMap> listerWatcher() {
          return Events.this;
        }

        @Override
        public Class<ConfigMap> objectType() {
          return ConfigMap.class;
        }
      };
    }

    @Override
    public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) {
      return "0";
    }

    @Override
    public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events) throws InterruptedException {
      events.accept(SourceEvent.opened());
      go.await();
      objects.forEach(object -> events.accept(SourceEvent.added(object)));
      new CountDownLatch(1).await(); // until the controller is closed
    }
  }
}
