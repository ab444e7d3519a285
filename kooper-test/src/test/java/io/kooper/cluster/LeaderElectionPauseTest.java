package io.kooper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.leaderelection.LeaderElection;
import io.kooper.leaderelection.LeaderElectionBuilder;
import io.kooper.test.EmbeddedApiServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A leader whose whole process stands still beyond its deadline, as with SIGSTOP, a freezer or a swapping machine. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LeaderElectionPauseTest {

  private static final Logger log = LoggerFactory.getLogger(LeaderElectionPauseTest.class);

  private static LeaderElectionBuilder election(KubernetesClient client) {
    return LeaderElection.builder(client, "op").namespace("default").leaseDuration(Duration.ofSeconds(3))
        .renewDeadline(Duration.ofSeconds(2)).retryPeriod(Duration.ofMillis(250));
  }

  /** The other process: leads, and says so, until its term has ended. */
  static final class Leader {

    private Leader() {}

    public static void main(String[] args) throws InterruptedException {
      Config config = new ConfigBuilder(Config.empty()).withMasterUrl(args[0]).build();
      try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
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

  private static void signal(Process process, String signal) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor()).isZero();
  }

  @Test
  @Timeout(120)
  void isToldOfTheEndOfItsTermAsSoonAsItGoesOn() throws Exception {
    try (EmbeddedApiServer server = EmbeddedApiServer.builder().tls(false).start(); KubernetesClient client = server.client()) {
      Process process = new ProcessBuilder(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", System.getProperty("java.class.path"),
          Leader.class.getName(), server.url()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      try (BufferedReader says = new BufferedReader(
          new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(says.readLine()).isEqualTo("leads");
        signal(process, "STOP");
        election(client).identity("successor").build().run(term -> {
          long resumed = System.nanoTime(); // the same clock in all processes
          try {
            signal(process, "CONT");
            String[] words = says.readLine().split(" ");
            assertThat(words[0]).isEqualTo("ended");
            Duration late = Duration.ofNanos(Long.parseLong(words[1]) - resumed);
            log.info("told {} ms after SIGCONT", late.toMillis());
            assertThat(late).as("milliseconds on an idle machine").isBetween(Duration.ZERO, Duration.ofSeconds(1));
            assertThat(term.isValid()).isTrue();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
      } finally {
        process.destroyForcibly();
      }
    }
  }
}
