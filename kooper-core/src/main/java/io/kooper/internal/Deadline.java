package io.kooper.internal;

import java.time.Duration;

/**
 * How long a request that is made again and again may take. It doubles each time it was too short, up to a bound: a slow
 * server is waited for in the end, and a dead connection is still found soon. A response brings it back to twice the time
 * that it took, and a failure that did not take long to the first value.
 *
 * <p>For one thread at a time.
 */
public final class Deadline {

  private final Duration first;
  private final Duration longest;
  private volatile Duration now;

  /** @param longest the bound; not applied when {@code first} is more */
  public Deadline(Duration first, Duration longest) {
    this.first = first;
    this.longest = longest.compareTo(first) < 0 ? first : longest;
    this.now = first;
  }

  public Duration now() {
    return now;
  }

  public long nanos() {
    return now.toNanos();
  }

  /** It was too short. */
  public void passed() {
    set(now.multipliedBy(2));
  }

  /** What was waited for came in time, after {@code nanos}. */
  public void met(long nanos) {
    set(Duration.ofNanos(nanos).multipliedBy(2));
  }

  /** Something else went wrong: nothing is known about how slow the server is. */
  public void reset() {
    now = first;
  }

  private void set(Duration wanted) {
    now = wanted.compareTo(first) < 0 ? first : wanted.compareTo(longest) > 0 ? longest : wanted;
  }
}
