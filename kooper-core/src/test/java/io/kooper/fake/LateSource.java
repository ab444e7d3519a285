package io.kooper.fake;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.SourceEvent;
import java.util.function.Consumer;

/** Another source, whose lists wait first as they are told. */
public record LateSource(FakeSource source, Wait first) implements ListerWatcher<ConfigMap> {

  /** What comes before a list. */
  public interface Wait {
    void run() throws InterruptedException;
  }

  @Override
  public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
      throws RetrieveException, InterruptedException {
    first.run();
    return source.list(options, events);
  }

  @Override
  public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> events)
      throws RetrieveException, InterruptedException {
    source.watch(options, events);
  }
}
