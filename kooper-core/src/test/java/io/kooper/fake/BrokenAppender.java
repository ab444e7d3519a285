package io.kooper.fake;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Throws whatever is logged, as on a full disk with a configuration that lets it be seen, until this is closed. */
public final class BrokenAppender extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final List<Logger> loggers;
  private final List<@Nullable Level> before = new ArrayList<>(); // null as its parent's
  private final AtomicInteger lines = new AtomicInteger();

  /** @param packages of Kooper's */
  public BrokenAppender(String... packages) {
    loggers = Stream.of(packages).map(name -> (Logger) LoggerFactory.getLogger("io.kooper." + name)).toList();
    loggers.forEach(logger -> {
      before.add(logger.getLevel());
      logger.setLevel(Level.TRACE);
      logger.addAppender(this);
    });
  }

  /** How many it was given. */
  public int lines() {
    return lines.get();
  }

  @Override
  public void doAppend(ILoggingEvent event) {
    if (lines.incrementAndGet() % 2 == 0) {
      throw new IllegalStateException("no space left on device");
    }
    throw new OutOfMemoryError("as asked");
  }

  @Override
  protected void append(ILoggingEvent event) {}

  @Override
  public void close() {
    for (int i = 0; i < loggers.size(); i++) {
      loggers.get(i).detachAppender(this);
      loggers.get(i).setLevel(before.get(i));
    }
  }
}
