/**
 * Objects as rows of tables, as {@code kubectl get} shows them: the columns of the built-in kinds and of definitions.
 *
 * <p>Internal: the embedded API server uses it, users do not. The facts are data beside {@code io.kooper.test.kinds}.
 */
@NullMarked
package io.kooper.test.tables;

import org.jspecify.annotations.NullMarked;
