package io.kooper.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.test.EmbeddedApiServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plays what a kube-apiserver 1.36.2 was asked on the embedded server. */
class DifferentialTest {

  @ParameterizedTest
  @CsvSource({"definitions,t3", "schemas,schemas", "writes,", "kinds,", "lists,", "deletion,"})
  void answersAsAKubeApiserver(String name, @Nullable String namespace) {
    List<Recorded> recorded = Recorded.read(name);
    Map<String, String> accepted = Recorded.accepted(name);
    Map<String, String> different = new LinkedHashMap<>();
    int sameStatus = 0;
    try (EmbeddedApiServer server =
        EmbeddedApiServer.builder().rbac().token("usertoken", "user").garbageCollection(false).start()) {
      Player player = new Player(server.config());
      if (namespace != null) {
        player.play(Recorded.MAPPER.readTree("""
            {"label":"namespace","method":"POST","path":"/api/v1/namespaces","contentType":"application/json","body":
             {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s"}}}""".formatted(namespace)));
      }
      Map<Recorded, Answered> answers = answers(recorded, player);
      recorded = recorded.stream().filter(one -> !one.isQuiet()).toList();
      for (Recorded one : recorded) {
        Answered answer = answers.get(one);
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

  /** In the order in which they were sent; watches in a row at once, and what is sent meanwhile while they are open. */
  private static Map<Recorded, Answered> answers(List<Recorded> recorded, Player player) {
    Map<Recorded, Answered> answers = new LinkedHashMap<>();
    Map<Recorded, Player.Sent> open = new LinkedHashMap<>();
    for (int i = 0; i < recorded.size(); i++) {
      Recorded one = recorded.get(i);
      boolean watched = i + 1 < recorded.size() && recorded.get(i + 1).isMeanwhile();
      if (watched && !one.isMeanwhile()) {
        open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
        open.clear();
      }
      if (one.isWatch()) {
        open.put(one, player.begin(one.request()));
        continue;
      }
      if (!one.isMeanwhile()) {
        open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
        open.clear();
      }
      answers.put(one, player.play(one.request()));
    }
    open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
    return answers;
  }
}
