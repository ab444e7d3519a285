package io.kooper.fake;

import io.kooper.clock.Clock;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/**
 * The machine's clock, which fails as whatever allocates may fail without memory.
 *
 * @param fails whether it does so now; it may look at who asks
 */
public record FailingClock(BooleanSupplier fails) implements Clock {

  @Override
  public long nanoTime() {
    if (fails.getAsBoolean()) {
      throw new OutOfMemoryError("as asked");
    }
    return System.nanoTime();
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public void await(Lock lock, Condition condition, long nanos) throws InterruptedException {
    Clock.system().await(lock, condition, nanos);
  }
}
