package io.kooper.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.EmbeddedApiServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plays what a kube-apiserver 1.36.2 was asked on the embedded server. */
class DifferentialTest {

  @ParameterizedTest
  @CsvSource({"definitions,t3", "schemas,schemas"})
  void answersAsAKubeApiserver(String name, String namespace) {
    List<Recorded> recorded = Recorded.read(name);
    Map<String, String> accepted = Recorded.accepted(name);
    Map<String, String> different = new LinkedHashMap<>();
    int sameStatus = 0;
    try (EmbeddedApiServer server = EmbeddedApiServer.start()) {
      Player player = new Player(server.config());
      player.play(Recorded.MAPPER.readTree("""
          {"label":"namespace","method":"POST","path":"/api/v1/namespaces","contentType":"application/json","body":
           {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s"}}}""".formatted(namespace)));
      for (Recorded one : recorded) {
        Answered answer = player.play(one.request());
        sameStatus += answer.status() == one.answer().status() ? 1 : 0;
        if (!answer.equals(one.answer())) {
          different.put(one.label(), "\n  real: " + one.answer() + "\n  ours: " + answer);
        }
      }
    }
    Map<String, Integer> reasons = new TreeMap<>();
    accepted.values().forEach(reason -> reasons.merge(reason, 1, Integer::sum));
    System.out.printf("%s: %d requests, %d with the same status, %d equal, %d different; accepted: %s%n", name,
        recorded.size(), sameStatus, recorded.size() - different.size(), different.size(), reasons);
    Map<String, String> unexpected = new LinkedHashMap<>(different);
    unexpected.keySet().removeAll(accepted.keySet());
    assertThat(unexpected).as("differences without a reason").isEmpty();
    assertThat(different.keySet()).as("accepted differences that are none any more").containsAll(accepted.keySet());
  }
}
