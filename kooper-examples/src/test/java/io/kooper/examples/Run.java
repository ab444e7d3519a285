package io.kooper.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An example that runs, with what it prints, until this is closed. */
public final class Run implements AutoCloseable {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream before = System.out;
  private final Thread thread;
  private volatile @Nullable Throwable failure;

  private Run(Consumer<String[]> main, String... args) {
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    thread = new Thread(() -> main.accept(args));
    thread.setUncaughtExceptionHandler((where, e) -> failure = e);
    thread.start();
  }

  /** Calls the main method, with these flags, on the embedded API server. */
  public static Run embedded(Consumer<String[]> main, String... flags) {
    String[] args = new String[flags.length + 2];
    args[0] = "--embedded";
    args[1] = "--for=3m"; // longer than any test, which ends it
    System.arraycopy(flags, 0, args, 2, flags.length);
    return new Run(main, args);
  }

  public List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** Waits until each of these patterns fits a line, the first of them in this order. */
  public void awaitLines(String... patterns) {
    await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> { // a busy machine takes its time
      assertThat(failure).isNull();
      List<String> rest = lines();
      for (String pattern : patterns) {
        Pattern line = Pattern.compile(pattern);
        int i = 0;
        while (i < rest.size() && !line.matcher(rest.get(i)).matches()) {
          i++;
        }
        assertThat(i).as("the place of " + pattern + " in " + rest).isLessThan(rest.size());
        rest = rest.subList(i + 1, rest.size());
      }
    });
  }

  /** Ends it, as Ctrl-C would. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      System.setOut(before);
    }
    assertThat(failure).isNull();
  }
}
