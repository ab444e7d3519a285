/**
 * A Kubernetes API server in this process: {@link io.kooper.test.EmbeddedApiServer} speaks HTTP and TLS, keeps versions
 * and histories as the real one does, and fails on request ({@link io.kooper.test.Faults}).
 *
 * <p>What it does not have: authentication, admission, schemas, garbage collection of dependents, a scheduler or a
 * kubelet (a pod is deleted at once), strategic merge patch and server-side apply (both are refused with 415).
 */
@NullMarked
package io.kooper.test;

import org.jspecify.annotations.NullMarked;
