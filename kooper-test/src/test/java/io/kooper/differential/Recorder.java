package io.kooper.differential;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.junit.Standalone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes down what a kube-apiserver answers to the requests of files, which is all that is changed in them: begin a file with
 * the requests alone, or add some, and record it anew. Run by hand, with {@code -Dkooper.test.target} for a folder that has
 * kube-apiserver and etcd; the arguments are the folder of the files, and their names in the order in which they are played on
 * one server.
 */
final class Recorder {

  private Recorder() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    try (Standalone server = new Standalone(System.getProperty("kooper.test.target"))) {
      for (String name : List.of(arguments).subList(1, arguments.length)) {
        record(folder.resolve(name + ".jsonl"), server.config());
      }
    }
  }

  private static void record(Path file, Config config) throws IOException {
    List<Recorded> requests = Recorded.of(Files.readAllLines(file));
    Map<Recorded, Answered> answers = Recorded.play(requests, new Player(config));
    List<String> lines = new ArrayList<>();
    for (Recorded one : requests) {
      ObjectNode line = (ObjectNode) one.request().deepCopy();
      line.remove("number");
      Answered answer = answers.get(one);
      if (!one.isQuiet()) {
        line.put("status", answer.status());
        line.put("warning", answer.warning().isEmpty() ? null : answer.warning());
        line.set("response", answer.body());
      }
      lines.add(line.toString());
    }
    Files.write(file, lines);
  }
}
