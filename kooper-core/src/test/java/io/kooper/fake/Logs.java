package io.kooper.fake;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a logger writes from now on until this is closed, and not to the console. */
public final class Logs implements AutoCloseable {

  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final Level before;
  private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
    @Override
    protected void append(ILoggingEvent event) {
      event.prepareForDeferredProcessing(); // the MDC, as it is now
      events.add(event);
    }
  };

  public Logs(String logger, Level level) {
    this.logger = (Logger) LoggerFactory.getLogger(logger);
    this.before = this.logger.getLevel();
    this.logger.setLevel(level);
    this.logger.setAdditive(false);
    appender.setContext(this.logger.getLoggerContext());
    appender.start();
    this.logger.addAppender(appender);
  }

  public List<ILoggingEvent> events() {
    return events;
  }

  /** Each as {@code LEVEL message}. */
  public List<String> lines() {
    return events.stream().map(event -> event.getLevel() + " " + event.getFormattedMessage()).toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setAdditive(true);
    logger.setLevel(before);
  }
}
