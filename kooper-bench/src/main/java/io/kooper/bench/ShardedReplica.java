package io.kooper.bench;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.informer.Store;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A replica of {@link Sharded}, a process of its own: says of each call when it began and ended, and answers to commands.
 *
 * <p>Its arguments are a kubeconfig's path and the number of shards, 0 for none.
 */
final class ShardedReplica {

  private static final long HANDLER_MILLIS = 20;

  private ShardedReplica() {}

  public static void main(String[] args) throws Exception {
    Config config = Config.fromKubeconfig(Files.readString(Path.of(args[0])));
    int shards = Integer.parseInt(args[1]);
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
    var configMaps = Retriever.builder(client, ConfigMap.class).inNamespace(Sharded.NAMESPACE).build();
    Counting source = new Counting(configMaps.listerWatcher());
    Handler<ConfigMap> handler = (context, map) -> {
      source.store = context.store();
      String name = map.getMetadata().getName();
      String value = "";
      System.out.println("began " + name + " " + System.nanoTime()); // which all processes of a machine share
      try {
        TimeUnit.MILLISECONDS.sleep(HANDLER_MILLIS);
        value = " " + map.getData().get("value");
      } finally {
        System.out.println("ended " + name + " " + System.nanoTime() + value);
      }
    };
    var builder = Controller.builder(Retriever.of(ConfigMap.class, source), handler).noResync().workers(4);
    if (shards > 0) {
      builder.shards(LeaderElection.builder(client, "bench").namespace(Sharded.NAMESPACE).shards(shards));
    }
    Controller controller = builder.build();
    Runtime.getRuntime().addShutdownHook(new Thread(controller::close));
    Thread running = new Thread(controller::run);
    running.start();
    try (var commands = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (commands.hasNextLine()) {
        Store<ConfigMap> store = source.store;
        int size = store == null ? 0 : store.size();
        System.out.println(switch (commands.nextLine()) {
          case "size" -> size;
          case "queued" -> controller.queue().size();
          case "trigger" -> store == null ? 0 : store.keys().stream().filter(controller::trigger).count();
          default -> size + " " + heap() / 1024 + " " + source.take();
        });
      }
    }
  }

  private static long heap() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Counts what is listed. */
  private static final class Counting implements ListerWatcher<ConfigMap> {

    private final ListerWatcher<ConfigMap> source;
    private final AtomicLong lists = new AtomicLong();
    private final AtomicLong items = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    volatile Store<ConfigMap> store;

    Counting(ListerWatcher<ConfigMap> source) {
      this.source = source;
    }

    String take() {
      return lists.getAndSet(0) + " " + items.getAndSet(0) + " " + bytes.getAndSet(0) / 1024;
    }

    @Override
    public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
        throws RetrieveException, InterruptedException {
      lists.incrementAndGet();
      return source.list(options, event -> {
        items.incrementAndGet();
        bytes.addAndGet(event instanceof Json<ConfigMap> json ? json.length() : 0);
        events.accept(event);
      });
    }

    @Override
    public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
        throws RetrieveException, InterruptedException {
      source.watch(options, events);
    }
  }
}
