package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.kooper.leaderelection.LeaderElectionListener.Reason;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The decisions of a replica, one request at a time. */
class CandidateTest extends CandidateTalk {

  @Nested
  class Acquiring {

    @Test
    @DisplayName("L1: there is no lease")
    void createsTheFirstLease() {
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("get", "create");
      assertThat(server.record().holder()).isEqualTo("a");
      assertThat(server.record().seconds()).isEqualTo(15);
      assertThat(a.token()).as("as client-go").isZero();
    }

    @Test
    @DisplayName("L1: the spec is missing")
    void takesALeaseWithoutASpec() {
      server.put(lease().build());
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("get", "update");
      assertThat(a.token()).isEqualTo(1);
    }

    @Test
    @DisplayName("L1: the spec is empty, as of kubectl create lease")
    void takesALeaseWithAnEmptySpec() {
      server.put(lease().withNewSpec().endSpec().build());
      assertThat(attempt(a)).isTrue();
    }

    @Test
    @DisplayName("L1: the holder is empty, however fresh the record")
    void takesAReleasedLeaseAtOnce() {
      server.put(foreign("b", 15, 7).build());
      assertThat(attempt(a)).isFalse();
      server.put(foreign("", 15, 7).build());
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(8);
    }

    @Test
    @DisplayName("L1: a free lease that was set back, as by a restored backup, waits: its last holder may not know yet")
    void doesNotBelieveThatALeaseIsFreeThatWasSetBack() {
      server.put(foreign("b", 20, 7).build());
      assertThat(attempt(a)).isFalse();
      server.put(foreign("", 1, 6).build());
      assertThat(attempt(a)).isFalse();
      pass(19);
      assertThat(attempt(a)).as("b's own duration counts, not that of the lease that was given back").isFalse();
      assertThat(a.mayTake()).isFalse();
      pass(1);
      assertThat(a.mayTake()).isTrue();
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(8);
    }

    @Test
    @DisplayName("L1: nor is one its own that was set back to its own earlier term")
    void doesNotBelieveThatALeaseIsItsOwnThatWasSetBack() {
      assertThat(attempt(a)).isTrue();
      Lease backup = server.get();
      pass(10);
      assertThat(a.isLeading()).isFalse();
      attempt(b);
      pass(15);
      assertThat(attempt(b)).isTrue();
      assertThat(attempt(a)).isFalse();

      server.put(backup);

      assertThat(attempt(a)).isFalse();
      assertThat(a.holds()).isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
    }

    @Test
    @DisplayName("L1: a lease that counts no further is taken, and held, all the same")
    void takesALeaseWithTheLargestOfAllTransitions() {
      server.put(foreign("", 15, Integer.MAX_VALUE).build());
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(Integer.MAX_VALUE);
      pass(2);
      assertThat(attempt(a)).isTrue();
      assertThat(attempt(b)).isFalse();
      assertThat(a.holds()).isTrue();
    }

    @Test
    @DisplayName("L2: another holds it, whatever its times of day")
    void leavesALiveLeaseAlone() {
      server.put(foreign("b", 15, 3).build()); // renewed in 2020, by its clock
      for (int i = 0; i < 7; i++) {
        assertThat(attempt(a)).isFalse();
        assertThat(requests).containsExactly("get");
        pass(2);
      }
      assertThat(a.observed().holder()).isEqualTo("b");
    }

    @Test
    @DisplayName("L2: each change that is seen begins the wait anew")
    void waitsAnewAfterEachRenewal() {
      attempt(b);
      for (int i = 0; i < 20; i++) {
        assertThat(attempt(a)).isFalse();
        pass(9);
        assertThat(attempt(b)).isTrue();
      }
    }

    @Test
    @DisplayName("L3: the record's own duration counts")
    void waitsForAsLongAsTheRecordSays() {
      server.put(foreign("b", 40, 3).build());
      attempt(a);
      pass(39.9);
      assertThat(attempt(a)).isFalse();
      pass(0.1);
      assertThat(attempt(a)).isTrue();
      server.put(foreign("c", 1, 9).build());
      assertThat(attempt(b)).isFalse();
      pass(1);
      assertThat(attempt(b)).isTrue();
    }

    @Test
    @DisplayName("L3: without a duration of its own, or with a senseless one, ours counts")
    void waitsForOurDurationIfTheRecordSaysNone() {
      for (Integer seconds : new Integer[] {null, 0, -5}) {
        server.put(foreign("b", seconds, null).build());
        Candidate fresh = candidate("fresh" + seconds);
        attempt(fresh);
        pass(14.9);
        assertThat(attempt(fresh)).isFalse();
        pass(0.1);
        assertThat(attempt(fresh)).isTrue();
      }
    }

    @Test
    @DisplayName("L3: a holder is all that the record has")
    void waitsForAHalfEmptyRecord() {
      server.put(lease().withNewSpec().withHolderIdentity("b").endSpec().build());
      assertThat(attempt(a)).isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(1);
    }

    @Test
    @DisplayName("L3: edits of labels are no sign of life")
    void ignoresEditsThatDoNotRenew() {
      for (int i = 0; i < 5; i++) {
        server.put(foreign("b", 15, 3).editMetadata().addToLabels("edit", "" + i).endMetadata().build());
        attempt(a);
        pass(3);
      }
      assertThat(attempt(a)).isTrue();
    }

    @Test
    @DisplayName("L4: the transitions grow by one")
    void countsItsTransition() {
      server.put(foreign("b", 15, 41).build());
      attempt(a);
      pass(15);
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(42);
      assertThat(server.record().transitions()).isEqualTo(42);
    }

    @Test
    @DisplayName("L2: somebody else was faster")
    void losesARaceWithoutALeader() {
      server.put(foreign("", 15, 3).build());
      assertThat(attempt(a, arrives, request -> {
        attempt(b);
        return request.send(server);
      })).isFalse();
      assertThat(a.mayHold()).isFalse();
      assertThat(b.isLeading()).isTrue();
      assertThat(attempt(a)).isFalse();
    }

    @Test
    @DisplayName("L2: somebody else has created it first")
    void losesTheRaceToCreate() {
      assertThat(attempt(a, arrives, request -> {
        attempt(b);
        return request.send(server);
      })).isFalse();
      assertThat(attempt(a)).isFalse();
      assertThat(server.record().holder()).isEqualTo("b");
    }

    @Test
    void doesNotTrustItsOwnNameOfAnEarlierLife() {
      server.put(foreign("a", 15, 3).build());
      assertThat(attempt(a)).as("that life may still run").isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(4);
    }

    @Test
    void isNotTheLeaderTogetherWithANamesake() {
      Candidate namesake = candidate("a");
      assertThat(attempt(a)).isTrue();
      assertThat(attempt(namesake)).isFalse();
      pass(2);
      assertThat(attempt(a)).isTrue();
      assertThat(attempt(namesake)).isFalse();
    }
  }

  @Nested
  class Renewing {

    @Test
    @DisplayName("L5, L6: one update and no get")
    void renewsWithOneRequest() {
      attempt(a);
      Instant first = server.record().renewTime();
      for (int i = 0; i < 20; i++) {
        pass(2);
        assertThat(attempt(a)).isTrue();
        assertThat(requests).containsExactly("update");
      }
      assertThat(server.record().renewTime()).isAfter(first);
      assertThat(a.token()).isZero();
    }

    @Test
    @DisplayName("L6: after a conflict update, get, update, then update again")
    void readsAgainAfterAConflict() {
      attempt(a);
      server.put(new LeaseBuilder(server.get()).editMetadata().addToLabels("team", "x").endMetadata().build());
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("update", "get", "update");
      assertThat(attempt(a)).isTrue();
      assertThat(requests).containsExactly("update");
    }

    @Test
    @DisplayName("L10: what others have put on the lease stays")
    void keepsWhatOthersWrote() {
      server.put(foreign("", 15, 3)
          .editMetadata().addToLabels("team", "x").addToAnnotations("note", "y").addToFinalizers("f/f").endMetadata()
          .editSpec().withStrategy("OldestEmulationVersion").addToAdditionalProperties("future", Map.of("k", "v")).endSpec()
          .build());
      attempt(a);
      attempt(a);
      talk(a, a.release());
      Lease lease = server.get();
      assertThat(lease.getMetadata().getLabels()).containsEntry("team", "x");
      assertThat(lease.getMetadata().getAnnotations()).containsEntry("note", "y");
      assertThat(lease.getMetadata().getFinalizers()).containsExactly("f/f");
      assertThat(lease.getSpec().getStrategy()).isEqualTo("OldestEmulationVersion");
      assertThat(lease.getSpec().getAdditionalProperties()).containsEntry("future", Map.of("k", "v"));
    }

    @Test
    void countsFromTheMomentBeforeTheRequestWasSent() {
      assertThat(attempt(a, arrives, request -> {
        Lease lease = request.send(server);
        pass(1.5);
        return lease;
      })).isTrue();
      pass(8.4);
      assertThat(a.isLeading()).isTrue();
      pass(0.1);
      assertThat(a.isLeading()).isFalse();
      assertThat(a.loss()).isEqualTo(Reason.EXPIRED);
    }

    @Test
    void isNotRevivedByAnAnswerAfterTheDeadline() {
      attempt(a);
      pass(9);
      assertThat(attempt(a, request -> {
        Lease lease = request.send(server);
        pass(2);
        return lease;
      })).isFalse();
      assertThat(a.loss()).isEqualTo(Reason.EXPIRED);
    }

    @Test
    void doesNotLeadByAnAnswerThatIsOlderThanADeadline() {
      assertThat(attempt(a, arrives, request -> {
        Lease lease = request.send(server);
        pass(10);
        return lease;
      })).isFalse();
      assertThat(a.mayHold()).isTrue();
      assertThat(attempt(a)).as("nobody else can have it").isTrue();
    }

    @Test
    void endsAtOnceWhenItSeesAnotherHolder() {
      attempt(a);
      server.put(foreign("b", 15, 1).build());
      assertThat(attempt(a)).isFalse();
      assertThat(requests).containsExactly("update", "get");
      assertThat(a.loss()).isEqualTo(Reason.TAKEN);
      assertThat(a.mayHold()).isFalse();
    }

    @Test
    void endsWhenSomebodyElseHasLedInBetween() {
      attempt(a);
      server.put(foreign("", 15, 5).build());
      assertThat(attempt(a)).isFalse();
      assertThat(a.loss()).isEqualTo(Reason.TAKEN);
    }

    @Test
    void endsWhenANamesakeHoldsIt() {
      attempt(a);
      server.put(foreign("a", 15, 0).build());
      assertThat(attempt(a)).isFalse();
    }

    @Test
    void takesItBackIfSomebodyOnlyEmptiedIt() {
      attempt(a);
      server.put(foreign("", null, null).build());
      assertThat(attempt(a)).isTrue();
      assertThat(server.record().holder()).isEqualTo("a");
    }

    @Test
    void hasANewTokenInEachTerm() {
      attempt(a);
      pass(10);
      assertThat(a.isLeading()).isFalse();
      assertThat(attempt(a)).as("unchanged since: nobody else can have had it").isTrue();
      assertThat(a.token()).isEqualTo(1);
      a.resign();
      assertThat(attempt(a)).isTrue();
      assertThat(a.token()).isEqualTo(2);
    }

    @Test
    void waitsLikeAllOthersForATermWhoseWorkMayGoOn() {
      attempt(a);
      a.forget();
      assertThat(attempt(a)).isFalse();
      pass(15);
      assertThat(attempt(a)).isTrue();
    }
  }

  @Test
  @DisplayName("L10: from record to spec and back")
  void convertsARecordWithoutLoss() {
    LeaseRecord record = new LeaseRecord(
        "a", 15, Instant.parse("2024-01-01T00:00:00.000001Z"), Instant.parse("2024-01-01T00:00:01.123456Z"), 7);
    assertThat(LeaseRecord.of(record.on(lease().build()))).isEqualTo(record);
  }
}
