package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.function.Consumer;

/** Puts the events of a watch's body together and hands them over. */
final class EventPieces<T extends HasMetadata> implements JsonSlicer.Pieces {

  private static final Log LOG = Log.of(EventPieces.class);
  private static final byte[] NOTHING = {};

  private final Target target;
  private final Binder<T> binder;
  private final boolean bound;
  private final Consumer<SourceEvent<T>> events;
  private String type = "";
  private byte[] object = NOTHING;
  private int length;

  EventPieces(Target target, Binder<T> binder, boolean bound, Consumer<SourceEvent<T>> events) {
    this.target = target;
    this.binder = binder;
    this.bound = bound;
    this.events = events;
  }

  @Override
  public void piece(String name, byte[] bytes, int length) {
    if (name.equals("type")) {
      this.type = JsonSlicer.Pieces.text(bytes, length);
    } else {
      this.object = bytes;
      this.length = length;
    }
  }

  @Override
  public void end() throws RetrieveException {
    switch (type) {
      case "ADDED", "MODIFIED", "DELETED" ->
        events.accept(new Json<>(SourceEvent.Type.valueOf(type), object, length, binder, bound));
      case "BOOKMARK" -> bookmark();
      case "ERROR" -> throw error();
      // a newer server may know more: what it tells of an object comes as one of the above as well
      default -> LOG.debug("ignoring an event of type {} of {}", type, target);
    }
    type = "";
    object = NOTHING;
    length = 0;
  }

  private void bookmark() {
    ObjectMeta meta;
    try {
      meta = Binder.read(binder.serialization(), object, length, GenericKubernetesResource.class).getMetadata();
    } catch (Throwable t) { // whatever is wrong with the binding
      Throwables.throwIfNoMemory(t);
      LOG.debug("ignoring a bookmark of {} that cannot be read", target, t);
      return;
    }
    String version = meta == null ? null : meta.getResourceVersion();
    if (version != null && !version.isEmpty()) {
      events.accept(SourceEvent.bookmark(version));
    }
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
