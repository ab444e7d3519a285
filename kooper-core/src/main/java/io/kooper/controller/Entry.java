package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.kooper.controller.Ledger.Delivery;
import io.kooper.controller.Ledger.Verdict;
import io.kooper.controller.Projection.Hash;
import io.kooper.informer.KeyListener.Origin;
import io.kooper.informer.State;
import io.kooper.informer.State.Read;
import io.kooper.metrics.EventType;
import io.kooper.retrieve.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the {@link Ledger} knows of a key that was told. Guarded by its lock. */
final class Entry<T extends HasMetadata> {

  private static final int MOST_VERSIONS = 8;

  /** The state last given to add. */
  State<T> told;

  /** The last state of that object if it is gone and its delete was not taken. */
  @Nullable State<T> gone;

  /** What mattered of the state that the last successful call saw; null if that is not known. */
  @Nullable Hash seen;

  /** What the last call has written, until it was seen. */
  @Nullable OwnWrites own;

  /** When the last call succeeded, if any did. */
  long succeededAt;

  /** Consecutive failures. */
  int failures;

  /** The versions that the watch brought since the told state was handed out; null if more came, or a list merged some. */
  @Nullable List<String> versions = List.of();

  /** Whether a handler was called with an object of this uid: else its delete is not told. */
  boolean given;

  /** What kind of call the last one was. */
  EventType type = EventType.ADD;

  boolean succeededOnce;

  /** Whether the handler refused the told state for good; it is not told again. */
  boolean refused;

  /** Whether the handler asked to be called again. */
  boolean asked;

  /** Whether a resync is due. */
  boolean resync;

  /** Whether the last call has come to an end that was noted. */
  boolean settled;

  /** Whether a change was held back by a pause: then it is called even if nothing that matters has changed. */
  boolean wasPaused;

  Entry(State<T> told) {
    this.told = told;
  }

  boolean isOf(@Nullable State<T> state) {
    return state != null && told.isOfSameObject(state);
  }

  /**
   * The store has another state now.
   *
   * @param last that of the object that is gone, if it is known
   * @return whether the told object is gone, and was not before
   */
  boolean changed(@Nullable State<T> now, @Nullable State<T> last, Origin origin) {
    if (isOf(now)) {
      gone = null; // it was only out of the selection, and is back
      note(origin == Origin.EVENT && now != null ? now.resourceVersion() : null);
      return false;
    }
    boolean newlyGone = gone == null;
    gone = isOf(last) ? last : newlyGone ? told : gone;
    asked = false; // it was asked for the object; what is told next is the delete
    return newlyGone;
  }

  /** The watch has brought this version; null if some may have been merged. */
  private void note(@Nullable String version) {
    if (versions == null || version == null || versions.size() == MOST_VERSIONS) {
      versions = null;
    } else {
      versions = versions.isEmpty() ? new ArrayList<>(2) : versions;
      versions.add(version);
    }
  }

  /** Whether the last call has brought about this state, and nobody else had a hand in it. */
  boolean isOwn(Object informer, ObjectKey key, State<T> now) {
    String version = now.resourceVersion(); // null from a source without versions: then nobody can tell
    return own != null && versions != null && version != null && versions.contains(version)
        && own.contains(informer, key, versions);
  }

  /**
   * The call to make for this state; null when there is none. It meets all that was asked for until now.
   *
   * @param own whether the last call has brought it about
   * @param why what else asks for a call
   */
  @Nullable Delivery<T> deliver(Read<T> read, @Nullable Hash hash, boolean own, @Nullable Causes why) {
    State<T> now = read.state();
    boolean changed = now != told;
    gone = null; // if it is back, the informer is about to say so
    if (!changed && refused && why == null) {
      return null;
    }
    Delivery<T> delivery = null;
    if (why != null || isAsked() || changed && !own && (hash == null || !hash.equals(seen))) {
      type = changed ? EventType.UPDATE : typeAgain(why);
      delivery = new Delivery<>(now, read.object(), false, type, failures + 1, told, hash,
          Causes.texts(changed, failures > 0 && !refused, asked, resync, why)); // from here on nothing can fail
      settled = false;
    } else if (own) {
      seen = hash;
    }
    told = now;
    this.own = null;
    versions = List.of();
    refused = false;
    asked = false;
    resync = false;
    wasPaused = false;
    return delivery;
  }

  /** Whether the told state is to be told again, whatever the store has. */
  private boolean isAsked() {
    return asked || resync || wasPaused || failures > 0 || !settled;
  }

  /** What kind of call it is to tell the told state again. */
  private EventType typeAgain(@Nullable Causes why) {
    return failures > 0 && !refused && type != EventType.DELETE || !settled ? type
        : asked || wasPaused ? EventType.REQUEUE
        : why != null ? why.type() : EventType.RESYNC;
  }

  /**
   * Notes how a call has ended; false when nothing was told of the object, nor was before.
   *
   * @param written what the call has written
   * @param wroteItself whether its own object is among that
   */
  boolean settle(Delivery<T> delivery, Verdict verdict, @Nullable OwnWrites written, boolean wroteItself, long now) {
    if (verdict == Verdict.NOT_CALLED) {
      boolean untold = !delivery.delete() && told == delivery.state();
      told = untold && delivery.before() != null ? delivery.before() : told;
      return !untold || delivery.before() != null;
    }
    settled = true;
    own = written;
    if (verdict == Verdict.FAILED || verdict == Verdict.REFUSED) { // a loop of own writes is slowed in both cases
      failures += failures < Integer.MAX_VALUE ? 1 : 0;
      type = delivery.type();
      refused = verdict == Verdict.REFUSED;
    } else {
      failures = 0;
      asked |= verdict == Verdict.POSTPONED && (delivery.delete() || gone == null); // else the delete comes at once
      seen = wroteItself ? null : delivery.hash(); // what it wrote is known once it is seen
      succeededOnce = true;
      succeededAt = now;
    }
    return true;
  }

  /** Whether a resync calls it: there is something to tell, and no other call is on its way. Then that is noted. */
  boolean resyncs(boolean present, int retries) {
    boolean due = !asked && (failures == 0 || failures > retries)
        && (gone == null ? present : failures > 0); // a delete that never failed waits for a worker
    resync |= due;
    return due;
  }
}
