/**
 * Figures for Prometheus and every other backend of Micrometer, which is an optional dependency: who uses this package adds
 * {@code micrometer-registry-prometheus} or another registry. {@code docs/metrics.md} lists the names.
 */
@NullMarked
package io.kooper.metrics.micrometer;

import org.jspecify.annotations.NullMarked;
