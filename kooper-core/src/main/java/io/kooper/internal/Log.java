package io.kooper.internal;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.CallerBoundaryAware;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A logger that never throws. An appender may: on a full disk, without memory, or since its configuration says so. A line that
 * is lost must not cost the thread that wrote it, nor change what that thread does next.
 *
 * <p>As with SLF4J, a throwable as the last argument is logged with its stack trace; what it says of itself is checked first,
 * since a user's exception may throw when asked, or have causes without end. All methods may be called from any thread.
 */
public final class Log {

  private static final String CALLER = Log.class.getName();

  private final Logger logger;

  private Log(Logger logger) {
    this.logger = logger;
  }

  /** The logger of this class. */
  public static Log of(Class<?> type) {
    return new Log(LoggerFactory.getLogger(type));
  }

  /** Whether lines of this level are written. */
  public boolean isEnabled(Level level) {
    try {
      return logger.isEnabledForLevel(level);
    } catch (Throwable t) { // the logger is code of others as well
      return false;
    }
  }

  public void debug(String format, @Nullable Object... arguments) {
    write(Level.DEBUG, format, arguments);
  }

  public void info(String format, @Nullable Object... arguments) {
    write(Level.INFO, format, arguments);
  }

  public void warn(String format, @Nullable Object... arguments) {
    write(Level.WARN, format, arguments);
  }

  public void error(String format, @Nullable Object... arguments) {
    write(Level.ERROR, format, arguments);
  }

  /** Writes a line; see the class. */
  public void write(Level level, String format, @Nullable Object... arguments) {
    try {
      if (!logger.isEnabledForLevel(level)) {
        return;
      }
      LoggingEventBuilder line = logger.atLevel(level);
      if (line instanceof CallerBoundaryAware located) {
        located.setCallerBoundary(CALLER);
      }
      int last = arguments.length - 1;
      for (int i = 0; i <= last; i++) {
        if (i == last && arguments[i] instanceof Throwable cause) { // null is a placeholder's argument, or left over
          line = line.setCause(Throwables.loggable(cause));
        } else {
          line = line.addArgument(arguments[i]);
        }
      }
      line.log(format);
    } catch (Throwable t) {
      // Nobody can be told: telling is what failed.
    }
  }
}
