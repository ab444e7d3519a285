/** Operators: custom resource definitions and the controllers that need them, under one life. */
@NullMarked
package io.kooper.operator;

import org.jspecify.annotations.NullMarked;
