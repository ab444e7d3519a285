package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.IThrowableProxy;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.Logs;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Exceptions about an object quote it: the log shows of them where, and what they say at debug alone. */
@Timeout(60)
class ForeignWordsTest {

  private static final String SECRET = "s3cret";

  private final Rig rig = new Rig();
  private final List<Logs> logs = Stream.of("io.kooper.controller", "io.kooper.informer", "io.kooper.queue")
      .map(logger -> new Logs(logger, Level.DEBUG)).toList();

  @AfterEach
  void stop() {
    rig.close();
    logs.forEach(Logs::close);
  }

  private List<String> lines(boolean debug) {
    return logs.stream().flatMap(log -> log.events().stream())
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.INFO) != debug)
        .map(event -> event.getFormattedMessage() + words(event.getThrowableProxy())).toList();
  }

  private static String words(IThrowableProxy thrown) {
    return thrown == null ? "" : " " + thrown.getMessage() + words(thrown.getCause());
  }

  private void run(UnaryOperator<ControllerBuilder<ConfigMap>> options) {
    rig.put("a", SECRET).put("b", "1").start(options);
    Rig.await(() -> rig.told().contains("add b=1"));
    Rig.await(() -> lines(true).stream().anyMatch(line -> line.contains(SECRET)));
    assertThat(lines(false)).noneMatch(line -> line.contains(SECRET))
        .anyMatch(line -> line.contains("default/a") && line.contains("java.lang.NumberFormatException at io.kooper."
            + "controller.ForeignWordsTest."));
    assertThat(rig.controller().health().toString()).doesNotContain(SECRET);
  }

  @Test
  void ofAnIndex() {
    run(builder -> builder.index("size", object -> List.of("" + Integer.parseInt(object.getData().get("value")))));
  }

  @Test
  void ofATransform() {
    run(builder -> builder.transform(object -> {
      try {
        object.getData().put("size", "" + Integer.parseInt(object.getData().get("value")));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("not " + object.getData(), e);
      }
      return object;
    }));
  }

  @Test
  void ofAHandlerTheyAreKept() {
    rig.behave((call, context) -> {
      throw new IllegalStateException("no " + call.value());
    });
    rig.put("a", "1").start().awaitCalls(1);
    Rig.await(() -> lines(false).stream().anyMatch(line -> line.contains("no 1")));
  }
}
