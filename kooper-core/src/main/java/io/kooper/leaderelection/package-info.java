/** One leader among many replicas: a {@link io.kooper.leaderelection.Runner} runs a task while its process leads. */
@NullMarked
package io.kooper.leaderelection;

import org.jspecify.annotations.NullMarked;
