package io.kooper.informer;

import static io.kooper.informer.Recorder.delete;
import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Recorder.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.Clock;
import io.kooper.fake.FakeSource;
import io.kooper.retrieve.SourceEvent;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class IndexTest {

  private Function<ConfigMap, Collection<String>> values = object -> List.of(object.getMetadata().getResourceVersion(), "all");
  private final Cache<ConfigMap> cache = new Cache<>(
      "test", null, List.of(new Index<>("by", object -> values.apply(object), 0)), false, Clock.system(), null);
  private final Recorder recorder = new Recorder();

  private List<String> find(String value) {
    return cache.store.byIndex("by", value).stream()
        .map(object -> object.getMetadata().getName() + "@" + object.getMetadata().getResourceVersion()).sorted().toList();
  }

  private void list(ConfigMap... objects) {
    Staging<ConfigMap> staging = new Staging<>(cache, ObjectStore.ALL, false);
    List.of(objects).forEach(object -> staging.accept(SourceEvent.added(object)));
    cache.replace(staging);
  }

  @Test
  void objectsAreFoundByTheirValuesAndNoLongerByOldOnes() {
    list(object("a", "1", "1"), object("b", "2", "1"));
    assertThat(find("1")).containsExactly("a@1", "b@1");

    put(cache, object("a", "1", "2"));
    assertThat(find("1")).containsExactly("b@1");
    assertThat(find("2")).containsExactly("a@2");
    assertThat(find("all")).containsExactly("a@2", "b@1");

    delete(cache, object("b", "2", "3"));
    assertThat(find("1")).isEmpty();
    assertThat(find("all")).containsExactly("a@2");

    list(object("c", "3", "9"));
    assertThat(find("all")).containsExactly("c@9");
    assertThat(find("2")).isEmpty();
  }

  @Test
  void aFunctionThatThrowsLosesNoEvent() {
    cache.addListener(recorder);
    values = object -> {
      throw new IllegalStateException("as asked");
    };
    list(object("a", "1", "1"));
    put(cache, object("a", "1", "2"));
    assertThat(find("all")).isEmpty();
    assertThat(cache.store.get(key("a"))).get().extracting(a -> a.getMetadata().getResourceVersion()).isEqualTo("2");

    values = object -> List.of("all");
    put(cache, object("a", "1", "3"));
    assertThat(find("all")).containsExactly("a@3");
    values = object -> null;
    put(cache, object("a", "1", "4"));
    assertThat(find("all")).as("it no longer says so").isEmpty();

    assertThat(recorder.news()).hasSize(5); // an add, that it is synced, three updates
  }

  @Test
  void aFunctionThatForgetsWhatItSaidLeavesNothingBehind() {
    list(object("a", "1", "1"));
    values = object -> List.of("other");
    delete(cache, object("a", "1", "2"));

    assertThat(find("all")).isEmpty();
    assertThat(find("1")).isEmpty();
  }

  @Test
  void anUnknownIndexIsRefusedWithThoseThatThereAre() {
    assertThatThrownBy(() -> cache.store.byIndex("nope", "1"))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("nope").hasMessageContaining("[by]");
  }

  @Test
  void twoOfOneNameAreRefused() {
    assertThatThrownBy(() -> Informer.builder(new FakeSource().retriever())
        .index("by", object -> List.of()).index("by", object -> List.of()).build())
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("two indexes \"by\"");
  }
}
