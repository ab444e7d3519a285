package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import org.jspecify.annotations.Nullable;

/** A list that is asked for page by page. */
@FunctionalInterface
interface Pages {

  /** Gets one page, hands its objects over and returns its metadata. */
  @Nullable ListMeta page(ListOptions options) throws RetrieveException, InterruptedException;

  /** Whether it is only of interest if the server knows the version. */
  static boolean isQuestion(ListOptions options) {
    return options.getLimit() != null && options.getLimit() == 1;
  }

  /** Gets all pages, or the first that answers a question, and returns the version of the whole. */
  default String all(ListOptions options) throws RetrieveException, InterruptedException {
    String version = null;
    ListOptions next = options;
    while (true) {
      ListMeta meta = page(next);
      if (version == null) { // of the first page: should a later one be newer, the watch tells what lies between
        version = meta == null || meta.getResourceVersion() == null ? "" : meta.getResourceVersion();
      }
      if (isQuestion(options) || meta == null || meta.getContinue() == null || meta.getContinue().isEmpty()) {
        return version;
      }
      // the token stands for the version: a server refuses both together
      next = new ListOptionsBuilder(next).withContinue(meta.getContinue())
          .withResourceVersion(null).withResourceVersionMatch(null).build();
    }
  }
}
