/**
 * From requests to answers: the server's one thread, its lists and watches, and what it says of itself.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.http;

import org.jspecify.annotations.NullMarked;
