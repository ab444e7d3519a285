package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.controller.Controller;
import io.kooper.handler.Handler;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionBuilder;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import io.kooper.test.junit.KooperTest;
import io.kooper.test.junit.TestCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A leader whose whole process stands still beyond its deadline, as with SIGSTOP, a freezer or a swapping machine. */
@KooperTest
@EnabledOnOs({OS.LINUX, OS.MAC})
class LeaderElectionPauseTest {

  private static final Logger log = LoggerFactory.getLogger(LeaderElectionPauseTest.class);

  private static final Duration A_BUSY_MACHINE = Duration.ofSeconds(20);

  @TempDir private Path folder;

  private static LeaderElectionBuilder election(KubernetesClient client) {
    return LeaderElection.builder(client, "op").namespace(client.getNamespace()).leaseDuration(Duration.ofSeconds(3))
        .renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(250));
  }

  /** The other process: leads, and says so, until its term has ended. */
  static final class Leader {

    private Leader() {}

    public static void main(String[] args) throws InterruptedException {
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Kubeconfig.read(args[0])).build()) {
        election(client).identity("stopped").build().run(term -> {
          CountDownLatch ended = new CountDownLatch(1);
          AtomicLong at = new AtomicLong();
          term.onEnd(() -> {
            at.set(System.nanoTime());
            ended.countDown();
          });
          System.out.println("leads");
          ended.await();
          System.out.println("ended " + at.get());
        });
      }
    }
  }

  /**
   * The other process, with a controller: one handler works until it is told to end, another is called again and again. It
   * says when the first was told, how many calls began in a term that had ended, and how run() ended.
   */
  static final class Handling {

    private Handling() {}

    private static final class TwoPods implements ListerWatcher<Pod> {
      @Override
      public String list(ListOptions options, Consumer<SourceEvent<Pod>> events) {
        for (String name : new String[] {"long", "again"}) {
          events.accept(SourceEvent.added(new PodBuilder().withNewMetadata().withName(name).withUid(name).endMetadata().build()));
        }
        return "1";
      }

      @Override
      public void watch(ListOptions options, Consumer<SourceEvent<Pod>> events) throws InterruptedException {
        new CountDownLatch(1).await();
      }
    }

    public static void main(String[] args) throws InterruptedException {
      CountDownLatch works = new CountDownLatch(2);
      AtomicLong told = new AtomicLong();
      AtomicInteger late = new AtomicInteger();
      Handler<Pod> handler = (context, pod) -> {
        if (context.key().name().equals("again")) {
          late.addAndGet(context.cancelled() ? 1 : 0);
          works.countDown();
          context.requeueAfter(Duration.ofMillis(1));
          return;
        }
        works.countDown();
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          told.set(context.cancelled() ? System.nanoTime() : 0);
        }
      };
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Kubeconfig.read(args[0])).build()) {
        Controller controller = Controller.builder(Retriever.of(Pod.class, new TwoPods()), handler).workers(2)
            .election(election(client).identity("stopped").build()).build();
        CompletableFuture<Void> run = CompletableFuture.runAsync(controller::run);
        works.await();
        System.out.println("leads");
        String end = run.handle((done, failure) -> String.valueOf(failure)).join();
        System.out.println(told + " " + late + " " + end);
      }
    }
  }

  private static void signal(Process process, String signal) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor()).isZero();
  }

  private interface Stopped {
    /** @param resumed when it went on, by {@link System#nanoTime()} */
    void goesOn(BufferedReader says, long resumed) throws IOException;
  }

  /** Stops a process that leads until somebody else does, and lets it go on. */
  private void pause(Class<?> leader, TestCluster cluster, KubernetesClient client, Stopped stopped) throws Exception {
    Process process = new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", System.getProperty("java.class.path"),
        leader.getName(), Kubeconfig.write(cluster.config(), client.getNamespace(), folder).toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader says = new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(says.readLine()).isEqualTo("leads");
      signal(process, "STOP");
      election(client).identity("successor").build().run(term -> {
        long resumed = System.nanoTime(); // the same clock in all processes
        try {
          signal(process, "CONT");
          stopped.goesOn(says, resumed);
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      });
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  @Timeout(120)
  void isToldOfTheEndOfItsTermAsSoonAsItGoesOn(TestCluster cluster, KubernetesClient client) throws Exception {
    pause(Leader.class, cluster, client, (says, resumed) -> {
      String[] words = says.readLine().split(" ");
      assertThat(words[0]).isEqualTo("ended");
      Duration late = Duration.ofNanos(Long.parseLong(words[1]) - resumed);
      log.info("told {} ms after SIGCONT", late.toMillis());
      assertThat(late).as("milliseconds on an idle machine").isBetween(Duration.ZERO, A_BUSY_MACHINE);
    });
  }

  @Test
  @Timeout(120)
  @DisplayName("L4: a handler is cancelled, and no other begins, as soon as a process goes on that stood still")
  void cancelsItsHandlersAsSoonAsItGoesOn(TestCluster cluster, KubernetesClient client) throws Exception {
    pause(Handling.class, cluster, client, (says, resumed) -> {
      String[] words = says.readLine().split(" ", 3);
      Duration late = Duration.ofNanos(Long.parseLong(words[0]) - resumed);
      log.info("the handler was told {} ms after SIGCONT", late.toMillis());
      assertThat(late).as("milliseconds on an idle machine").isBetween(Duration.ZERO, A_BUSY_MACHINE);
      assertThat(Integer.parseInt(words[1])).as("calls that began too late, but for one that was about to").isLessThan(2);
      assertThat(words[2]).contains("lost the leadership");
    });
  }
}
