/** What the other packages share: calling code that is not ours, and logging. Not for users, an ArchUnit test holds that. */
@NullMarked
package io.kooper.internal;

import org.jspecify.annotations.NullMarked;
