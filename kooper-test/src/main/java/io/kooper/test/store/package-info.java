/**
 * The objects, their history, and the one version that counts their changes. One lock guards them all.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.store;

import org.jspecify.annotations.NullMarked;
