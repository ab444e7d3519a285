package io.kooper.examples.traced;

import io.fabric8.kubernetes.api.model.Pod;
import io.kooper.handler.Handler;
import io.opentracing.Tracer;

/** Pods that need something from AWS, GitHub and a Redis: what the handler does with each, as in Kooper's example. */
public final class Backends {

  private final Tracer tracer;
  private final FakeService aws;
  private final FakeService github;
  private final FakeService redis;

  /**
   * @param controller the service whose spans the handler's are
   * @param fail how many of all calls fail: 0 for none, 1 for all
   */
  public Backends(Telemetry telemetry, String controller, double fail) {
    tracer = telemetry.tracer(controller);
    aws = new FakeService(telemetry.tracer("aws"), fail);
    github = new FakeService(telemetry.tracer("github"), fail);
    redis = new FakeService(telemetry.tracer("redis"), fail);
  }

  public Handler<Pod> handler() {
    return Handler.of(
        (context, pod) -> traced("AddFunc", this::add),
        (context, pod) -> traced("DeleteFunc", this::delete));
  }

  /** A span of the handler's own. Nothing needs to be said of its parent: the span of the call is active here. */
  private void traced(String name, Step step) throws Exception {
    step.runIn(tracer.buildSpan(name).start(), tracer);
  }

  private void add() throws Exception {
    redis.call("getOrg", 10);
    github.call("getOrg", 75);
    redis.call("getEc2List", 14);
    aws.call("ensureAWSResources", 120, () -> {
      aws.call("getEc2List", 672);
      aws.call("getALBs", 232);
      aws.call("linkSGInALB", 157);
    });
    redis.call("storeResult", 34);
  }

  private void delete() throws Exception {
    aws.call("deleteCloudformationStack", 698);
    redis.call("storeResult", 26);
  }
}
