package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.kooper.test.EmbeddedApiServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Real processes, real signals: who leads, and how long nobody does. */
class LeaderElectionProcessesTest {

  private static final Logger log = LoggerFactory.getLogger(LeaderElectionProcessesTest.class);

  /** Lease duration, two jittered retries of up to 4.4 s each, and the start of a loaded machine. */
  private static final Duration HAND_OVER = Duration.ofSeconds(35);

  @TempDir
  Path directory;

  private EmbeddedApiServer server;
  private final List<Replica> replicas = new CopyOnWriteArrayList<>();

  private static final class Replica {

    final Process process;
    final List<String> lines = new CopyOnWriteArrayList<>();

    Replica(Path kubeconfig) throws IOException {
      ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
          LeaderElectionController.class.getName());
      builder.environment().put("KUBECONFIG", kubeconfig.toString());
      process = builder.redirectErrorStream(true).start();
      Thread reader = new Thread(() -> {
        try (BufferedReader output = process.inputReader()) {
          output.lines().forEach(lines::add);
        } catch (IOException e) {
          lines.add(e.toString());
        }
      });
      reader.setDaemon(true);
      reader.start();
    }

    boolean leads() {
      return lines.stream().anyMatch(line -> line.startsWith("I lead"));
    }

    void signal(String signal) throws Exception {
      assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor()).isZero();
    }
  }

  @BeforeEach
  void startServer() throws IOException {
    assumeThat(Path.of("/bin/kill")).as("signals of a Unix system").exists();
    server = EmbeddedApiServer.start();
    Files.writeString(directory.resolve("kubeconfig"), server.kubeconfig());
  }

  @AfterEach
  void stopAll() {
    replicas.forEach(replica -> replica.process.destroyForcibly());
    if (server != null) {
      server.close();
    }
  }

  private Replica start() throws IOException {
    Replica replica = new Replica(directory.resolve("kubeconfig"));
    replicas.add(replica);
    return replica;
  }

  /** Starts a leader and then a standby. */
  private Replica leader() throws IOException {
    Replica leader = start();
    await().atMost(HAND_OVER).until(leader::leads);
    return leader;
  }

  private Replica standby() throws IOException {
    Replica standby = start();
    await().atMost(HAND_OVER).until(() -> standby.lines.stream().anyMatch(line -> line.startsWith("The leader is")));
    return standby;
  }

  private void awaitHandOver(String what, Replica standby) {
    long start = System.nanoTime();
    await().atMost(HAND_OVER).until(standby::leads);
    log.info("hand-over after {}: {} ms", what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  @Test
  void aLeaderThatIsToldToEndGivesTheLeaseBack() throws Exception {
    Replica leader = leader();
    Replica standby = standby();

    leader.signal("TERM");

    awaitHandOver("SIGTERM", standby);
    assertThat(leader.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aLeaderThatIsKilledIsSucceededWhenItsLeaseHasExpired() throws Exception {
    Replica leader = leader();
    Replica standby = standby();

    leader.signal("KILL");

    awaitHandOver("SIGKILL", standby);
  }

  @Test
  void aLeaderThatWasPausedEndsWhenItGoesOn() throws Exception {
    Replica leader = leader();
    Replica standby = standby();

    leader.signal("STOP");
    awaitHandOver("SIGSTOP", standby);
    int before = leader.lines.size();
    leader.signal("CONT");

    assertThat(leader.process.waitFor(30, TimeUnit.SECONDS)).as("run() fails").isTrue();
    assertThat(leader.process.exitValue()).isNotZero();
    assertThat(leader.lines.subList(before, leader.lines.size())).noneMatch(line -> line.startsWith("Pod handled"));
  }
}
