package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.WatcherException;
import io.kooper.internal.NoCluster;
import io.kooper.internal.Throwables;
import io.kooper.retrieve.RetrieveException.Reason;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Turns what the server or the client says into a {@link RetrieveException} that tells people what to do. */
final class Failures {

  private static final String TOO_LARGE = "Too large resource version";

  private Failures() {}

  /**
   * The API server said no.
   *
   * @param verb what was being done: {@code list} or {@code watch}
   * @param code the HTTP status, or the code of an ERROR event's Status
   * @param status the server's words, or null when the body was not a Status
   * @param retryAfterHeader the Retry-After header, or null
   */
  static RetrieveException ofStatus(
      String verb, Target target, int code, @Nullable Status status, @Nullable String retryAfterHeader) {
    return ofStatus(verb + " " + target, code, status, retryAfterHeader, advice(reason(code, status), verb, target));
  }

  /**
   * The API server said no.
   *
   * @param doing what was being done, as in {@code list pods}
   * @param advice what to do, or empty
   */
  static RetrieveException ofStatus(
      String doing, int code, @Nullable Status status, @Nullable String retryAfterHeader, String advice) {
    String why = status == null || status.getReason() == null ? "" : " " + status.getReason();
    String words = status == null || status.getMessage() == null ? "" : ", \"" + status.getMessage() + '"';
    return new RetrieveException(reason(code, status), "cannot " + doing + ": " + code + why + words + advice,
        retryAfter(status, retryAfterHeader), null);
  }

  private static Reason reason(int code, @Nullable Status status) {
    if (code >= 500 && status != null && isTooLarge(status)) {
      return Reason.VERSION_TOO_LARGE;
    }
    return switch (code) {
      case 401 -> Reason.UNAUTHORIZED;
      case 403 -> Reason.FORBIDDEN;
      case 404 -> Reason.NOT_FOUND;
      case 410 -> Reason.GONE;
      case 429 -> Reason.THROTTLED;
      default -> code >= 500 ? Reason.SERVER_ERROR : code >= 400 ? Reason.REJECTED : Reason.UNDECODABLE;
    };
  }

  private static boolean isTooLarge(Status status) {
    StatusDetails details = status.getDetails();
    return status.getMessage() != null && status.getMessage().contains(TOO_LARGE)
        || details != null && details.getCauses() != null
            && details.getCauses().stream().anyMatch(cause -> "ResourceVersionTooLarge".equals(cause.getReason()));
  }

  private static String advice(Reason reason, String verb, Target target) {
    return switch (reason) {
      case UNAUTHORIZED -> "; the API server does not accept the client's credentials";
      case FORBIDDEN -> "; grant the verb \"" + verb + "\" on resource \"" + target.plural() + "\" of API group \""
          + target.group() + "\" " + (target.namespace() == null
              ? "by a ClusterRole and a ClusterRoleBinding"
              : "in namespace \"" + target.namespace() + "\" by a Role and a RoleBinding");
      case NOT_FOUND -> "; the API server has no such resource" + (target.group().isEmpty() ? ""
          : ": if it is a custom one, is its CRD installed and " + target.version() + " served?");
      default -> "";
    };
  }

  private static @Nullable Duration retryAfter(@Nullable Status status, @Nullable String header) {
    if (status != null && status.getDetails() != null && status.getDetails().getRetryAfterSeconds() != null
        && status.getDetails().getRetryAfterSeconds() > 0) {
      return Duration.ofSeconds(status.getDetails().getRetryAfterSeconds());
    }
    if (header != null && header.matches("[0-9]{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(header));
    }
    return null; // a date would be compared with a clock that may be wrong
  }

  /** The connection failed: a client does that with exceptions of its own, of which not all are IOExceptions. */
  static RetrieveException ofConnection(String doing, Throwable thrown) {
    RetrieveException failure = ofCause(doing, thrown);
    return failure.reason() != Reason.UNKNOWN ? failure : new RetrieveException(
        Reason.CONNECTION_LOST, String.valueOf(failure.getMessage()), null, failure.getCause());
  }

  /** The client threw something. */
  static RetrieveException ofCause(String doing, Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof RetrieveException known) {
      return known;
    }
    Status status = cause instanceof KubernetesClientException e ? e.getStatus() : null;
    int code = cause instanceof KubernetesClientException e ? e.getCode() : 0;
    Reason reason;
    Duration retryAfter = null;
    if (code > 0) {
      reason = reason(code, status);
      retryAfter = retryAfter(status, null);
    } else if (cause instanceof WatcherException e) {
      reason = e.isHttpGone() ? Reason.GONE
          : e.getRawWatchMessage().isPresent() ? Reason.UNDECODABLE
          : e.getCause() == null || e.getCause() instanceof WatcherException ? Reason.UNKNOWN
          : ofCause(doing, e.getCause()).reason();
    } else if (isOfClosedClient(cause)) {
      reason = Reason.CLIENT_CLOSED;
    } else if (Throwables.isBinding(cause)) {
      reason = Reason.UNDECODABLE;
    } else if (cause instanceof TimeoutException) {
      reason = Reason.SILENT;
    } else if (Throwables.anyCause(cause, t -> t instanceof IOException || t instanceof TimeoutException)) {
      reason = Reason.CONNECTION_LOST;
    } else {
      reason = Reason.UNKNOWN;
    }
    return new RetrieveException(
        reason, "cannot " + doing + ": " + words(cause) + NoCluster.advice(cause, doing), retryAfter, cause);
  }

  /** What fabric8's client throws, with this text alone. */
  private static boolean isOfClosedClient(Throwable cause) {
    return cause instanceof IllegalStateException && "Client is closed".equals(cause.getMessage());
  }

  private static String words(Throwable cause) {
    return NoCluster.isUnknownHost(cause) ? "the host is unknown"
        : cause instanceof ConnectException // whose message the JDK's client leaves out
        ? (cause.getMessage() == null ? "connection refused" : Throwables.message(cause))
            + "; is the API server running, and is this its address?"
        : Throwables.words(cause, Failures.class);
  }

  /** Whether {@code thrown} is how a blocking client says that the calling thread was interrupted; clears its flag. */
  static boolean isInterrupt(Throwable thrown) {
    boolean flagged = Thread.interrupted(); // whatever else failed, it failed because of that or no longer matters
    return flagged || Throwables.anyCause(thrown, InterruptedException.class::isInstance);
  }

  private static Throwable unwrap(Throwable thrown) {
    Throwable[] found = {thrown};
    Throwables.anyCause(thrown, one -> {
      found[0] = one;
      return !(one instanceof CompletionException || one instanceof ExecutionException);
    });
    return found[0];
  }
}
