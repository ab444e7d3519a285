/**
 * Where objects come from: a {@link io.kooper.retrieve.Retriever} is a {@link io.kooper.retrieve.ListerWatcher} and the
 * type of its objects.
 *
 * <p>The default implementation reads the API server through fabric8's HTTP client, one object at a time; a test writes
 * its own in ten lines.
 */
@NullMarked
package io.kooper.retrieve;

import org.jspecify.annotations.NullMarked;
