package io.kooper.informer;

import io.kooper.clock.Clock;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a reflector does next, from how its lists, questions and watches went. Decisions only, of the reflector's thread.
 *
 * <p>Silence is never taken for health. A server that was restored from a backup accepts a watch from a version that it has
 * not reached, and says nothing: so it is asked whether it knows the version, after each failure that a restore may come
 * with, and of a source that has long had nothing to say. Only its word that the version is too large, twice, proves it.
 *
 * <p>Nor is a watch the only source of news. When watches fail and the server answers otherwise, lists bring what is new.
 */
final class Course {

  enum Step { LIST, ASK, WATCH }

  /** The server is asked to end each watch after about half a minute: one that does not end in time is known to be dead. */
  static final int WATCH_SECONDS_MIN = 22;
  static final int WATCH_SECONDS_MAX = 26;

  /** A source without a line is asked this often, a fifth sooner or later. */
  static final long QUIET = Duration.ofMinutes(5).toNanos();

  /** Questions that fail do not keep from watching: after so many it is tried all the same. */
  static final int QUESTIONS_BEFORE_WATCH = 3;
  private static final int WORDS_THAT_PROVE = 2; // that the version is too large

  static final int FAILURES_BEFORE_LIST = 3;
  static final int ERRORS_BEFORE_LIST = 2;
  static final int SHORT_WATCHES_BEFORE_LIST = 3;

  /** As client-go's very short watch: one that ends sooner, without an event, is no sign of health. */
  private static final long SHORT_WATCH = Duration.ofSeconds(1).toNanos();

  /** Lists instead of watches come no oftener, nor take more than a tenth of the time. */
  static final long LISTS_APART = Duration.ofSeconds(30).toNanos();
  private static final long SOONEST = Duration.ofSeconds(2).toNanos();

  private final Clock clock;
  private final DoubleSupplier random; // in [0, 1)
  private final BooleanSupplier mayAsk; // not too many questions at once from one process

  private boolean listDue = true; // until one has succeeded
  private boolean newestDue; // the next list must not ask for a version
  private boolean setBack; // the server may have been: known versions may say something else
  private boolean lacking; // objects of shards that were gained, which a list brings
  private boolean justListed; // a watch comes first, also when that list left something open

  private boolean askDue; // something failed since the server has last shown that it knows the version
  private long knownAt; // when it did
  private long quiet; // after so long it is asked without a failure
  private int unanswered; // consecutive questions
  private int tooLarge; // answers that say so
  private boolean answers; // the last question since a failed watch was answered

  // consecutive, until a watch works
  private int failures;
  private int errors; // that the server sent on the watch, instead of events
  private int shortWatches;
  private int early; // lists that errors and short watches have led to
  private long earlyAt; // the next of these
  private long insteadAt; // the next one instead of watches

  Course(Clock clock, DoubleSupplier random, BooleanSupplier mayAsk) {
    this.clock = clock;
    this.random = random;
    this.mayAsk = mayAsk;
  }

  /** Whether objects are lacking that only a list brings; all else goes on meanwhile. */
  void lacks(boolean objects) {
    lacking = objects;
  }

  Step next() {
    if (justListed) {
      justListed = false;
      return Step.WATCH;
    }
    if (listDue || lacking || insteadDue()) {
      return Step.LIST;
    }
    if (isQuestionDue() && unanswered < QUESTIONS_BEFORE_WATCH && mayAsk.getAsBoolean()) {
      return Step.ASK;
    }
    unanswered = 0;
    return Step.WATCH;
  }

  private boolean isQuestionDue() {
    return askDue || clock.nanoTime() - knownAt >= quiet;
  }

  private boolean insteadDue() {
    long now = clock.nanoTime();
    return fails() && now - earlyAt >= 0 || failures >= FAILURES_BEFORE_LIST && answers && now - insteadAt >= 0;
  }

  private boolean fails() {
    return errors >= ERRORS_BEFORE_LIST || shortWatches >= SHORT_WATCHES_BEFORE_LIST;
  }

  /** Whether the next list is one that comes though a watch could, which is to be easy on the server. */
  boolean isInstead() {
    return !listDue;
  }

  boolean isNewestDue() {
    return newestDue;
  }

  /** Whether versions that are known may say something else now. */
  boolean isSetBack() {
    return setBack;
  }

  /** How long the next watch is to last: not for long while a question waits for its turn, or a list has failed. */
  int watchSeconds() {
    boolean soon = lacking || isQuestionDue();
    int min = soon ? 2 : WATCH_SECONDS_MIN;
    int max = soon ? 10 : WATCH_SECONDS_MAX;
    return min + (int) (random.getAsDouble() * (max - min + 1));
  }

  /** Only a list mends this. */
  void requireList() {
    listDue = true;
  }

  /** The version is not one of this server's. */
  void requireNewest() {
    listDue = true;
    newestDue = true;
    setBack = true;
  }

  /** @param complete whether it leaves nothing open */
  void listed(long tookNanos, boolean complete) {
    listDue = !complete;
    newestDue = false;
    setBack = false;
    justListed = true;
    spaceLists(tookNanos);
    settled();
  }

  /** @param tookNanos of the list that failed */
  void listFailed(Reason reason, long tookNanos) {
    newestDue |= switch (reason) {
      case GONE, VERSION_TOO_LARGE, REJECTED -> true;
      default -> false;
    };
    setBack |= reason == Reason.VERSION_TOO_LARGE;
    listDue |= newestDue;
    if (!listDue) { // it was to help; now a watch may work again
      spaceLists(tookNanos);
      justListed = lacking;
    }
  }

  private void spaceLists(long tookNanos) {
    long now = clock.nanoTime();
    long tenfold = Math.min(tookNanos, Duration.ofHours(1).toNanos()) * 10;
    early += fails() ? 1 : 0;
    long grown = early == 0 ? 0 : Math.min(LISTS_APART, SOONEST << Math.min(early, 10));
    earlyAt = now + (early == 0 ? 0 : stretched(Math.max(tenfold, grown)));
    insteadAt = now + stretched(Math.max(tenfold, LISTS_APART));
    errors = 0;
    shortWatches = 0;
  }

  private long stretched(long nanos) {
    return (long) (nanos * (1 + random.getAsDouble() / 2));
  }

  /** The server has told something newer than the version: it knows that. */
  void known() {
    askDue = false;
    tooLarge = 0;
    knownAt = clock.nanoTime();
  }

  /** The server was asked, and knows the version. */
  void answered() {
    settled();
    answers = true;
  }

  private void settled() {
    known();
    unanswered = 0;
    quiet = (long) (QUIET * (0.8 + 0.4 * random.getAsDouble()));
  }

  /**
   * The question was not answered, or by something else.
   *
   * @return whether to wait before the next try; else the answer says nothing, and a watch may begin
   */
  boolean askFailed(Reason reason) {
    switch (reason) {
      case VERSION_TOO_LARGE -> {
        askDue = true; // once more, lest it be one of several servers that lags behind
        unanswered = 0;
        if (++tooLarge >= WORDS_THAT_PROVE) {
          requireNewest();
        }
        return true;
      }
      case CONNECTION_LOST, SILENT, SERVER_ERROR, THROTTLED, CLIENT_CLOSED -> {
        unanswered++;
        answers = false;
        return true;
      }
      default -> {
        int words = tooLarge;
        settled();
        tooLarge = words; // this takes nothing back
        answers = false;
        return false;
      }
    }
  }

  /**
   * A watch has ended, or could not be opened.
   *
   * @param failure why; null: it was the server's choice
   * @param accepted whether it was opened
   * @param told whether there was an event
   * @return whether it worked: it told something, or lasted without an error from the server
   */
  boolean watchEnded(@Nullable Reason failure, boolean accepted, boolean told, long lastedNanos) {
    boolean lost = failure == Reason.CONNECTION_LOST || failure == Reason.SILENT;
    boolean error = failure != null && !lost && failure != Reason.GONE && failure != Reason.VERSION_TOO_LARGE;
    boolean isShort = lastedNanos < SHORT_WATCH;
    boolean worked = told || accepted && !isShort && !error;
    if (worked) {
      failures = 0;
      errors = 0;
      shortWatches = 0;
      early = 0;
      earlyAt = clock.nanoTime();
      answers = false;
    } else if (failure != Reason.THROTTLED) { // whatever it would be asked instead would be too much as well
      failures++;
      errors += accepted && error ? 1 : 0;
      shortWatches += accepted && isShort ? 1 : 0;
    }
    if (failure != null) {
      switch (failure) {
        case GONE, NOT_FOUND, REJECTED, UNDECODABLE -> requireList(); // none is mended by watching on from the same version
        case VERSION_TOO_LARGE -> requireNewest();
        case THROTTLED -> { }
        default -> askDue = true; // a restore may be behind it
      }
    }
    return worked;
  }
}
