package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.Test;

class ObjectKeyTest {

  @Test
  void ofAClusterScopedObjectHasNoNamespaceHoweverThatIsSaid() {
    ObjectKey key = ObjectKey.of(new NodeBuilder().withNewMetadata().withName("n1").endMetadata().build());

    assertThat(new ObjectKey(null, "n1")).isEqualTo(key).hasToString("n1");
    assertThat(key.namespace()).isEmpty();
  }

  @Test
  void hasAName() {
    assertThatThrownBy(() -> new ObjectKey("shop", null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("namespace \"shop\"");
    assertThatThrownBy(() -> new ObjectKey("shop", "")).isInstanceOf(IllegalArgumentException.class);
  }
}
