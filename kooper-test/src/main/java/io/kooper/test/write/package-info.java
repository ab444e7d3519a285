/**
 * What becomes of an object that a client sends: it is checked, completed, stored, removed, or acted on.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.write;

import org.jspecify.annotations.NullMarked;
