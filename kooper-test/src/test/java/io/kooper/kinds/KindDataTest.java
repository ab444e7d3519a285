package io.kooper.kinds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.kooper.test.kinds.KindInfo;
import io.kooper.test.kinds.Kinds;
import java.io.File;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The data that the server knows its own kinds by. */
class KindDataTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void takesAtMost400KilobytesOfTheJar() throws URISyntaxException {
    File folder = new File(Objects.requireNonNull(Kinds.class.getResource("discovery.jsonl")).toURI()).getParentFile();
    File[] files = Objects.requireNonNull(folder.listFiles((in, name) -> !name.endsWith(".class")));
    assertThat(Arrays.stream(files).mapToLong(File::length).sum()).isLessThan(400 * 1024);
  }

  @Test
  void describesEveryKindThatCanBeStored() {
    assertThat(Kinds.all()).hasSizeGreaterThan(60).filteredOn(kind -> kind.verbs().contains("create")
        && kind.verbs().contains("update")).allSatisfy(kind ->
            assertThatCode(() -> kind.schema().read(empty(kind))).as(kind.plural()).doesNotThrowAnyException());
  }

  @Test
  void completesAnEmptyObjectOfEveryKindTheSameWayTwice() {
    for (KindInfo kind : Kinds.all()) {
      if (kind.verbs().contains("update")) {
        ObjectNode once = empty(kind);
        kind.schema().complete(once);
        ObjectNode twice = once.deepCopy();
        kind.schema().read(twice);
        kind.schema().complete(twice);
        assertThat(twice).as(kind.plural()).isEqualTo(once);
      }
    }
  }

  private static ObjectNode empty(KindInfo kind) {
    ObjectNode object = JSON.createObjectNode().put("kind", kind.kind())
        .put("apiVersion", kind.group().isEmpty() ? kind.version() : kind.group() + "/" + kind.version());
    object.putObject("metadata").put("name", "x");
    return object;
  }
}
