package io.kooper;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.controller.Controller;
import io.kooper.fake.FakeSource;
import io.kooper.metrics.MetricsRecorder;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A controller runs where neither Micrometer nor OpenTracing is on the class path. */
class OptionalDependenciesTest {

  @Test
  void aControllerRunsWithoutThem() throws Exception {
    String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.contains("micrometer") && !entry.contains("opentracing") && !entry.contains("prometheus"))
        .collect(Collectors.joining(File.pathSeparator));
    Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp", classPath, OptionalDependenciesTest.class.getName()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output).contains("handled a").contains("ended");
    assertThat(process.exitValue()).isZero();
  }

  public static void main(String[] args) throws Exception {
    for (String absent : new String[] {"io.micrometer.core.instrument.MeterRegistry", "io.opentracing.Tracer"}) {
      try {
        Class.forName(absent);
        throw new IllegalStateException(absent + " is on the class path");
      } catch (ClassNotFoundException e) {
        System.out.println("without " + absent);
      }
    }
    FakeSource source = new FakeSource();
    source.put("a", "1");
    CountDownLatch handled = new CountDownLatch(1);
    Controller controller = Controller.builder(source.retriever(), (context, object) -> {
      System.out.println("handled " + object.getMetadata().getName());
      handled.countDown();
    }).metrics(MetricsRecorder.NONE).build();
    Thread run = new Thread(controller::run);
    run.start();
    handled.await();
    controller.close();
    run.join();
    System.out.println("ended");
  }
}
