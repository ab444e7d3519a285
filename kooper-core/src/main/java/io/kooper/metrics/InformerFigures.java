package io.kooper.metrics;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What can be read off an informer at any moment, from any thread. */
public interface InformerFigures {

  /** Objects in the store. */
  int objects();

  /** About the size of the store's objects as JSON, from the sizes of those that came; 0 when the source does not tell. */
  long storeBytes();

  /** Whether all objects have been seen once. */
  boolean synced();

  /** Whether the last watch was accepted, and has not failed since. */
  boolean watching();

  /** Since the server was last heard of: a list, an event, a bookmark, or a watch that began or ended; null before the first. */
  @Nullable Duration sinceLastEvent();
}
