package io.kooper.leaderelection;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.clock.ManualClock;
import io.kooper.leaderelection.LeaseException.Kind;
import io.kooper.leaderelection.LeaseStore.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Two candidates and a server that talk one request at a time. */
abstract class CandidateTalk {

  final ManualClock clock = new ManualClock();
  final FakeLeaseServer server = new FakeLeaseServer();
  final List<String> requests = new ArrayList<>();
  final Candidate a = candidate("a");
  final Candidate b = candidate("b");

  Candidate candidate(String identity) {
    return new Candidate("default", "op", identity, Duration.ofSeconds(15), Duration.ofSeconds(10), clock);
  }

  /** What may happen to a request. */
  interface Fate {
    @Nullable Lease send(Request request) throws LeaseException, InterruptedException;
  }

  final Fate arrives = request -> request.send(server);
  final Fate isLost = request -> {
    throw new LeaseException(Kind.UNKNOWN, "lost", null);
  };
  final Fate answerIsLost = request -> {
    request.send(server);
    throw new LeaseException(Kind.UNKNOWN, "lost", null);
  };

  /** Lets a candidate talk to the server; the fates are those of its requests in order, the last for all that follow. */
  boolean talk(Candidate candidate, Request first, Fate... fates) {
    requests.clear();
    int count = 0;
    for (Request request = first; request != null;) {
      requests.add(request.getClass().getSimpleName().toLowerCase());
      Fate fate = fates.length == 0 ? arrives : fates[Math.min(count++, fates.length - 1)];
      try {
        request = candidate.answered(request, fate.send(request));
      } catch (LeaseException e) {
        request = candidate.failed(request, e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    return candidate.isLeading();
  }

  boolean attempt(Candidate candidate, Fate... fates) {
    return talk(candidate, candidate.attempt(), fates);
  }

  void pass(double seconds) {
    clock.advance(Duration.ofNanos((long) (seconds * 1e9)));
  }

  static LeaseBuilder lease() {
    return new LeaseBuilder().withNewMetadata().withNamespace("default").withName("op").endMetadata();
  }

  static ZonedDateTime time(String text) {
    return Instant.parse(text).atZone(ZoneOffset.UTC);
  }

  /** A lease of somebody else, as client-go writes it. */
  static LeaseBuilder foreign(String holder, @Nullable Integer seconds, @Nullable Integer transitions) {
    return lease().withNewSpec().withHolderIdentity(holder).withLeaseDurationSeconds(seconds)
        .withAcquireTime(time("2020-01-01T00:00:00Z")).withRenewTime(time("2020-01-01T00:00:01Z"))
        .withLeaseTransitions(transitions).endSpec();
  }
}
