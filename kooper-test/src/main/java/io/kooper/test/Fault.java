package io.kooper.test;

import io.kooper.test.faults.Failure;
import io.kooper.test.faults.Failure.Kind;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What goes wrong, for which requests, and how often. Immutable; without {@link #on} and {@link #when} it meets every
 * request, without {@link #times} until it is taken back.
 *
 * <pre>{@code
 * server.faults().inject(Fault.status(429).retryAfter(Duration.ofSeconds(1)).on("list", "pods").times(2));
 * }</pre>
 */
public final class Fault {

  final Failure failure;
  final Predicate<ApiRequest> selection;
  final int times;

  private Fault(Failure failure, Predicate<ApiRequest> selection, int times) {
    this.failure = failure;
    this.selection = selection;
    this.times = times;
  }

  private static Fault of(Failure failure) {
    return new Fault(failure, request -> true, Integer.MAX_VALUE);
  }

  /** The request is refused with this HTTP status and a {@code Status} body, and is not executed. */
  public static Fault status(int code) {
    if (code < 400 || code > 599) {
      throw new IllegalArgumentException("an error status is 400 to 599, not " + code);
    }
    return of(new Failure(Kind.STATUS, code, Duration.ZERO, null, null));
  }

  /** A watch is accepted and ends with an ERROR event of this code; other requests are refused as by {@link #status}. */
  public static Fault errorEvent(int code) {
    return of(new Failure(Kind.ERROR_EVENT, status(code).failure.code(), Duration.ZERO, null, null));
  }

  /** The request is executed and answered, but only after this time. */
  public static Fault delay(Duration delay) {
    return of(new Failure(Kind.DELAY, 0, delay, null, null));
  }

  /** The request is neither executed nor ever answered. */
  public static Fault hang() {
    return of(Failure.of(Kind.HANG));
  }

  /** The connection is reset before the request is executed. */
  public static Fault disconnect() {
    return of(Failure.of(Kind.DISCONNECT));
  }

  /** The request is executed, half of the answer's body is sent, then the connection ends. No effect on watches. */
  public static Fault truncate() {
    return of(Failure.of(Kind.TRUNCATE));
  }

  /** The request is executed, then the connection is reset without an answer. No effect on watches. */
  public static Fault loseAnswer() {
    return of(Failure.of(Kind.LOSE_ANSWER));
  }

  /** With a {@code Retry-After} header and the same in the body's details, in whole seconds. For {@link #status}. */
  public Fault retryAfter(Duration time) {
    return new Fault(new Failure(failure.kind(), failure.code(), failure.delay(), time, failure.message()), selection, times);
  }

  /** With this message instead of a general one. For {@link #status}. */
  public Fault message(String text) {
    return new Fault(new Failure(failure.kind(), failure.code(), failure.delay(), failure.retryAfter(), text), selection, times);
  }

  /** Only for this verb on this resource (see {@link ApiRequest}), {@code *} standing for any. */
  public Fault on(String verb, String resource) {
    Objects.requireNonNull(verb, "verb");
    Objects.requireNonNull(resource, "resource");
    return when(request -> request.is(verb, resource));
  }

  /** Only for requests that also satisfy this. Called on the server's thread: it must not block. */
  public Fault when(Predicate<ApiRequest> condition) {
    return new Fault(failure, selection.and(condition), times);
  }

  /** Only for the first so many requests that it meets. */
  public Fault times(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a fault happens at least once, not " + count + " times");
    }
    return new Fault(failure, selection, count);
  }
}
