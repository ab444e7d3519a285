package io.kooper.informer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.retrieve.Json;
import io.kooper.retrieve.ListSink;
import io.kooper.retrieve.Undecodable;

/** Takes what a question brings along. */
final class Nowhere<T extends HasMetadata> implements ListSink<T> {

  @Override
  public void item(T object) {}

  @Override
  public void json(Json<T> object) {}

  @Override
  public void undecodable(Undecodable object) {}
}
