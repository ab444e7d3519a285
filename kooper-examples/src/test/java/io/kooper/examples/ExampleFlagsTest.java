package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.examples.echopod.EchoPod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user sees of an example who reads its header, asks for help, mistypes a flag, or has seen enough. */
class ExampleFlagsTest {

  static Stream<Class<?>> examples() {
    return Stream.of(ConcurrencyHandlingController.class, MultiResourceController.class, FinalizerController.class,
        RequeueAfterController.class, GenericResourceController.class, NamespacesController.class,
        ConfigCustomController.class, EchoPod.class);
  }

  private static Process start(Class<?> example, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), example.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void theHeaderHasTheCommandAndTheReadmeTheName(Class<?> example) throws IOException {
    String source = Files.readString(Path.of("src/main/java", example.getName().replace('.', '/') + ".java"));
    assertThat(Files.readString(Path.of("README.md"))).contains(
        "| `" + example.getName().substring("io.kooper.examples.".length()) + "` |");
    assertThat(source).contains(
        "mvn -q compile exec:java -Dexec.mainClass=" + example.getName(), "-Dexec.args=\"--embedded --for=");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void aFlagThatIsUnknownIsNamedAndSoAreThoseThatExist(Class<?> example) throws Exception {
    Process process = start(example, "--fast");
    assertThat(output(process)).contains("unknown flag --fast", "--embedded", "--for=TIME");
    assertThat(process.waitFor()).isEqualTo(2);
  }

  @Test
  void helpIsHelp() throws Exception {
    Process process = start(EchoPod.class, "--help");
    assertThat(output(process)).contains("--namespace=NAME", "--embedded", "--probes=PORT").doesNotContain("Exception");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void ctrlCEndsItInOrder() throws Exception {
    Process process = start(FinalizerController.class, "--embedded", "--for=3m");
    try (var reader = process.inputReader()) {
      List<String> lines = new ArrayList<>();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
        if (line.startsWith("Record set")) {
          process.toHandle().destroy(); // SIGTERM, as good as Ctrl-C; unlike Process.destroy it leaves the output open
        }
      }
      assertThat(lines).anyMatch(line -> line.startsWith("Record set")).noneMatch(line -> line.contains("Exception"));
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }
}
