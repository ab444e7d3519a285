/** Kubernetes Events about objects: {@link io.kooper.event.EventRecorder}. */
@NullMarked
package io.kooper.event;

import org.jspecify.annotations.NullMarked;
