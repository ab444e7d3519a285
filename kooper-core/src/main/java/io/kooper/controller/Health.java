package io.kooper.controller;

import io.kooper.informer.InformerHealth;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a controller is doing at one moment.
 *
 * @param live false when only a restart helps: it or one of its threads has ended, its HTTP client is closed or of no use any
 *     more, or it is stuck. A server that is down, slow, refusing or throttling is no reason; one that was not run yet, as on a
 *     replica that does not lead, is live, and so is one that stops
 * @param ready whether it has seen all objects once and handles changes
 * @param informer the state of its list and watch; null when it has none
 * @param reasons in words, why it is not live, not ready, or not watching; empty when all is well
 */
public record Health(boolean live, boolean ready, @Nullable InformerHealth informer, List<String> reasons) {

  public Health {
    reasons = List.copyOf(reasons);
  }
}
