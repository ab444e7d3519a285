package io.kooper.fake;

import io.kooper.leaderelection.Leadership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A term that lasts until the test ends it. May be used from any thread. */
public final class ManualTerm implements Leadership {

  private final long token;
  private final List<Runnable> actions = new ArrayList<>(); // guarded by this
  private boolean valid = true; // guarded by this

  public ManualTerm(long token) {
    this.token = token;
  }

  @Override
  public synchronized boolean isValid() {
    return valid;
  }

  @Override
  public long token() {
    return token;
  }

  @Override
  public Duration remaining() {
    return Duration.ofSeconds(isValid() ? 10 : 0);
  }

  @Override
  public void onEnd(Runnable action) {
    synchronized (this) {
      if (valid) {
        actions.add(action);
        return;
      }
    }
    action.run(); // the task may have begun to work before it asks to be told
  }

  public void end() {
    List<Runnable> due;
    synchronized (this) {
      valid = false;
      due = List.copyOf(actions);
      actions.clear();
    }
    due.forEach(Runnable::run);
  }
}
