package io.kooper.differential;

import io.kooper.test.EmbeddedApiServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plays what a kube-apiserver 1.36.2 was asked on the embedded server. */
class DifferentialTest {

  /** Those that were recorded of one server are played on one, in their order. */
  @ParameterizedTest
  @ValueSource(strings = {"writes kinds definitions lists", "schemas", "deletion",
      "objects lives applies pages subresources", "typed updates"})
  void answersAsAKubeApiserver(String names) {
    try (EmbeddedApiServer server =
        EmbeddedApiServer.builder().rbac().token("usertoken", "user").garbageCollection(false).start()) {
      SoftAssertions all = new SoftAssertions();
      for (String name : names.split(" ")) {
        compare(name, new Player(server.config()), all);
      }
      all.assertAll();
    }
  }

  private static void compare(String name, Player player, SoftAssertions all) {
    List<Recorded> recorded = Recorded.read(name);
    Map<String, String> accepted = Recorded.accepted(name);
    Map<String, String> different = new LinkedHashMap<>();
    int sameStatus = 0;
    Map<Recorded, Answered> answers = Recorded.play(recorded, player);
    recorded = recorded.stream().filter(one -> !one.isQuiet()).toList();
    for (Recorded one : recorded) {
      Answered answer = answers.get(one);
      sameStatus += answer.status() == one.answer().status() ? 1 : 0;
      if (!answer.equals(one.answer())) {
        different.put(one.label(), answer.difference(one.answer()));
      }
    }
    Map<String, Integer> reasons = new TreeMap<>();
    accepted.values().forEach(reason -> reasons.merge(reason, 1, Integer::sum));
    System.out.printf("%s: %d requests, %d with the same status, %d equal, %d different; accepted: %s%n", name,
        recorded.size(), sameStatus, recorded.size() - different.size(), different.size(), reasons);
    if (Boolean.getBoolean("kooper.differences")) { // the accepted ones, too
      different.forEach((label, difference) -> System.out.println("--- " + name + ": " + label + difference));
    }
    Map<String, String> unexpected = new LinkedHashMap<>(different);
    unexpected.keySet().removeAll(accepted.keySet());
    all.assertThat(unexpected).as("differences without a reason").isEmpty();
    all.assertThat(different.keySet()).as("accepted differences that are none any more").containsAll(accepted.keySet());
  }
}
