/**
 * What a kube-apiserver knows of its own kinds: which there are, of what they are made, and what becomes of a body that
 * a client sends. The facts are data beside these classes, read when they are needed first.
 *
 * <p>Internal: the embedded API server uses it, users do not. It knows JSON trees and no server.
 */
@NullMarked
package io.kooper.test.kinds;

import org.jspecify.annotations.NullMarked;
