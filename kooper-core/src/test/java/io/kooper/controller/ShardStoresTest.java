package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.informer.SharedInformers;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Shards;
import io.kooper.retrieve.Retriever;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which controllers share a store, if some of them work on shards. */
@Timeout(60)
class ShardStoresTest {

  private final FakeSource source = new FakeSource().asJson();
  private final Retriever<ConfigMap> retriever = source.retriever();
  private final ControllerDefaults defaults = new ControllerDefaults(null, null, null, null, null, new SharedInformers());
  private final List<Controller> controllers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, Integer> stored = new ConcurrentHashMap<>(); // what the store of a controller had at its last call

  @AfterEach
  void stop() throws InterruptedException {
    controllers.forEach(Controller::close);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void start(String name, Shards shards) {
    ControllerBuilder<ConfigMap> builder = Controller.builder(retriever,
        (context, object) -> stored.put(name, context.store().size())).name(name).noResync();
    Controller controller = (shards == null ? builder : builder.shards(shards)).build(defaults);
    Thread thread = new Thread(controller::run);
    thread.start();
    controllers.add(controller);
    threads.add(thread);
  }

  /** Two shards, by a name's first letter being {@code a} or not; this process holds the first one. */
  private static Shards firstOfTwo() {
    return new Shards() {
      @Override
      public int count() {
        return 2;
      }

      @Override
      public int of(String namespace, String name) {
        return name.startsWith("a") ? 0 : 1;
      }

      @Override
      public Member join(Runnable changed) {
        Holding first = new Holding() {
          @Override
          public int shard() {
            return 0;
          }

          @Override
          public Leadership leadership() {
            return Leadership.ALWAYS;
          }

          @Override
          public boolean isActive() {
            return true;
          }

          @Override
          public void ended() {}
        };
        return new Member() {
          @Override
          public List<Holding> holdings() {
            return List.of(first);
          }

          @Override
          public void leave() {}

          @Override
          public void close() {}
        };
      }
    };
  }

  @Test
  void controllersOfTheSameShardsShareOne() {
    source.put("a1", "1");
    source.put("b1", "1");
    Shards shards = firstOfTwo();
    start("one", shards);
    start("two", shards);

    Rig.await(() -> Integer.valueOf(1).equals(stored.get("one")) && Integer.valueOf(1).equals(stored.get("two")));
    assertThat(source.lists()).hasSize(1);
    controllers.get(0).close();
    stored.clear();
    source.put("a2", "1");
    Rig.await(() -> Integer.valueOf(2).equals(stored.get("two")));
    assertThat(stored).doesNotContainKey("one");
  }

  @Test
  void oneWithoutShardsOrWithOthersHasAnother() {
    source.put("a1", "1");
    source.put("b1", "1");
    start("sharded", firstOfTwo());
    start("others", firstOfTwo());
    start("whole", null);

    Rig.await(() -> stored.equals(Map.of("sharded", 1, "others", 1, "whole", 2)));
    Rig.await(() -> source.watching() == 3);
  }
}
