package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.controller.ControllerBuilder;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each example runs on the embedded API server, and prints what it is there to show. */
class ExamplesTest {

  @Test
  void workersShareTheWorkAndOneAloneDoesNot() {
    try (Run run = Run.embedded(ConcurrencyHandlingController::main)) {
      String[] ten = new String[ConcurrencyHandlingController.PODS];
      Arrays.fill(ten, "sequential: default/web-\\d+ done .*");
      run.awaitLines(ten);

      Map<String, Integer> atOnce = new LinkedHashMap<>();
      Map<String, Integer> millis = new LinkedHashMap<>();
      Pattern line = Pattern.compile("(\\w+): default/web-\\d+ done after (\\d+) ms, (\\d+) at once");
      for (String text : run.lines()) {
        line.matcher(text).results().forEach((MatchResult found) -> {
          millis.merge(found.group(1), Integer.valueOf(found.group(2)), Math::max);
          atOnce.merge(found.group(1), Integer.valueOf(found.group(3)), Math::max);
        });
      }
      assertThat(atOnce).containsEntry("sequential", 1);
      assertThat(atOnce.get("concurrent")).isBetween(2, 5);
      assertThat(millis.get("concurrent")).isLessThan(millis.get("sequential"));
      assertThat(run.lines()).filteredOn(text -> text.startsWith("concurrent")).hasSize(ConcurrencyHandlingController.PODS);
    }
  }

  @Test
  void oneHandlerServesSeveralKinds() {
    try (Run run = Run.embedded(MultiResourceController::main)) {
      for (String kind : List.of("Deployment", "StatefulSet", "DaemonSet")) {
        run.awaitLines(kind + " default/shop-\\d+ is there, one of \\d workloads", kind + " default/shop-\\d+ is gone, .*");
      }
    }
  }

  @Test
  void aFinalizerMissesNoDelete() {
    try (Run run = Run.embedded(FinalizerController::main)) {
      run.awaitLines("Record removed: left-behind");
      String set = "Record set: site-\\d+ is 10.0.0.\\d+";
      run.awaitLines(set, "Record removed: site-\\d+", set);
    }
  }

  @Test
  void eachObjectHasATimerOfItsOwn() {
    try (Run run = Run.embedded(RequeueAfterController::main)) {
      String mortal = "default/mortal-\\d+ ";
      run.awaitLines(mortal + "lives for \\d+ ms more", mortal + "has lived its time", mortal + "is gone");
      assertThat(run.lines()).filteredOn(line -> line.contains("lives for")).doesNotHaveDuplicates(); // only timers call
    }
  }

  @Test
  void aKindWithoutAClassIsWaitedForAndHandled() {
    try (Run run = Run.embedded(GenericResourceController::main)) {
      run.awaitLines("Widget default/widget-\\d+ has size \\d+", "Widget default/widget-\\d+ is gone");
    }
  }

  @Test
  void onlyTheNamespacesAndTheNameAreSeenAndTheIndexSpansThem() {
    try (Run run = Run.embedded(NamespacesController::main)) {
      run.awaitLines("Pod bank/web-\\d+ is one of [2-9] of web");
      run.awaitLines("Pod shop/web-\\d+ is one of [2-9] of web", "Pod bank/bare-\\d+ is of no app");
      run.awaitLines("Settings of bank are \\{mode=fast\\}", "Settings of bank are gone");
      assertThat(run.lines()).noneMatch(line -> line.contains("elsewhere") || line.contains("unseen"));
    }
  }

  @Nested
  class EveryOption {

    @Test
    void works() {
      try (Run run = Run.embedded(ConfigCustomController::main)) {
        run.awaitLines("All pods have been seen", "Pod added: default/web-\\d+, attempt 1, one of \\d that are Pending");
        run.awaitLines("Pod deleted: default/web-.*");
      }
    }

    @Test
    void isExplained() throws IOException {
      String source = Files.readString(Path.of("src/main/java/io/kooper/examples/ConfigCustomController.java"));
      List<String> options = Arrays.stream(ControllerBuilder.class.getDeclaredMethods())
          .filter(method -> Modifier.isPublic(method.getModifiers()) && method.getReturnType() == ControllerBuilder.class)
          .map(Method::getName).distinct().toList();

      assertThat(options).hasSizeGreaterThan(15).allSatisfy(option -> assertThat(source).contains(option + "("));
    }
  }
}
