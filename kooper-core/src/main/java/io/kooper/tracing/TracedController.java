package io.kooper.tracing;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the spans of a controller say of it.
 *
 * @param resync null when there is none
 */
public record TracedController(String name, int workers, @Nullable Duration resync, int retries) {}
