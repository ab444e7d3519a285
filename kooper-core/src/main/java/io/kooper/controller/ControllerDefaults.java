package io.kooper.controller;

import io.kooper.informer.SharedInformers;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.tracing.Tracing;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What several controllers share; each counts only for a builder that was told nothing else.
 *
 * @param election see {@link ControllerBuilder#election}; null for none
 * @param shards see {@link ControllerBuilder#shards}; null for none
 * @param metrics see {@link ControllerBuilder#metrics}; null for none
 * @param tracing see {@link ControllerBuilder#tracing}; null for none
 * @param mayAsk see {@link io.kooper.informer.Informer.Builder#mayAsk}; null: each asks for itself
 * @param informers of what several controllers list and watch; null: each has its own
 */
public record ControllerDefaults(@Nullable Runner election, @Nullable Shards shards, @Nullable MetricsRecorder metrics,
    @Nullable Tracing tracing, @Nullable BooleanSupplier mayAsk, @Nullable SharedInformers informers) {

  /** Nothing is shared. */
  public static final ControllerDefaults NONE = new ControllerDefaults(null, null, null, null, null, null);
}
