package io.kooper.tracing;

import io.kooper.retrieve.ObjectKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the spans of a job say of it and of its controller.
 *
 * @param resync null when there is none
 * @param delete whether the handler is about to be told that the object is gone
 * @param attempt 1 for the first call since the last success
 * @param reasons why the call is made, as {@code context.reasons()}
 */
public record TracedJob(
    String controller, int workers, @Nullable Duration resync, int retries, ObjectKey key, boolean delete, int attempt,
    List<String> reasons) {}
