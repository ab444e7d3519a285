/**
 * The types that are served: the built-in kinds and those of definitions, with what their names do not say.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.types;

import org.jspecify.annotations.NullMarked;
