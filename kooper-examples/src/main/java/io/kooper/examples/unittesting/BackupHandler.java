package io.kooper.examples.unittesting;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Keeps backups of the volumes that ask for them by an annotation. What it decides depends on its three parameters alone, so
 * {@code BackupHandlerTest} needs neither a cluster nor a server, and no time: copy both to begin with.
 */
public final class BackupHandler implements Handler<PersistentVolumeClaim> {

  static final String EVERY = "example.kooper.io/backup-every";

  private final Backups backups;
  private final InstantSource clock;

  public BackupHandler(Backups backups, InstantSource clock) {
    this.backups = backups;
    this.clock = clock;
  }

  @Override
  public void add(HandlerContext<PersistentVolumeClaim> context, PersistentVolumeClaim claim) throws IOException {
    String every = claim.getMetadata().getAnnotations().get(EVERY);
    if (every == null) {
      return;
    }
    Duration period = period(every);
    String volume = context.key().toString();
    Instant now = clock.instant();
    Instant due = backups.last(volume).map(last -> last.plus(period)).orElse(now);
    if (due.isAfter(now)) {
      context.requeueAfter(Duration.between(now, due));
    } else {
      backups.make(volume); // when it throws, Kooper tries again, and again at the next resync
      context.requeueAfter(period);
    }
  }

  @Override
  public void delete(HandlerContext<PersistentVolumeClaim> context, PersistentVolumeClaim lastState) throws IOException {
    backups.removeAll(context.key().toString());
  }

  private static Duration period(String text) {
    try {
      Duration period = Duration.parse(text);
      if (!period.isNegative() && !period.isZero()) {
        return period;
      }
    } catch (DateTimeException e) {
      // said below
    }
    throw new TerminalException("the annotation " + EVERY + " is " + text + ", no time like PT24H");
  }
}
