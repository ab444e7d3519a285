/** A handler and its domain service, to copy with their unit tests. */
@NullMarked
package io.kooper.examples.unittesting;

import org.jspecify.annotations.NullMarked;
