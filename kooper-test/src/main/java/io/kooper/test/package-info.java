/**
 * A Kubernetes API server in this process: {@link io.kooper.test.EmbeddedApiServer} speaks HTTP and TLS, keeps versions
 * and histories as the real one does, and fails on request ({@link io.kooper.test.Faults}).
 *
 * <p>It patches in all of Kubernetes' ways, server-side apply with its conflicts among them, and has the status and
 * scale subresources.
 *
 * <p>Custom resources are pruned, completed and validated by the schema of their definition, rules in CEL included.
 *
 * <p>What it does not have: authentication, admission, schemas of built-in types, garbage collection
 * of dependents, a scheduler or a kubelet (a pod is deleted at once), {@code managedFields}, and protobuf.
 */
@NullMarked
package io.kooper.test;

import org.jspecify.annotations.NullMarked;
