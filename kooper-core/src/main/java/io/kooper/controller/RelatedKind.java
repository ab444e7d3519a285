package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.Retriever;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a builder was told of a related kind; one of the three functions is there. */
record RelatedKind<T extends HasMetadata, R extends HasMetadata>(
    Retriever<R> retriever, Related<R> options, @Nullable Function<ObjectMeta, List<ObjectKey>> owners,
    @Nullable Function<? super R, ? extends Collection<ObjectKey>> toPrimaries,
    @Nullable Function<? super T, ? extends Collection<ObjectKey>> references) {

  String name() {
    return options.name == null ? retriever.plural() : options.name;
  }
}
