/**
 * A Kubernetes API server in this process: {@link io.kooper.test.EmbeddedApiServer} speaks HTTP and TLS, keeps versions
 * and histories as the real one does, and fails on request ({@link io.kooper.test.Faults}).
 *
 * <p>It patches in all of Kubernetes' ways, server-side apply with its conflicts among them, and has the status and
 * scale subresources.
 *
 * <p>Custom resources are pruned, completed and validated by the schema of their definition, rules in CEL included.
 *
 * <p>It answers in tables, says of what its types are made, and asks tokens and roles when a test wants that, so that {@code
 * kubectl} works with it.
 *
 * <p>What it does not have: admission, a scheduler or a kubelet, and protobuf, but for reviews.
 */
@NullMarked
package io.kooper.test;

import org.jspecify.annotations.NullMarked;
