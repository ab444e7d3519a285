package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SmokeTest {
  @Test
  void handlesWhatIsListedThenWhatChanges() throws Exception {
    FakeSource source = new FakeSource();
    source.put("a", "1");
    List<String> calls = new CopyOnWriteArrayList<>();
    Controller controller = Controller.sequential(source.retriever(), Handler.<ConfigMap>of(
        (context, object) -> calls.add("add " + context.key() + " " + object.getData().get("value")),
        (context, object) -> calls.add("delete " + context.key() + " " + object.getData().get("value"))));
    Thread run = new Thread(controller::run);
    run.start();
    await().until(() -> calls.size() == 1);
    source.put("a", "2");
    await().until(() -> calls.size() == 2);
    source.delete("a");
    await().until(() -> calls.size() == 3);
    assertThat(controller.health().ready()).isTrue();
    controller.close();
    run.join();
    assertThat(calls).containsExactly("add default/a 1", "add default/a 2", "delete default/a 2");
  }
}
