package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Hands the events of a watch to a sink. */
final class WatchPieces<T extends HasMetadata> extends EventPieces<T> {

  private final WatchSink<T> sink;

  WatchPieces(Target target, Binder<T> binder, WatchSink<T> sink) {
    super(target, binder);
    this.sink = sink;
  }

  @Override
  void changed(String type, T changed) {
    switch (type) {
      case "ADDED" -> sink.added(changed);
      case "MODIFIED" -> sink.modified(changed);
      default -> sink.deleted(changed);
    }
  }

  @Override
  void decoded(int bytes, long nanos) {
    sink.decoded(bytes, nanos);
  }

  @Override
  void undecodable(Undecodable undecodable) {
    sink.undecodable(undecodable);
  }

  @Override
  void bookmark(byte[] bytes, int length) {
    String version = ObjectPeek.resourceVersion(bytes, length);
    if (version != null && !version.isEmpty()) {
      sink.bookmark(version);
    }
  }
}
