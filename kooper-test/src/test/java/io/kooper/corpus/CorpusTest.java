package io.kooper.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.EmbeddedApiServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is refused of objects in which one thing is broken. */
class CorpusTest {

  private static final double MOST_ACCEPTED = 0.02; // of what a kube-apiserver refuses
  private static final double MOST_REFUSED = 0.01; // of what it does not

  private static Map<String, Integer> real;
  private static Map<String, Integer> ours;

  @BeforeAll
  static void judge() {
    real = new HashMap<>();
    Corpus.text("verdicts.txt").lines().filter(line -> !line.startsWith("#")).forEach(line -> {
      String[] words = line.split(" ");
      for (int i = 2; i < words.length; i++) {
        String[] verdict = words[i].split("=");
        real.put(words[0] + " " + words[1] + " " + verdict[0], Integer.valueOf(verdict[1]));
      }
    });
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      ours = new Corpus(server.config()).judge();
    }
  }

  @Test
  void whatAKubeApiserverRefusesIsRefused() {
    List<String> accepted = new ArrayList<>();
    List<String> otherwise = new ArrayList<>();
    real.forEach((mutant, status) -> {
      int own = ours.getOrDefault(mutant, 0);
      if (own < 300) {
        accepted.add(mutant);
      } else if (own != status) {
        otherwise.add(mutant + ": " + status + " there, " + own + " here");
      }
    });
    System.out.printf("corpus: %d mutants, %d refused by a kube-apiserver, %d of these accepted here (%.1f %%), %d with another"
        + " status%n", ours.size(), real.size(), accepted.size(), 100.0 * accepted.size() / real.size(), otherwise.size());
    accepted.sort(null);
    assertThat(accepted).as("accepted here: " + String.join("\n", accepted) + "\n" + String.join("\n", otherwise))
        .hasSizeLessThanOrEqualTo((int) (real.size() * MOST_ACCEPTED));
  }

  @Test
  void whatItAcceptsIsAccepted() {
    List<String> refused = new ArrayList<>();
    ours.forEach((mutant, status) -> {
      if (status >= 300 && !real.containsKey(mutant)) {
        refused.add(mutant + ": " + status);
      }
    });
    refused.sort(null);
    assertThat(refused).as("refused here: " + String.join("\n", refused))
        .hasSizeLessThanOrEqualTo((int) ((ours.size() - real.size()) * MOST_REFUSED));
  }
}
