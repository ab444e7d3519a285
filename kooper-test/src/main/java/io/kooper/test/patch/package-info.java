/**
 * Patches of every kind that Kubernetes has, and who owns the fields that were applied.
 *
 * <p>Internal: the embedded API server uses it, users do not.
 */
@NullMarked
package io.kooper.test.patch;

import org.jspecify.annotations.NullMarked;
