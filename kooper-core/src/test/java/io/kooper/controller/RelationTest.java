package io.kooper.controller;

import static io.kooper.fake.FakeSource.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.controller.Causes.Change;
import io.kooper.fake.FakeSource;
import io.kooper.informer.Informer;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.retrieve.ObjectKey;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RelationTest {

  private final FakeSource secrets = new FakeSource();
  private final Informer<ConfigMap> informer = Informer.builder(secrets.retriever()).build();
  private final Queue<ObjectKey> called = new ConcurrentLinkedQueue<>();
  private final Relation<ConfigMap, ConfigMap> references = new Relation<>(
      new Relation.Kind<>(secrets.retriever(), new Related<>(), null, null, any -> List.of(key("secret"))), "secrets", false,
      informer, null, new Guard(Log.of(RelationTest.class), "the test"), new Relation.Calls() {
        @Override
        public void related(ObjectKey primary, String text, Change change, Origin origin) {
          called.add(primary);
        }

        @Override
        public void passedOver(ObjectKey primary) {}
      });

  @AfterEach
  void close() {
    informer.close();
  }

  @Test
  void aDeleteOfWhatIsReferencedThatWasMissedCalls() {
    secrets.put("secret", "1");
    references.listen();
    informer.start();
    await().until(() -> informer.store().size() == 1);
    references.refer(key("primary"), new ConfigMapBuilder().withNewMetadata().withName("primary").endMetadata().build());
    references.leave();
    secrets.delete("secret");
    await().until(() -> informer.store().size() == 0);

    references.missed(Origin.LIST);

    assertThat(called).containsExactly(key("primary"));
  }
}
