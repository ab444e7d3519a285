package io.kooper.finalizer;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.handler.HandlerContext;
import io.kooper.informer.Store;
import io.kooper.leaderelection.Leadership;
import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;

/** Notes whether a clean-up asked to be called again: then it has not ended. */
final class CleanUpContext<T extends HasMetadata> implements HandlerContext<T> {

  private final HandlerContext<T> context;
  private boolean again;

  CleanUpContext(HandlerContext<T> context) {
    this.context = context;
  }

  boolean again() {
    return again;
  }

  @Override
  public void requeueAfter(Duration delay) {
    context.requeueAfter(delay);
    again = true;
  }

  @Override
  public String controller() {
    return context.controller();
  }

  @Override
  public ObjectKey key() {
    return context.key();
  }

  @Override
  public int attempt() {
    return context.attempt();
  }

  @Override
  public boolean cancelled() {
    return context.cancelled();
  }

  @Override
  public Leadership leadership() {
    return context.leadership();
  }

  @Override
  public T copy() {
    return context.copy();
  }

  @Override
  public Store<T> store() {
    return context.store();
  }

  @Override
  public <R extends HasMetadata> List<R> related(Class<R> type) {
    return context.related(type);
  }

  @Override
  public <R extends HasMetadata> List<R> related(String relation, Class<R> type) {
    return context.related(relation, type);
  }

  @Override
  public <R extends HasMetadata> List<R> owned(Class<R> type) {
    return context.owned(type);
  }

  @Override
  public List<String> reasons() {
    return context.reasons();
  }

  @Override
  public void wrote(HasMetadata written) {
    context.wrote(written);
  }
}
