/**
 * Custom resource definitions: a {@link io.kooper.crd.CRD} is a retriever whose definition can be installed, a
 * {@link io.kooper.crd.CrdClient} installs, awaits and deletes definitions.
 *
 * <p>Only {@code apiextensions.k8s.io/v1} is spoken. Nothing here tries again behind one's back: what is tried again, and
 * for how long, is what {@link io.kooper.crd.CrdClient} says.
 */
@NullMarked
package io.kooper.crd;

import org.jspecify.annotations.NullMarked;
