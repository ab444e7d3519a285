/**
 * The webhooks of a server: which of them a change concerns, what they are asked, and what becomes of their answers.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.admission;

import org.jspecify.annotations.NullMarked;
