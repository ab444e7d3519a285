/**
 * What a kube-apiserver does with a custom resource by the schema of its definition: it prunes, sets defaults, and
 * validates, and says what is wrong in its own words.
 *
 * <p>Internal: the embedded API server uses it, users do not. It knows JSON trees and no server.
 */
@NullMarked
package io.kooper.test.validation;

import org.jspecify.annotations.NullMarked;
