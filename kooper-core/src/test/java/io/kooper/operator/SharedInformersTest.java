package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.controller.ControllerDefaults;
import io.kooper.fake.FakeSource;
import io.kooper.informer.InformerListener;
import io.kooper.informer.SharedInformers;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Controllers of one operator that watch the same objects. */
class SharedInformersTest {

  private final FakeSource source = new FakeSource();
  private final FakeSource related = new FakeSource();
  private final Queue<String> told = new ConcurrentLinkedQueue<>();

  private ControllerBuilder<ConfigMap> controller(String name, Retriever<ConfigMap> retriever) {
    return Controller.builder(retriever, (context, object) -> told.add(name + " " + context.key().name())).name(name).noResync();
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).atMost(Duration.ofSeconds(30))
        .until(condition::getAsBoolean);
  }

  @Test
  @DisplayName("Twenty controllers of one kind and its related kind need one list and one watch of each")
  void oneListAndOneWatchForAll() throws InterruptedException {
    source.put("a", "1");
    related.put("r", "1");
    Retriever<ConfigMap> primary = source.retriever();
    Retriever<ConfigMap> second = related.retriever();
    OperatorBuilder builder = Operator.builder("test");
    for (int i = 0; i < 20; i++) {
      builder.controller(controller("c" + i, primary)
          .watches(second, child -> List.of(new ObjectKey("default", "a"))));
    }
    Operator operator = builder.build();
    Thread run = new Thread(operator::run);
    run.start();
    await(() -> told.size() == 20);
    assertThat(source.lists()).hasSize(1);
    assertThat(related.lists()).hasSize(1);
    await(() -> source.watching() == 1 && related.watching() == 1);

    related.put("r", "2");
    await(() -> told.size() == 40);
    source.put("b", "1");
    await(() -> told.size() == 60);
    operator.close();
    run.join(30_000);

    assertThat(run.isAlive()).isFalse();
    assertThat(source.watching()).isZero();
    assertThat(related.watching()).isZero();
  }

  @Test
  void oneThatEndsLeavesTheInformerToTheOthers() throws InterruptedException {
    var informers = new SharedInformers();
    var defaults = new ControllerDefaults(null, null, null, null, null, informers);
    Retriever<ConfigMap> retriever = source.retriever();
    List<Controller> controllers = List.of(
        controller("first", retriever).build(defaults), controller("second", retriever).build(defaults));
    List<Thread> threads = new ArrayList<>();
    controllers.forEach(one -> threads.add(new Thread(one::run)));
    threads.forEach(Thread::start);
    source.put("a", "1");
    await(() -> told.contains("first a") && told.contains("second a"));
    controllers.get(0).close();
    threads.get(0).join(30_000);
    source.put("b", "1");
    await(() -> told.contains("second b"));
    controllers.get(1).close();
    threads.get(1).join(30_000);

    assertThat(told).doesNotContain("first b");
    assertThat(source.lists()).hasSize(1);
    assertThat(source.watching()).isZero();
  }

  @Test
  void aStoreOfItsOwnWithATransform() throws InterruptedException {
    source.put("a", "1");
    Retriever<ConfigMap> retriever = source.retriever();
    Operator operator = Operator.builder("test")
        .controller(controller("plain", retriever))
        .controller(controller("transformed", retriever).transform(object -> object))
        .build();
    Thread run = new Thread(operator::run);
    run.start();
    await(() -> told.size() == 2);
    assertThat(source.lists()).hasSize(2);
    operator.close();
    run.join(30_000);
  }

  private static InformerListener<ConfigMap> onAdded(Consumer<ConfigMap> action) {
    return new InformerListener<>() {
      @Override
      public void added(ConfigMap object, boolean initial) {
        action.accept(object);
      }

      @Override
      public void updated(ConfigMap before, ConfigMap after) {}

      @Override
      public void deleted(ConfigMap lastState) {}
    };
  }

  @Test
  void aListenerOfOneHoldsUpNoOther() throws InterruptedException {
    CountDownLatch hangs = new CountDownLatch(1);
    Retriever<ConfigMap> retriever = source.retriever();
    Operator operator = Operator.builder("test")
        .controller(controller("first", retriever).listener(onAdded(object -> {
          try {
            hangs.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        })))
        .controller(controller("second", retriever)).build();
    Thread run = new Thread(operator::run);
    run.start();
    await(() -> source.watching() == 1);

    source.put("a", "1");

    await(() -> told.contains("second a"));
    hangs.countDown();
    operator.close();
    run.join(30_000);
  }

  @Test
  void aListenerThatClosesItsControllerDoesNotWaitForThat() throws InterruptedException {
    var informers = new SharedInformers();
    var defaults = new ControllerDefaults(null, null, null, null, null, informers);
    Retriever<ConfigMap> retriever = source.retriever();
    AtomicReference<Controller> closing = new AtomicReference<>();
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1); // the first one's handler ends only after the other was called
    Controller first = Controller.<ConfigMap>builder(retriever, (context, object) -> {
      called.countDown();
      second.await();
    }).name("first")
        .stopDeadline(Duration.ofMinutes(10))
        .listener(onAdded(object -> {
          if (object.getMetadata().getName().equals("b")) {
            closing.get().close();
          }
        })).build(defaults);
    closing.set(first);
    Controller other = Controller.<ConfigMap>builder(retriever, (context, object) -> {
      if (context.key().name().equals("c")) {
        second.countDown();
      }
    }).name("other").build(defaults);
    List<Thread> threads = List.of(new Thread(first::run), new Thread(other::run));
    source.put("a", "1");
    threads.forEach(Thread::start);
    await(() -> source.watching() == 1);
    called.await(); // a stop drops what is queued from the first list

    source.put("b", "1");
    source.put("c", "1");

    threads.get(0).join(30_000);
    assertThat(threads.get(0).isAlive()).isFalse();
    assertThat(second.getCount()).isZero();
    other.close();
    threads.get(1).join(30_000);
  }
}
