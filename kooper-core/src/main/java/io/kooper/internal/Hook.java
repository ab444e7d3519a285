package io.kooper.internal;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The metrics that a user's recorder takes of something while that runs. What they throw disturbs nobody. May be used from any
 * thread.
 *
 * @param <M> the type of the metrics
 */
public final class Hook<M extends AutoCloseable> {

  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Log log;
  private final String owner;
  private final Guard guard;
  private final M none;
  private volatile M metrics;

  /**
   * @param owner whose they are, at the start of a line: {@code informer pods}
   * @param none records nothing
   */
  public Hook(Log log, String owner, M none) {
    this.log = log;
    this.owner = owner;
    this.guard = new Guard(log, owner + ": its metrics");
    this.none = none;
    this.metrics = none;
  }

  /** What throws, or says null, records nothing. */
  public void tryOpen(Guard.Question<M> recorder) {
    metrics = guard.ask(recorder, none);
  }

  public void open(M recorded) {
    metrics = recorded;
  }

  /** Records nothing unless it is open. */
  public void tell(Consumer<? super M> figure) {
    guard.run(() -> figure.accept(metrics));
  }

  private synchronized M take() { // two may close at once
    M taken = metrics;
    metrics = none;
    return taken;
  }

  /** Nobody who waits for the end waits for code of users without bound: it is called on a thread of this name. */
  public void close(String thread) {
    M ended = take();
    try {
      if (ended != none && !guard.run(GRACE, thread, ended::close)) {
        log.warn("{}: its metrics have not closed within {}; its end does not wait for them any longer", owner, GRACE);
      }
    } catch (Throwable t) { // no memory for the thread: this is called again
      metrics = ended;
      throw t;
    }
  }
}
