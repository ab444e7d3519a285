package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.controller.Controller;
import io.kooper.fake.FakeSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the operator has built of builders can be asked. */
@Timeout(60)
class OperatorControllersTest {

  @Test
  void aControllerIsFoundByItsNameAndCanBeTriggered() throws Exception {
    FakeSource source = new FakeSource();
    source.put("a", "1");
    Queue<List<String>> calls = new ConcurrentLinkedQueue<>();
    Operator operator = Operator.builder("shops")
        .controller(Controller.<ConfigMap>builder(source.retriever(), (context, map) -> calls.add(context.reasons()))
            .name("maps"))
        .build();
    Thread running = new Thread(operator::run);
    running.start();
    await().until(() -> calls.size() == 1);

    assertThat(operator.controller("maps").trigger(FakeSource.key("a"))).isTrue();

    await().untilAsserted(() -> assertThat(calls).containsExactly(List.of("added"), List.of("trigger")));
    assertThatThrownBy(() -> operator.controller("mpas")).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"mpas\"; there are maps");
    operator.close();
    running.join();
  }
}
