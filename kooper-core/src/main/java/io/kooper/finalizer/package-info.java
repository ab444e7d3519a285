/** Deletes that no handler misses: {@link io.kooper.finalizer.FinalizerHandler}. */
@NullMarked
package io.kooper.finalizer;

import org.jspecify.annotations.NullMarked;
