package io.kooper.controller;

import io.kooper.leaderelection.Runner;
import org.jspecify.annotations.Nullable;

/**
 * What several controllers share; each counts only for a builder that was told nothing else.
 *
 * @param election see {@link ControllerBuilder#election}; null for none
 */
public record ControllerDefaults(@Nullable Runner election) {

  /** Nothing is shared. */
  public static final ControllerDefaults NONE = new ControllerDefaults(null);
}
