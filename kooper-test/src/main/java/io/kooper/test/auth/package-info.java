/**
 * Who asks, and what he may do: tokens and impersonation, the rules of roles, and the reviews that tell of both.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.auth;

import org.jspecify.annotations.NullMarked;
