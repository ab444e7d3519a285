/**
 * What handlers write, in few lines: an owner reference ({@link io.kooper.write.Owner}), a child by server-side apply
 * ({@link io.kooper.write.Apply}), a status ({@link io.kooper.write.StatusWriter}) and its conditions
 * ({@link io.kooper.write.Conditions}). Each is usable alone, with any code that uses fabric8's client.
 */
@NullMarked
package io.kooper.write;

import org.jspecify.annotations.NullMarked;
