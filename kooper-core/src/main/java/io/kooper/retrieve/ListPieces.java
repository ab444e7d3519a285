package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.kooper.retrieve.RetrieveException.Reason;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hands over the objects of a list's body. */
final class ListPieces<T extends HasMetadata> implements JsonSlicer.Pieces {

  private final Target target;
  private final Binder<T> binder;
  private final boolean bound;
  private final Consumer<SourceEvent<T>> events;
  private @Nullable ListMeta meta;
  private @Nullable String message;
  private boolean isStatus;

  ListPieces(Target target, Binder<T> binder, boolean bound, Consumer<SourceEvent<T>> events) {
    this.target = target;
    this.binder = binder;
    this.bound = bound;
    this.events = events;
  }

  /** The list's own metadata, once it is complete. */
  ListMeta meta() {
    return meta == null ? new ListMeta() : meta;
  }

  @Override
  public void piece(String name, byte[] bytes, int length) throws RetrieveException {
    switch (name) {
      case "items" -> events.accept(new Json<>(SourceEvent.Type.ADDED, bytes, length, binder, bound));
      case "metadata" -> meta = bindMeta(bytes, length);
      case "kind" -> {
        String kind = JsonSlicer.Pieces.text(bytes, length);
        isStatus = kind.equals("Status");
        binder.listKind(kind);
      }
      case "message" -> message = JsonSlicer.Pieces.text(bytes, length);
      default -> {
      }
    }
  }

  private ListMeta bindMeta(byte[] bytes, int length) throws RetrieveException {
    try {
      return Binder.read(binder.serialization(), bytes, length, ListMeta.class);
    } catch (Throwable t) { // whatever is wrong with the binding
      throw new RetrieveException(
          Reason.UNDECODABLE, "cannot list " + target + ": the list's metadata cannot be read", null, t);
    }
  }

  @Override
  public void end() throws RetrieveException {
    if (isStatus) {
      throw new RetrieveException(Reason.UNDECODABLE,
          "cannot list " + target + ": the answer is a Status" + (message == null ? "" : ", \"" + message + '"'));
    }
    if (meta == null) {
      throw new RetrieveException(Reason.UNDECODABLE, "cannot list " + target + ": the answer is not a list");
    }
  }
}
