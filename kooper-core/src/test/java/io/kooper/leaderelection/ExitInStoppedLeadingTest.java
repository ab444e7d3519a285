package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.controller.Controller;
import io.kooper.fake.FakeSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program as people port it from Go: it exits when it does not lead any more, and a shutdown hook closes the controller. */
@Timeout(90)
class ExitInStoppedLeadingTest {

  /** The program. */
  public static void main(String[] args) {
    GatedStore store = new GatedStore();
    LeaderElection election = LeaderElection.builder(null, "op").namespace("default").identity("a").store(store)
        .listener(new LeaderElectionListener() {
          @Override
          public void startedLeading(long token) {
            System.out.println("leading");
          }

          @Override
          public void stoppedLeading(long token, Reason reason) {
            System.exit(3);
          }
        }).build();
    Controller controller = Controller.builder(new FakeSource().retriever(), (context, object) -> {}).election(election).build();
    Runtime.getRuntime().addShutdownHook(new Thread(controller::close));
    if (args[0].equals("lose")) {
      new Thread(() -> {
        while (!election.health().leading()) {
          Thread.onSpinWait();
        }
        store.server(server -> server.put(new LeaseRecord("b", 15, null, null, 9).on(server.get())));
      }).start();
    }
    controller.run();
  }

  @ParameterizedTest
  @DisplayName("L11: System.exit in stoppedLeading and a shutdown hook that closes do not wait for each other for ever")
  @ValueSource(strings = {"stop", "lose", "stop", "lose"})
  void endsTheProcess(String how) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), ExitInStoppedLeadingTest.class.getName(), how)
        .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = ""; line != null && !line.equals("leading"); line = out.readLine()) {
        // what it logs
      }
      if (how.equals("stop")) {
        process.destroy();
      }
      assertThat(process.waitFor(40, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
  }
}
