package io.kooper.informer;

import static io.kooper.informer.Recorder.key;
import static io.kooper.informer.Recorder.object;
import static io.kooper.informer.Script.fault;
import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.RetrieveException.Reason;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ReflectorTest {

  private final Script script = new Script();

  private static Undecodable broken(String name, String uid, Object version, boolean deleted) {
    return new Undecodable(name == null ? null : key(name), uid, version == null ? null : version.toString(), deleted,
        new IllegalStateException("broken"));
  }

  @Nested
  class Listing {

    @Test
    void theFirstListTakesAnyVersionAndTheWatchGoesOnFromWhatItReturned() {
      script.list(5, object("a", "1", 3)).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5");
      assertThat(script.recorder.news()).containsExactly("initial a@3", "synced");
    }

    @Test
    void aFirstListThatFailsIsTriedAgainAndTheCauseIsToldAndInTheHealth() {
      List<InformerHealth> health = new ArrayList<>();
      RetrieveException forbidden = fault(Reason.FORBIDDEN);
      script.list(sink -> {
        throw forbidden;
      }).list(sink -> {
        health.add(script.health());
        return "5";
      }).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "pause", "list 0", "watch 5");
      assertThat(health.get(0).lastError()).isSameAs(forbidden);
      assertThat(health.get(0).synced()).isFalse();
      assertThat(script.recorder.failures()).containsExactly(forbidden);
      assertThat(script.recorder.news()).containsExactly("failed FORBIDDEN", "synced");
    }

    @Test
    void whatAFailedListGaveIsThrownAwayAlsoWhatItCouldNotDecode() {
      script.list(5, object("a", "1", 3)).watch(sink -> {
        throw fault(Reason.GONE);
      }).list(sink -> {
        sink.accept(SourceEvent.added(object("b", "2", 6)));
        sink.accept(SourceEvent.unreadable(broken("a", "9", 7, false))); // another uid: "a" would be gone
        throw fault(Reason.CONNECTION_LOST);
      }).list(8, object("a", "1", 3)).quietWatch();
      script.run();
      assertThat(script.recorder.news()).containsExactly("initial a@3", "synced", "failed GONE", "failed CONNECTION_LOST");
    }

    @Test
    void aSourceThatReturnsNoVersionIsAFailureAndNotAnEmptyVersion() {
      script.list(sink -> null).list(5).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "pause", "list 0", "watch 5");
      assertThat(script.recorder.failures().get(0)).hasMessageContaining("no version");
    }

    @Test
    @Tag("R6")
    @DisplayName("R6: while the server fails, the list is tried again until it works")
    void listsAgainUntilItWorks() {
      for (int i = 0; i < 50; i++) {
        script.list(sink -> {
          throw fault(Reason.SERVER_ERROR);
        });
      }
      script.list(5, object("a", "1", 3)).quietWatch();
      assertThat(script.run()).hasSize(50 * 2 + 2).endsWith("list 0", "watch 5");
      assertThat(script.cache.store.size()).isOne();
    }
  }

  @Nested
  @Tag("R2")
  @DisplayName("R2: when the server ends the watch")
  class ServerEndedWatch {

    @Test
    void theNextOneGoesOnFromTheLastVersionWithoutAListOrAPause() {
      script.list(5).watch(sink -> {
        sink.accept(SourceEvent.added(object("a", "1", 6)));
        sink.accept(SourceEvent.modified(object("a", "1", 7)));
      }).quietWatch().watch(sink -> {
        sink.accept(SourceEvent.deleted(object("a", "1", 8)));
      }).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "watch 7", "watch 7", "watch 8");
      assertThat(script.recorder.news()).containsExactly("synced", "added a@6", "updated a@6 to a@7", "deleted a@8");
    }

    @Test
    void bookmarksAdvanceTheVersion() {
      script.list(5).watch(sink -> sink.accept(SourceEvent.bookmark("70"))).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "watch 70");
    }

    @Test
    void eachWatchAsksForBookmarksAndForAnEndWithinHalfAMinute() {
      script.list(5);
      for (int i = 0; i < 100; i++) {
        script.quietWatch();
      }
      script.run();
      assertThat(script.watchOptions).hasSize(100).allSatisfy(options -> {
        assertThat(options.getAllowWatchBookmarks()).isTrue();
        assertThat(options.getTimeoutSeconds()).isBetween(22L, 26L);
      });
      assertThat(script.watchOptions).extracting(options -> options.getTimeoutSeconds()).contains(22L, 26L);
    }
  }

  @Nested
  @Tag("R3")
  @DisplayName("R3: when the version is gone")
  class Gone {

    @Test
    void aListThenAsksForTheNewest() {
      script.list(sink -> {
        throw fault(Reason.GONE);
      }).list(5).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "list null", "watch 5");
    }

    @Test
    void aWatchThenListsAtTheLastVersionFirst() {
      script.list(5).watch(sink -> {
        sink.accept(SourceEvent.bookmark("9"));
        throw fault(Reason.GONE);
      }).list(12).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "list 9", "watch 12");
    }

    @Test
    void andTheNewestOnlyWhenThatListSaysGoneTooUntilOneWorks() {
      script.list(5).watch(sink -> {
        throw fault(Reason.GONE);
      }).list(sink -> {
        throw fault(Reason.GONE);
      }).list(sink -> {
        throw fault(Reason.SERVER_ERROR);
      }).list(12).watch(sink -> {
        throw fault(Reason.GONE);
      }).list(13).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "list 5", "pause", "list null", "pause",
          "list null", "watch 12", "list 12", "watch 13");
    }

    @Test
    void aVersionThatIsTooLargeForAListOrAWatchAsksForTheNewest() {
      script.list(5).watch(sink -> {
        throw fault(Reason.VERSION_TOO_LARGE);
      }).list(2).watch(sink -> {
        throw fault(Reason.GONE);
      }).list(sink -> {
        throw fault(Reason.VERSION_TOO_LARGE);
      }).list(3).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "pause", "list null", "watch 2", "list 2",
          "pause", "list null", "watch 3");
    }

    @Test
    void aVersionThatTheServerDoesNotUnderstandIsNotAskedForForEver() {
      script.list(5).watch(sink -> {
        throw fault(Reason.REJECTED);
      }).list(sink -> {
        throw fault(Reason.REJECTED);
      }).list(6).quietWatch();
      assertThat(script.run())
          .containsExactly("list 0", "watch 5", "pause", "list 5", "pause", "list null", "watch 6");
    }
  }

  @Nested
  class WhenTheSourceThrowsWhatItShouldNot {

    @Test
    void anExceptionOrErrorOfAListIsTriedAgainForEver() {
      for (int i = 0; i < 100; i++) {
        Throwable thrown = i % 2 == 0 ? new IllegalStateException("boom") : new StackOverflowError("boom");
        script.list(sink -> {
          throw sneaky(thrown);
        });
      }
      script.list(5).quietWatch();
      assertThat(script.run()).hasSize(202).endsWith("list 0", "watch 5");
      assertThat(script.recorder.failures()).hasSize(100).allSatisfy(failure -> {
        assertThat(failure.reason()).isEqualTo(Reason.UNKNOWN);
        assertThat(failure).hasRootCauseMessage("boom");
      });
    }

    @Test
    void anEventThatMakesAWatchThrowIsPassedByAListInsteadOfHidingAllThatFollow() {
      script.list(5).watch(sink -> {
        sink.accept(SourceEvent.added(object("a", "1", 6)));
        throw new IllegalStateException("cannot deal with event 7");
      }).list(8, object("a", "1", 6), object("b", "2", 8)).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "pause", "list 6", "watch 8");
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"), key("b"));
    }

    @Test
    void aNullIsAFailureLikeAnyOther() {
      script.list(sink -> {
        sink.accept(SourceEvent.added(null));
        return "4";
      }).list(5).watch(sink -> sink.accept(SourceEvent.added(null))).list(6).quietWatch();
      assertThat(script.run()).endsWith("list 5", "watch 6");
    }

    @Test
    void interruptsFromElsewhereDoNotEndItAndDoNotMakeItSpin() {
      script.list(sink -> {
        throw new InterruptedException();
      }).list(5);
      for (int i = 0; i < 100; i++) {
        script.watch(sink -> {
          throw new InterruptedException();
        });
      }
      script.watch(sink -> {
        Thread.currentThread().interrupt();
        throw fault(Reason.CONNECTION_LOST);
      }).watch(sink -> sink.accept(SourceEvent.added(object("a", "1", 6))));
      assertThat(script.run()).containsSequence("list 0", "pause", "list 0", "watch 5").endsWith("watch 5");
      assertThat(script.pauses).hasSize(101);
      assertThat(script.recorder.view()).containsOnlyKeys(key("a"));
    }
  }

  @Test
  void whatAListenerDidNotTakeIsToldAgainAfterThisWatchAtTheLatest() {
    boolean[] refused = {false};
    script.recorder.before(line -> {
      if (line.startsWith("deleted") && !refused[0]) {
        refused[0] = true;
        throw new LinkageError("for a test");
      }
    });
    script.list(5, object("a", "1", 5)).watch(sink -> sink.accept(SourceEvent.deleted(object("a", "1", 6)))).quietWatch();
    assertThat(script.run()).containsExactly("list 0", "watch 5", "watch 6");
    assertThat(script.recorder.news()).containsExactly("initial a@5", "synced", "deleted a@6");
  }

  @Nested
  class Versions {

    @Test
    void aVersionThatGoesBackLeadsToTheNewestList() {
      script.list(50).watch(sink -> sink.accept(SourceEvent.added(object("a", "1", 7))))
          .list(8, object("a", "1", 7)).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 50", "list null", "watch 8");
    }

    @Test
    void aBookmarkThatGoesBackDoesToo() {
      script.list(50).watch(sink -> sink.accept(SourceEvent.bookmark("9"))).list(8).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 50", "list null", "watch 8");
    }

    @Test
    void aReplayOfTheSameStateIsNoNews() {
      script.list(6, object("a", "1", 6)).watch(sink -> {
        sink.accept(SourceEvent.added(object("a", "1", 6)));
        sink.accept(SourceEvent.modified(object("a", "1", 6)));
      });
      script.run();
      assertThat(script.recorder.news()).containsExactly("initial a@6", "synced");
    }

    @Test
    void anUndecodableEventAdvancesItIfItsVersionCanBeRead() {
      script.list(5).watch(sink -> sink.accept(SourceEvent.unreadable(broken("a", "1", 7, false))))
          .watch(sink -> sink.accept(SourceEvent.unreadable(broken("a", "1", null, false)))).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "watch 7", "watch 7");
    }

    @Test
    void anEventWhoseApplicationFailedComesAgain() {
      int[] tries = {0};
      Script failing = new Script(object -> {
        if (tries[0]++ == 0) {
          throw new OutOfMemoryError("for a test");
        }
        return object;
      });
      failing.list(5).watch(sink -> sink.accept(SourceEvent.added(object("a", "1", 6))))
          .list(7, object("a", "1", 6)).quietWatch();
      assertThat(failing.run()).containsExactly("list 0", "watch 5", "pause", "list 5", "watch 7");
      assertThat(failing.recorder.view()).containsOnlyKeys(key("a"));
      assertThat(failing.health().undecodable()).isEmpty();
    }
  }

  @Nested
  class WhatRemainsOpenIsListedAfterThisWatch {

    @Test
    void aDeleteOfAnotherObjectThanTheOneHere() {
      script.list(5, object("a", "1", 5)).watch(sink -> sink.accept(SourceEvent.deleted(object("a", "2", 7))))
          .list(8).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "list 7", "watch 8");
      assertThat(script.recorder.view()).isEmpty();
    }

    @Test
    void anUndecodableDeleteWithoutANameOrAUid() {
      script.list(5, object("a", "1", 5)).watch(sink -> sink.accept(SourceEvent.unreadable(broken(null, null, 6, true))))
          .list(6, object("a", "1", 5)).watch(sink -> sink.accept(SourceEvent.unreadable(broken("a", null, 7, true))))
          .list(8).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "list 6", "watch 6", "list 7", "watch 8");
      assertThat(script.recorder.view()).isEmpty();
    }

    @Test
    void anObjectThatIsMissingInAListWithANamelessItemUntilAListIsClear() {
      script.list(5, object("a", "1", 5)).watch(sink -> {
        throw fault(Reason.GONE);
      }).list(sink -> {
        sink.accept(SourceEvent.unreadable(broken(null, null, null, false)));
        return "6";
      }).quietWatch().list(7).quietWatch();
      assertThat(script.run()).containsExactly("list 0", "watch 5", "list 5", "watch 6", "list 6", "watch 7");
      assertThat(script.recorder.news()).endsWith("failed GONE", "undecodable ?", "deleted a@5");
    }
  }

  @Nested
  class Health {

    private final List<InformerHealth> seen = new ArrayList<>();

    private void look() {
      seen.add(script.health());
    }

    @Test
    void saysTruthfullyWhetherAndSinceWhenItIsWatching() {
      look(); // 0: before the start
      script.list(sink -> {
        look(); // 1
        script.pass(Duration.ofSeconds(3));
        return "5";
      }).watch(sink -> {
        look(); // 2: not yet accepted
        script.pass(Duration.ofSeconds(1));
        sink.accept(SourceEvent.opened());
        look(); // 3
        script.pass(Duration.ofSeconds(20));
      }).watch(sink -> {
        look(); // 4: the server's choice counts as watching
        sink.accept(SourceEvent.opened());
        look(); // 5
        script.pass(Duration.ofSeconds(6));
        throw fault(Reason.GONE);
      }).list(sink -> {
        look(); // 6
        return "6";
      }).watch(sink -> {
        look(); // 7: the error stands until a watch is accepted
        sink.accept(SourceEvent.opened());
        look(); // 8
        sink.accept(SourceEvent.unreadable(broken(null, null, 7, true))); // so that a list follows an accepted watch
      }).list(sink -> {
        look(); // 9
        return "8";
      });
      script.run();
      look(); // 10: stopped

      assertThat(seen).extracting(InformerHealth::watching)
          .containsExactly(false, false, false, true, true, true, false, false, true, false, false);
      assertThat(seen).extracting(InformerHealth::synced)
          .containsExactly(false, false, true, true, true, true, true, true, true, true, true);
      assertThat(seen).extracting(health -> health.lastError() == null ? null : health.lastError().reason())
          .containsExactly(null, null, null, null, null, null, Reason.GONE, Reason.GONE, null, null, null);
      assertThat(seen.get(2).since()).isEqualTo(Instant.EPOCH);
      assertThat(seen.get(5).since()).isEqualTo(Instant.EPOCH.plusSeconds(4));
      assertThat(seen.get(7).since()).isEqualTo(Instant.EPOCH.plusSeconds(30));
    }

    @Test
    void saysWhenTheLastEventBookmarkOrListCame() {
      look();
      script.list(sink -> {
        script.pass(Duration.ofSeconds(3));
        return "5";
      }).watch(sink -> {
        sink.accept(SourceEvent.opened());
        look();
        script.pass(Duration.ofSeconds(1));
        sink.accept(SourceEvent.bookmark("6"));
        script.pass(Duration.ofSeconds(10));
        look();
        sink.accept(SourceEvent.unreadable(broken("b", "2", 7, false)));
        look();
      });
      script.run();
      assertThat(seen).extracting(InformerHealth::lastEvent).containsExactly(null,
          Instant.EPOCH.plusSeconds(3), Instant.EPOCH.plusSeconds(4), Instant.EPOCH.plusSeconds(14));
    }

    @Test
    void countsObjectsAndNamesTheUndecodable() {
      script.list(sink -> {
        sink.accept(SourceEvent.added(object("a", "1", 2)));
        sink.accept(SourceEvent.unreadable(broken("b", "2", 3, false)));
        return "5";
      }).watch(sink -> {
        look();
        sink.accept(SourceEvent.modified(object("b", "2", 6)));
        look();
      });
      script.run();
      assertThat(seen).extracting(InformerHealth::objects).containsExactly(1, 2);
      assertThat(seen.get(0).undecodable()).containsExactly(key("b"));
      assertThat(seen.get(1).undecodable()).isEmpty();
    }
  }

  private static RuntimeException sneaky(Throwable t) {
    if (t instanceof Error e) {
      throw e;
    }
    return (RuntimeException) t;
  }
}
