/** Time as a parameter: everything here that waits or measures asks a {@link io.kooper.clock.Clock}. */
@NullMarked
package io.kooper.clock;

import org.jspecify.annotations.NullMarked;
