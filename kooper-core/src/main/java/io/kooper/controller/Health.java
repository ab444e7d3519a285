package io.kooper.controller;

import io.kooper.informer.InformerHealth;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a controller is doing at one moment.
 *
 * @param live false when only a restart helps: the controller or one of its threads has ended, its HTTP client is of no use any
 *     more, or it is stuck. A controller that has not started, stands by or stops is live. An API server that is down, slow or
 *     throttling changes nothing
 * @param ready whether the controller has seen all objects once and handles changes
 * @param informer the state of its list and watch; null when it has none
 * @param reasons why it is not live, not ready, or not watching; empty when all is well
 */
public record Health(boolean live, boolean ready, @Nullable InformerHealth informer, List<String> reasons) {

  public Health {
    reasons = List.copyOf(reasons);
  }
}
