package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.kooper.internal.Log;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the events of a watch's body together and hands them to a sink: those of a watch, or those at the beginning of one
 * that are a streaming list. These come in no order of version, so none of them says how far the list is: only the one
 * bookmark that is marked as their end does.
 */
final class EventPieces<T extends HasMetadata> implements JsonSlicer.Pieces {

  private static final Log LOG = Log.of(EventPieces.class);
  private static final String END_MARK = "k8s.io/initial-events-end";
  private static final byte[] NOTHING = {};

  private final Target target;
  private final Binder<T> binder;
  private final boolean bound;
  private final boolean streamingList;
  private final WatchSink<T> sink;
  private String type = "";
  private byte[] object = NOTHING;
  private int length;
  private boolean anyGiven;
  private @Nullable String listVersion;

  private EventPieces(Target target, Binder<T> binder, boolean bound, boolean streamingList, WatchSink<T> sink) {
    this.target = target;
    this.binder = binder;
    this.bound = bound;
    this.streamingList = streamingList;
    this.sink = sink;
  }

  static <T extends HasMetadata> EventPieces<T> ofWatch(Target target, Binder<T> binder, boolean bound, WatchSink<T> sink) {
    return new EventPieces<>(target, binder, bound, false, sink);
  }

  static <T extends HasMetadata> EventPieces<T> ofStreamingList(
      Target target, Binder<T> binder, boolean bound, ListSink<T> sink) {
    return new EventPieces<>(target, binder, bound, true, new InitialEvents<>(sink));
  }

  /** Whether the sink has heard of an object. */
  boolean anyGiven() {
    return anyGiven;
  }

  /** The version of the whole streaming list, or null while it is not complete. */
  @Nullable String listVersion() {
    return listVersion;
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
      case "ADDED", "MODIFIED", "DELETED" -> {
        if (listVersion == null) { // else the watch from there tells this once more
          changed();
        }
      }
      case "BOOKMARK" -> bookmark();
      case "ERROR" -> throw error();
      // a newer server may know more: what it tells of an object comes as one of the above as well
      default -> LOG.debug("ignoring an event of type {} of {}", type, target);
    }
    type = "";
    object = NOTHING;
    length = 0;
  }

  private void changed() {
    anyGiven = true;
    sink.json(WatchSink.Change.valueOf(type), new Json<>(object, length, binder, bound));
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
    if (version == null || version.isEmpty()) {
      return;
    }
    if (!streamingList) {
      sink.bookmark(version);
    } else if (listVersion == null && isMarked(meta.getAnnotations())) {
      listVersion = version;
    }
  }

  private static boolean isMarked(@Nullable Map<String, String> annotations) {
    return annotations != null && "true".equals(annotations.get(END_MARK));
  }

  private RetrieveException error() {
    Status status = ErrorBody.status(object, length, binder.serialization());
    if (status == null || status.getCode() == null) {
      return new RetrieveException(Reason.UNKNOWN, "cannot watch " + target + ": the API server ended it with an error"
          + (status == null ? "" : ", \"" + status.getMessage() + '"'));
    }
    return Failures.ofStatus("watch", target, status.getCode(), status, null);
  }

  /** A streaming list's sink, as that of a watch. */
  private record InitialEvents<T extends HasMetadata>(ListSink<T> list) implements WatchSink<T> {

    @Override
    public void added(T object) {
      list.item(object);
    }

    @Override
    public void modified(T object) {
      list.item(object);
    }

    @Override
    public void deleted(T object) {
      list.deleted(object);
    }

    @Override
    public void json(Change change, Json<T> object) {
      if (change == Change.DELETED) {
        object.bind(true, list::deleted, list::undecodable);
      } else {
        list.json(object);
      }
    }

    @Override
    public void bookmark(String resourceVersion) {
      // it says nothing of the list
    }

    @Override
    public void undecodable(Undecodable object) {
      list.undecodable(object);
    }
  }
}
