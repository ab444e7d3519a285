package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.kooper.retrieve.RetrieveException.Reason;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the events of a watch's body together and binds their objects. */
abstract class EventPieces<T extends HasMetadata> implements JsonSlicer.Pieces {

  private static final Logger LOG = LoggerFactory.getLogger(EventPieces.class);
  private static final byte[] NOTHING = {};

  private final Target target;
  private final Binder<T> binder;
  private String type = "";
  private byte[] object = NOTHING;
  private int length;

  EventPieces(Target target, Binder<T> binder) {
    this.target = target;
    this.binder = binder;
  }

  /** An object that was added, modified or deleted. */
  abstract void changed(String type, T changed);

  /** The object that comes next was bound from this many bytes, in this time. */
  abstract void decoded(int bytes, long nanos);

  abstract void undecodable(Undecodable undecodable);

  /** A bookmark, as its object's bytes. */
  abstract void bookmark(byte[] bytes, int length);

  final Binder<T> binder() {
    return binder;
  }

  @Override
  public final void piece(String name, byte[] bytes, int length) {
    if (name.equals("type")) {
      this.type = length < 2 ? "" : new String(bytes, 1, length - 2, StandardCharsets.UTF_8);
    } else {
      this.object = bytes;
      this.length = length;
    }
  }

  @Override
  public final void end() throws RetrieveException {
    switch (type) {
      case "ADDED", "MODIFIED", "DELETED" -> {
        long start = System.nanoTime();
        T changed = binder.bind(object, length, type.equals("DELETED"), this::undecodable);
        if (changed != null) {
          decoded(length, System.nanoTime() - start);
          changed(type, changed);
        }
      }
      case "BOOKMARK" -> bookmark(object, length);
      case "ERROR" -> throw error();
      // a newer server may know more: what it tells of an object comes as one of the above as well
      default -> LOG.debug("ignoring an event of type {} of {}", type, target);
    }
    type = "";
    object = NOTHING;
    length = 0;
  }

  private RetrieveException error() {
    Status status = ErrorBody.status(object, length, binder.serialization());
    if (status == null || status.getCode() == null) {
      return new RetrieveException(Reason.UNKNOWN, "cannot watch " + target + ": the API server ended it with an error"
          + (status == null ? "" : ", \"" + status.getMessage() + '"'));
    }
    return Failures.ofStatus("watch", target, status.getCode(), status, null);
  }
}
