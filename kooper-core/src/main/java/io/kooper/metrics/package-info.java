/**
 * What there is to measure, without a library to measure with: {@link io.kooper.metrics.MetricsRecorder} is what a controller,
 * an election or an operator is given. The figures and their names are listed in {@code docs/metrics.md}.
 */
@NullMarked
package io.kooper.metrics;

import org.jspecify.annotations.NullMarked;
