package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.internal.Guard;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Lets the lines that are logged while a job runs, the handler's among them, say whose they are. */
record MdcProcessor<T extends HasMetadata>(Processor<T> next, Guard guard) implements Processor<T> {

  @Override
  public void process(Job<T> job) throws Throwable {
    // an executor's thread may have one of its own
    @Nullable Map<String, String> before = guard.ask(MDC::getCopyOfContextMap);
    guard.run(() -> {
      MDC.put("controller", job.controller());
      MDC.put("namespace", job.key().namespace());
      MDC.put("name", job.key().name());
      MDC.put("attempt", Integer.toString(job.attempt()));
      MDC.put("reasons", job.reasons().size() == 1 ? job.reasons().get(0) : String.join(", ", job.reasons()));
    });
    try {
      next.process(job);
    } finally {
      guard.run(() -> {
        if (before == null) {
          MDC.clear();
        } else {
          MDC.setContextMap(before);
        }
      });
    }
  }
}
