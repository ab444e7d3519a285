package io.kooper.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The lines that docs/logging.md explains are those that the code writes, and all of them. */
class LogLinesTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("^\\| (info|warn|error) \\| `([^`]+)` \\|", Pattern.MULTILINE);

  private static final Pattern CALL = Pattern.compile("\\b(?:log|LOG)\\.(info|warn|error)\\((.*?)\\);\n", Pattern.DOTALL);
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static String code() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve("kooper-core/src/main/java"))) {
      return files.filter(Files::isRegularFile).sorted().map(LogLinesTest::read).collect(Collectors.joining("\n"))
          .replaceAll("\"\\s*\\+\\s*\"", "");
    }
  }

  @Test
  void eachLineIsExplained() throws IOException {
    Map<String, List<String>> rows = new HashMap<>();
    for (Matcher row = ROW.matcher(Files.readString(ROOT.resolve("docs/logging.md"))); row.find();) {
      rows.computeIfAbsent(row.group(1), level -> new ArrayList<>()).add(row.group(2));
    }
    List<String> missing = new ArrayList<>();
    int lines = 0;
    for (Matcher call = CALL.matcher(code()); call.find();) {
      for (Matcher text = LITERAL.matcher(call.group(2)); text.find();) {
        String line = text.group(1).replace("\\n", " ").replace("\\\"", "\"").strip();
        // what the page shows as a word or a dot may be a parameter here, but not the other way round
        Pattern shown = Pattern.compile(Stream.of(line.split("\\{}", -1)).map(Pattern::quote).collect(Collectors.joining(".+")));
        if (line.matches(".*\\p{L}.*")) {
          lines++;
          if (rows.get(call.group(1)).stream().noneMatch(row -> shown.matcher(row).find())) {
            missing.add(call.group(1) + ": " + line);
          }
        }
      }
    }
    assertThat(lines).isGreaterThan(30);
    assertThat(missing).isEmpty();
  }

  @Test
  void eachLineIsWritten() throws IOException {
    String code = code().replace("\\\"", "\"");
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
