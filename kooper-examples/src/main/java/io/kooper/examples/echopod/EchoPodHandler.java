package io.kooper.examples.echopod;

import io.fabric8.kubernetes.api.model.Pod;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;

/** Translates from Kubernetes to the domain, and does nothing else. */
final class EchoPodHandler implements Handler<Pod> {

  private final EchoService service;

  EchoPodHandler(EchoService service) {
    this.service = service;
  }

  @Override
  public void add(HandlerContext<Pod> context, Pod pod) {
    service.echo("pod", context.key().toString());
  }

  @Override
  public void delete(HandlerContext<Pod> context, Pod lastState) {
    service.echo("pod deleted", context.key().toString());
  }
}
