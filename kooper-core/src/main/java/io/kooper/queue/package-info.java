/**
 * A work queue of keys for controllers: {@link io.kooper.queue.WorkQueue}, and how long to wait before a retry:
 * {@link io.kooper.queue.RateLimiter}. It knows nothing of Kubernetes.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Collapsing</b>: a key added many times before it is taken is delivered once; a pending delay and an
 *       immediate add are one entry, and the earlier time wins.
 *   <li><b>Exclusive</b>: between {@code get} and {@code done} nobody else is given the same key.
 *   <li><b>Nothing is missed</b>: every accepted add is followed by a {@code get} of its key that began to return after
 *       the add; what is added while its key is processed is delivered again after {@code done}.
 *   <li><b>Fair</b>: first ready, first out within a {@link io.kooper.queue.Lane}; of any eight keys handed out, at least
 *       one is of each lane that had a key ready all the while, and at least six are changes if there were always
 *       changes.
 *   <li><b>Never early</b>: a delayed key is not handed out before its time.
 *   <li><b>Honest at the end</b>: a shutdown refuses what comes, delivers what is ready, and counts and reports all that
 *       it drops.
 *   <li>Any number of producers and consumers; a consumer may add. No thread is started.
 * </ul>
 *
 * <h2>Assumptions</h2>
 *
 * <ul>
 *   <li>Keys are immutable, with cheap {@code equals} and {@code hashCode}: both are called under the queue's lock.
 *   <li>Who takes a key calls {@code done} for it, whatever happens (in a {@code finally}), on any thread.
 * </ul>
 *
 * <h2>Caveats</h2>
 *
 * <ul>
 *   <li>An add carries no content: the consumer reads the latest state itself, after it took the key.
 *   <li>A delayed key is moved to its lane by whoever next uses the queue after its time, so that keys of equal lanes stay
 *       in the order of their times; an idle consumer wakes for it.
 *   <li>Memory grows with the number of distinct keys and does not shrink below what the largest backlog needed for its
 *       tables (a few bytes a key).
 * </ul>
 */
@NullMarked
package io.kooper.queue;

import org.jspecify.annotations.NullMarked;
