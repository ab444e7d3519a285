/**
 * The JUnit 5 extension of the test kit: {@link io.kooper.test.junit.KooperTest} gives the methods of a test class a server, a
 * client and a namespace of their own. It needs {@code junit-jupiter-api}, which is optional for the rest of the kit.
 */
@NullMarked
package io.kooper.test.junit;

import org.jspecify.annotations.NullMarked;
