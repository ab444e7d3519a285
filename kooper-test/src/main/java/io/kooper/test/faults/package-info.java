/**
 * How requests and connections fail on request.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.faults;

import org.jspecify.annotations.NullMarked;
