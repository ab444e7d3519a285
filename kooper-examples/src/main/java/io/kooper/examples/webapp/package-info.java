/** An operator whose resource owns others: {@link io.kooper.examples.webapp.WebAppOperator}. */
@NullMarked
package io.kooper.examples.webapp;

import org.jspecify.annotations.NullMarked;
