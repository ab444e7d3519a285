package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.kooper.internal.Log;
import io.kooper.retrieve.HttpListerWatcher.Form;
import io.kooper.retrieve.JsonSlicer.Slice;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the bodies of lists and watches, and hands over what is in them while they come in. */
record Bodies<T extends HasMetadata>(Target target, Binder<T> binder, Form form) {

  private static final Log LOG = Log.of(Bodies.class);

  /** Reads a list; returns its own metadata. */
  ListMeta list(JsonSlicer.Chunks chunks, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    JsonSlicer body = new JsonSlicer("cannot list " + target, chunks);
    Slice slice = new Slice();
    ListMeta meta = null;
    String kind = "";
    String message = "";
    boolean sawItems = false; // be it none: without them it is no list, least of all an empty one
    if (!body.begins()) {
      throw new RetrieveException(Reason.CONNECTION_LOST, "cannot list " + target + ": the answer is empty");
    }
    for (String name; (name = body.name()) != null; ) {
      switch (name) {
        case "items" -> {
          sawItems = true;
          for (boolean more = body.array(); more && body.element(); ) {
            events.accept(json(SourceEvent.Type.ADDED, body.object(slice)));
          }
        }
        case "metadata" -> meta = bindMeta(body.value(slice));
        case "kind" -> {
          kind = body.value(slice).text();
          binder.listKind(kind);
        }
        case "message" -> message = body.value(slice).text();
        default -> body.skip();
      }
    }
    body.end();
    if (kind.equals("Status")) {
      throw undecodable("the answer is a Status" + (message.isEmpty() ? "" : ", \"" + message + '"'), null);
    } else if (meta == null || !sawItems) {
      throw undecodable("the answer is not a list", null);
    }
    return meta;
  }

  private ListMeta bindMeta(Slice meta) throws RetrieveException {
    try {
      return Binder.read(binder.serialization, meta.bytes(), meta.size(), ListMeta.class);
    } catch (Throwable t) { // whatever is wrong with the binding
      throw undecodable("the list's metadata cannot be read", t);
    }
  }

  private RetrieveException undecodable(String why, @Nullable Throwable cause) {
    return new RetrieveException(Reason.UNDECODABLE, "cannot list " + target + ": " + why, null, cause);
  }

  /** Reads a watch until it ends. */
  void watch(JsonSlicer.Chunks chunks, Consumer<SourceEvent<T>> events) throws RetrieveException, InterruptedException {
    JsonSlicer body = new JsonSlicer("cannot watch " + target, chunks);
    Slice small = new Slice();
    Slice object = new Slice();
    while (body.begins()) {
      String type = "";
      object.reset();
      for (String name; (name = body.name()) != null; ) {
        switch (name) {
          case "type" -> type = body.value(small).text();
          case "object" -> body.object(object); // which may come before the type
          default -> body.skip();
        }
      }
      switch (type) {
        case "ADDED", "MODIFIED", "DELETED" -> events.accept(json(SourceEvent.Type.valueOf(type), object));
        case "BOOKMARK" -> bookmark(object, events);
        case "ERROR" -> throw error(object);
        // a newer server may know more: what it tells of an object comes as one of the above as well
        default -> LOG.debug("ignoring an event of type {} of {}", type, target);
      }
    }
  }

  private Json<T> json(SourceEvent.Type type, Slice object) {
    return Json.of(type, object.bytes(), object.size(), binder, form);
  }

  private void bookmark(Slice object, Consumer<SourceEvent<T>> events) {
    String version = new ObjectPeek(object.bytes(), object.size()).resourceVersion();
    if (version == null || version.isEmpty()) {
      LOG.debug("ignoring a bookmark of {} without a version", target);
    } else {
      events.accept(SourceEvent.bookmark(version));
    }
  }

  private RetrieveException error(Slice object) {
    Status status = ErrorBody.status(object.bytes(), object.size(), binder.serialization);
    if (status == null || status.getCode() == null) {
      return new RetrieveException(Reason.UNKNOWN, "cannot watch " + target + ": the API server ended it with an error"
          + (status == null ? "" : ", \"" + status.getMessage() + '"'));
    }
    return Failures.ofStatus("watch", target, status.getCode(), status, null);
  }
}
