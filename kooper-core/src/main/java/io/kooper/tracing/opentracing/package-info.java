/**
 * Traces for any OpenTracing tracer, with the names of Kooper. The only package that knows OpenTracing, which is an optional
 * dependency.
 */
@NullMarked
package io.kooper.tracing.opentracing;

import org.jspecify.annotations.NullMarked;
