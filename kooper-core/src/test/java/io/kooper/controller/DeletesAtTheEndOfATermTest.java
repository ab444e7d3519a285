package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.fake.ManualTerm;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The promise of docs/leader-election.md to who campaigns again: a term tells the deletes of what was given to add in it, and
 * no others. Somebody else may have led meanwhile, and have told them.
 */
@Timeout(60)
@Tag("K6")
class DeletesAtTheEndOfATermTest {

  private final Rig rig = new Rig();
  private final ManualRunner election = new ManualRunner();

  @AfterEach
  void stop() {
    rig.close();
  }

  private ManualTerm lead() {
    rig.put("gone", "1").put("stays", "1").start(builder -> builder.election(election).campaignAgain());
    ManualTerm term = election.lead();
    rig.awaitCalls(2);
    return term;
  }

  /** The next term begins when the first calls of it show that the last one is forgotten. */
  private void assertForgotten(int callsBefore) {
    election.lead();
    rig.settle();
    assertThat(rig.told().subList(callsBefore, rig.told().size())).containsExactly("add stays=1");
  }

  @Test
  @DisplayName("K6: a delete whose call was cancelled by the end of the term is not told in the next")
  void aCancelledDeleteIsForgotten() throws Exception {
    CountDownLatch deleting = new CountDownLatch(1);
    rig.behave((call, context) -> {
      if (!call.isAdd()) {
        deleting.countDown();
        new CountDownLatch(1).await();
      }
    });
    ManualTerm term = lead();
    rig.source.delete("gone");
    deleting.await();

    term.end();
    Rig.await(() -> election.waiting);

    assertForgotten(3);
  }

  @Test
  @DisplayName("K6: a delete that waited behind another call at the end of the term is not told in the next")
  void aWaitingDeleteIsForgotten() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    rig.behave((call, context) -> {
      if (call.value().equals("2")) {
        working.countDown();
        new CountDownLatch(1).await();
      }
    });
    ManualTerm term = lead();
    rig.put("other", "2");
    working.await();
    rig.source.delete("gone");
    rig.put("stays", "3").awaitHeard("stays=3");

    term.end();
    Rig.await(() -> election.waiting);
    rig.behave((call, context) -> {});
    election.lead();
    rig.settle();

    assertThat(rig.told().subList(3, rig.told().size())).containsExactlyInAnyOrder("add other=2", "add stays=3");
  }

  @Test
  @DisplayName("K6: what is deleted in the next term, and was given to add in it, is told")
  void deletesOfTheNextTermAreTold() {
    ManualTerm term = lead();
    term.end();
    Rig.await(() -> election.waiting);
    election.lead();
    rig.awaitCalls(4);

    rig.source.delete("gone");

    assertThat(rig.awaitCalls(5).told()).endsWith("delete gone=1");
  }
}
