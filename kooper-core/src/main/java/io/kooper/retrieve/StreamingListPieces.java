package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands the objects at the beginning of a streaming list to a sink. They come in no order of version, so none of them says
 * how far the list is: only the one bookmark that is marked as their end does.
 */
final class StreamingListPieces<T extends HasMetadata> extends EventPieces<T> {

  private static final String END_MARK = "k8s.io/initial-events-end";

  private final ListSink<T> sink;
  private boolean anyGiven;
  private @Nullable String version;

  StreamingListPieces(Target target, Binder<T> binder, ListSink<T> sink) {
    super(target, binder);
    this.sink = sink;
  }

  boolean anyGiven() {
    return anyGiven;
  }

  /** The version of the whole list, or null while it is not complete. */
  @Nullable String version() {
    return version;
  }

  @Override
  void changed(String type, T changed) {
    if (version != null) {
      return; // the list is complete: the watch from its version tells this once more
    }
    anyGiven = true;
    if (type.equals("DELETED")) {
      sink.deleted(changed);
    } else {
      sink.item(changed);
    }
  }

  @Override
  void decoded(int bytes, long nanos) {
    sink.decoded(bytes, nanos);
  }

  @Override
  void undecodable(Undecodable undecodable) {
    if (version == null) {
      anyGiven = true;
      sink.undecodable(undecodable);
    }
  }

  @Override
  void bookmark(byte[] bytes, int length) {
    GenericKubernetesResource bookmark;
    try {
      bookmark = binder().other(bytes, length, GenericKubernetesResource.class);
    } catch (RuntimeException e) {
      return; // without the mark it means nothing here
    }
    Map<String, String> annotations = bookmark.getMetadata() == null ? null : bookmark.getMetadata().getAnnotations();
    if (version == null && annotations != null && "true".equals(annotations.get(END_MARK))) {
      version = bookmark.getMetadata().getResourceVersion();
    }
  }
}
