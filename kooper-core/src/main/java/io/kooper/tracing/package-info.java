/** What there is to trace, without a library to trace with: {@link io.kooper.tracing.Tracing} is what a controller is given. */
@NullMarked
package io.kooper.tracing;

import org.jspecify.annotations.NullMarked;
