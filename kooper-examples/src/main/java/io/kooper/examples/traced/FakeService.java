package io.kooper.examples.traced;

import io.opentracing.Span;
import io.opentracing.Tracer;
import io.opentracing.tag.Tags;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

/** A service somewhere else: a call takes its time, fails now and then, and is a span of that service. */
final class FakeService {

  private final Tracer tracer;
  private final double fail;

  FakeService(Tracer tracer, double fail) {
    this.tracer = tracer;
    this.fail = fail;
  }

  void call(String operation, long millis) throws Exception {
    call(operation, millis, () -> {});
  }

  void call(String operation, long millis, Step inside) throws Exception {
    Span span = tracer.buildSpan(operation).withTag(Tags.SPAN_KIND.getKey(), Tags.SPAN_KIND_CLIENT).start();
    // the baggage came along from the controller's span: no parameter was needed for it
    span.setTag("pod", span.getBaggageItem("kubernetes.object.key"));
    Step step = () -> {
      Thread.sleep(millis);
      if (ThreadLocalRandom.current().nextDouble() < fail) {
        throw new IOException(operation + " failed, as --fail asks for");
      }
      inside.run();
    };
    step.runIn(span, tracer);
  }
}
