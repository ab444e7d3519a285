/** A controller as a program: flags, service, handler, controller, each to be tested alone. */
@NullMarked
package io.kooper.examples.echopod;

import org.jspecify.annotations.NullMarked;
