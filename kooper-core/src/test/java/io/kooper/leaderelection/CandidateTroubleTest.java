package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.leaderelection.LeaseException.Kind;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The decisions of a replica about requests without an answer and leases that come and go. */
class CandidateTroubleTest extends CandidateTalk {

  @Nested
  class WithoutAnAnswer {

    @Test
    void keepsALeadershipWhoseRenewalGotLost() {
      attempt(a);
      pass(2);
      assertThat(attempt(a, isLost)).isTrue();
      assertThat(requests).containsExactly("update");
      pass(2);
      assertThat(attempt(a)).isTrue();
      assertThat(requests).as("it may have been written: read it first").containsExactly("get", "update");
    }

    @Test
    void countsOnlyConfirmedRenewals() {
      attempt(a);
      for (int i = 0; i < 4; i++) {
        pass(2);
        assertThat(attempt(a, i == 0 ? answerIsLost : arrives, answerIsLost)).isTrue();
      }
      pass(2);
      assertThat(a.isLeading()).isFalse();
    }

    @Test
    void renewsAfterAnAnswerWasLost() {
      attempt(a);
      assertThat(attempt(a, answerIsLost)).isTrue();
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("get", "update");
      assertThat(a.token()).isZero();
    }

    @Test
    void doesNotLeadByAnUnconfirmedUpdateAndThenDoesAtOnce() {
      server.put(foreign("", 15, 3).build());
      assertThat(attempt(a, arrives, answerIsLost)).isFalse();
      assertThat(a.mayHold()).isTrue();
      assertThat(attempt(b)).isFalse();
      assertThat(attempt(a)).isTrue();
    }

    @Test
    void waitsAfterAnUnconfirmedCreation() {
      assertThat(attempt(a, arrives, answerIsLost)).isFalse();
      assertThat(attempt(a)).as("it may have been applied just now, after another one was deleted").isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
    }

    @Test
    void forgetsAClaimThatWasRefused() {
      server.put(foreign("", 15, 3).build());
      attempt(a, arrives, request -> {
        throw new LeaseException(Kind.REFUSED, "403", null);
      });
      assertThat(a.mayHold()).isFalse();
    }
  }

  @Nested
  class Deleted {

    @Test
    void isRecreatedByTheLeaderInTheSameTerm() {
      server.put(foreign("", 15, 3).build());
      attempt(a);
      server.delete();
      pass(2);
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("update", "get", "create");
      assertThat(server.record().transitions()).isEqualTo(4);
      assertThat(a.token()).isEqualTo(4);
      assertThat(attempt(a)).isTrue();
    }

    @Test
    void isPutBackByAStandbyThatHasSeenIt() {
      attempt(a);
      attempt(b);
      server.delete();
      assertThat(attempt(b)).isFalse();
      assertThat(requests).containsExactly("get", "create");
      assertThat(server.record().holder()).isEqualTo("a");
      pass(2);
      assertThat(attempt(a)).as("its term goes on").isTrue();
    }

    @Test
    void isTakenByAStandbyAfterTheLeaderMustHaveEnded() {
      attempt(a);
      attempt(b);
      pass(9);
      attempt(a);
      server.delete();
      assertThat(attempt(b)).isFalse();
      pass(10);
      assertThat(a.isLeading()).isFalse();
      assertThat(attempt(b)).isFalse();
      pass(5);
      assertThat(attempt(b)).isTrue();
      assertThat(b.token()).isEqualTo(1);
    }

    @Test
    void protectsALeaderThatNobodyElseHasSeen() {
      server.put(foreign("", 15, 3).build());
      assertThat(attempt(b, arrives, isLost)).isFalse(); // b saw it free
      attempt(a);
      server.delete();
      assertThat(attempt(b)).isFalse();
      assertThat(server.record().holder()).as("a placeholder").isEqualTo("b");
      pass(10);
      assertThat(a.isLeading()).isFalse();
      assertThat(attempt(b)).isFalse();
      pass(5);
      assertThat(attempt(b)).isTrue();
      assertThat(b.token()).isEqualTo(4);
    }

    @Test
    void neverGivesATokenTwice() {
      attempt(a);
      a.resign();
      attempt(a);
      assertThat(a.token()).isEqualTo(1);
      a.resign();
      server.delete();
      assertThat(attempt(a)).isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(2);
    }
  }

  @Nested
  class Recreated {

    @Test
    void byAnotherWithoutItsTransitionsGoesOnWithOurs() {
      server.put(foreign("b", 15, 41).build());
      attempt(a);
      server.delete();
      server.put(foreign("b", 15, 0).build());
      attempt(a);
      pass(15);
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(42);
    }

    @Test
    void wordForWordIsANewLeaseToWaitFor() {
      Lease lease = server.put(foreign("b", 15, 41).build());
      attempt(a);
      pass(14);
      server.delete();
      server.put(lease);
      assertThat(attempt(a)).isFalse();
      pass(14);
      assertThat(attempt(a)).as("somebody may have led in between").isFalse();
      pass(1);
      assertThat(attempt(a)).isTrue();
    }
  }

  @Nested
  class Releasing {

    @Test
    @DisplayName("L7: read again, then emptied, as client-go does")
    void emptiesTheHolder() {
      attempt(a);
      a.resign();
      talk(a, a.release());
      assertThat(requests).containsExactly("get", "update");
      assertThat(server.record().holder()).isEmpty();
      assertThat(server.record().seconds()).isEqualTo(1);
      assertThat(server.record().transitions()).isZero();
      assertThat(a.mayHold()).isFalse();
      assertThat(attempt(b)).isTrue();
      assertThat(b.token()).isEqualTo(1);
    }

    @Test
    @DisplayName("L7: there is no lease")
    void doesNothingWithoutALease() {
      attempt(a);
      a.resign();
      server.delete();
      talk(a, a.release());
      assertThat(requests).containsExactly("get");
      assertThat(a.mayHold()).isFalse();
    }

    @Test
    @DisplayName("L7: not held")
    void doesNothingWhenAnotherHoldsIt() {
      attempt(a);
      a.resign();
      server.put(foreign("b", 15, 1).build());
      talk(a, a.release());
      assertThat(requests).containsExactly("get");
      assertThat(server.record().holder()).isEqualTo("b");
      assertThat(a.mayHold()).isFalse();
    }

    @Test
    @DisplayName("L7: held by a namesake")
    void doesNothingWhenANamesakeHoldsIt() {
      attempt(a);
      a.resign();
      server.put(foreign("a", 15, 1).build());
      talk(a, a.release());
      assertThat(server.record().holder()).isEqualTo("a");
    }

    @Test
    @DisplayName("L7: retried on a conflict")
    void triesAgainAfterAConflict() {
      attempt(a);
      a.resign();
      talk(a, a.release(), arrives, request -> {
        server.put(new LeaseBuilder(server.get()).editMetadata().addToLabels("team", "x").endMetadata().build());
        return request.send(server);
      }, arrives);
      assertThat(requests).containsExactly("get", "update", "get", "update");
      assertThat(server.record().holder()).isEmpty();
    }

    @Test
    @DisplayName("L7: tried again later after an error")
    void staysResponsibleAfterAnError() {
      attempt(a);
      a.resign();
      talk(a, a.release(), isLost);
      assertThat(a.mayHold()).isTrue();
      talk(a, a.release());
      assertThat(server.record().holder()).isEmpty();
    }

    @Test
    @DisplayName("L7: cancelled while an update is in flight that turns out to have succeeded")
    void releasesWhatAnUnansweredUpdateTook() {
      server.put(foreign("", 15, 3).build());
      attempt(a, arrives, answerIsLost);
      talk(a, a.release());
      assertThat(server.record().holder()).isEmpty();
    }
  }
}
