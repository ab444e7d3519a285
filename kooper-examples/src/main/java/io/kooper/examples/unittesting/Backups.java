package io.kooper.examples.unittesting;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** The domain service: where the backups of volumes are made and kept. */
public interface Backups {

  /** When the last backup of a volume was made. */
  Optional<Instant> last(String volume) throws IOException;

  void make(String volume) throws IOException;

  /** Removes all backups of a volume, if there are any. */
  void removeAll(String volume) throws IOException;
}
