package io.kooper.leaderelection;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an election is doing at one moment.
 *
 * @param healthy false when only a restart helps: the HTTP client is of no use any more, a thread of the election has ended, or
 *     a request has hung for longer than the lease's duration and the tolerance, and does not heed its interrupt. {@code
 *     Controller.health().live()} is false then. A standby and an unreachable API server are no reason
 * @param leading whether this process leads
 * @param holder who held the lease when it was last seen; empty when nobody did, null when it was not seen yet
 * @param failure what went wrong last, in words; null when the last attempt went through
 * @param leaderless for how long this process, which takes part, has seen nobody lead, itself included; null unless that is
 *     longer than a change of the leader takes: twice the lease's duration
 */
public record LeaderElectionHealth(
    boolean healthy, boolean leading, @Nullable String holder, @Nullable String failure, @Nullable Duration leaderless) {}
