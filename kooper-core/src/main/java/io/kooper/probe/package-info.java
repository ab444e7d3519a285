/** Health for Kubernetes' probes, and metrics to be scraped, over HTTP: {@link io.kooper.probe.ProbeServer}. */
@NullMarked
package io.kooper.probe;

import org.jspecify.annotations.NullMarked;
