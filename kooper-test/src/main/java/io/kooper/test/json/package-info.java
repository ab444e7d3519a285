/**
 * JSON trees, and the Status objects in which the API server says what went wrong.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.json;

import org.jspecify.annotations.NullMarked;
