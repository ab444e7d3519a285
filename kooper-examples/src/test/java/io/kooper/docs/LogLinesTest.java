package io.kooper.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The lines that docs/logging.md explains are those that the code writes. */
class LogLinesTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("^\\| (info|warn|error) \\| `([^`]+)` \\|", Pattern.MULTILINE);

  @Test
  void eachLineIsWritten() throws IOException {
    String code;
    try (Stream<Path> files = Files.walk(ROOT.resolve("kooper-core/src/main/java"))) {
      code = files.filter(Files::isRegularFile).sorted().map(LogLinesTest::read).collect(Collectors.joining("\n"));
    }
    List<String> missing = new ArrayList<>();
    int rows = 0;
    for (Matcher row = ROW.matcher(Files.readString(ROOT.resolve("docs/logging.md"))); row.find(); rows++) {
      for (String part : row.group(2).split("[…:;,(]+")) {
        if (part.strip().length() > 3 && !code.contains(part.strip())) {
          missing.add(part.strip() + " of: " + row.group(2));
        }
      }
    }
    assertThat(rows).isGreaterThan(20);
    assertThat(missing).isEmpty();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
