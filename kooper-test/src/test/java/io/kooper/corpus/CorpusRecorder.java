package io.kooper.corpus;

import io.kooper.test.junit.Standalone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes down which mutants a kube-apiserver refuses: a line a place, with what was done there and the status of the answer.
 * Run by hand, with {@code -Dkooper.test.target} for a folder that has kube-apiserver and etcd; the argument is the file.
 */
final class CorpusRecorder {

  private CorpusRecorder() {}

  public static void main(String[] arguments) throws IOException {
    Map<String, StringBuilder> lines = new LinkedHashMap<>();
    try (Standalone server = new Standalone(System.getProperty("kooper.test.target"))) {
      new Corpus(server.config()).judge().forEach((verdict, status) -> {
        if (status >= 300) {
          int how = verdict.lastIndexOf(' ');
          lines.computeIfAbsent(verdict.substring(0, how), StringBuilder::new)
              .append(verdict.substring(how)).append('=').append(status);
        }
      });
    }
    List<String> text = new ArrayList<>(List.of("# What a kube-apiserver 1.36.2 refuses of the mutants, with the status."));
    lines.values().forEach(line -> text.add(line.toString()));
    Files.write(Path.of(arguments[0]), text);
  }
}
