/** What a user writes: a {@link io.kooper.handler.Handler}, called with one object at a time. */
@NullMarked
package io.kooper.handler;

import org.jspecify.annotations.NullMarked;
