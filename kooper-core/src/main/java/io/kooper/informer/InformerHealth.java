package io.kooper.informer;

import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How an informer is doing at one moment.
 *
 * @param synced whether the store has been complete once
 * @param missing the namespaces whose objects were not seen yet, if each is listed on its own
 * @param watching whether the server has accepted the last watch, each namespace's if they are watched on their own, and it has
 *     not failed since. The server ends each watch after a while; that counts as watching while the next one is opened
 * @param since since when {@code watching} is what it is
 * @param lastEvent when the server was last heard of: a list, an event, a bookmark, or the beginning or end of a watch, which
 *     is renewed twice a minute; null before the first list. An age of minutes means that there is no connection
 * @param lastError the last failure; null when there was none since the last watch was accepted
 * @param applying for how long its thread has been applying one object or list; zero while it waits for the server. The
 *     transform, the index functions and the listeners run meanwhile: if one hangs, nobody hears of later changes
 * @param objects how many objects the store has
 * @param undecodable the objects whose newest state cannot be bound, as far as it was read, and objects missing from a list
 *     that had items with unreadable names, so they may still exist
 */
public record InformerHealth(
    boolean synced,
    Set<String> missing,
    boolean watching,
    Instant since,
    @Nullable Instant lastEvent,
    @Nullable RetrieveException lastError,
    Duration applying,
    int objects,
    Set<ObjectKey> undecodable) {}
