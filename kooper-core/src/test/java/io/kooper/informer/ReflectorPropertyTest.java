package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.informer.World.Item;
import io.kooper.informer.World.Legible;
import io.kooper.informer.World.Step;
import io.kooper.retrieve.ObjectKey;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories of a cluster that changes, fails, forgets and says what nobody can decode, seen through a reflector.
 *
 * <p>Invariants, for every seed:
 * <ol>
 * <li>At rest the store has exactly the cluster's objects in their newest state, except for undecodable ones: those are as
 *     they were last known, or missing, and the health names exactly these.
 * <li>What each listener was told, replayed, is the store; it is told nothing that does not fit what it was told before.
 * <li>That holds also for one that throws at random, and for one that comes late.
 * <li>A delete is told only of what was really gone at that moment.
 * <li>For no key does a listener's time go back.
 * </ol>
 */
class ReflectorPropertyTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 2_000);

  private final PrintStream stderr = System.err;

  @BeforeEach
  void dropTheLog() { // a hundred warnings for each seed
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }

  @AfterEach
  void keepTheLog() {
    System.setErr(stderr);
  }

  @Test
  @Tag("R2")
  @Tag("R3")
  @Tag("R10")
  @Tag("R11")
  @Tag("R13")
  @DisplayName("R2, R3, R10, R11, R13: whatever happens to a cluster and to its watch, the store and the listeners follow")
  void followsAnyHistory() {
    Map<Step, Integer> counts = new EnumMap<>(Step.class);
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        new Run(seed).go().counts.forEach((step, n) -> counts.merge(step, n, Integer::sum));
      } catch (Throwable t) {
        throw new AssertionError("seed " + seed + ": " + t.getMessage(), t);
      }
    }
    assertThat(counts).as("the histories have everything in them").containsOnlyKeys(Step.values());
  }

  private static final class Run {

    private final Random random;
    private final World world;
    private final Cache<ConfigMap> cache;
    private final Reflector<ConfigMap> reflector;
    private final Recorder faithful = new Honest();
    private final Recorder late = new Honest();
    private final Recorder leaver = new Honest();
    private final Recorder throwing;
    private boolean throwingStill = true;
    private int leaverHeard = -1;

    Run(long seed) {
      random = new Random(seed);
      world = new World(random, this::end);
      cache = new Cache<>("test", null, List.of(), false, world, null);
      reflector = new Reflector<>("test", ObjectStore.ALL, world, cache, world, Informer.oneASecond(world));
      throwing = new Recorder().before(line -> mayThrow()).after(line -> mayThrow());
    }

    World go() {
      int joins = random.nextInt(30);
      int leaves = joins + random.nextInt(30);
      int[] n = {0};
      cache.addListener(throwing);
      cache.addListener(faithful.after(line -> {
        int now = n[0]++;
        if (now == joins) {
          cache.addListener(late);
          cache.addListener(leaver);
        } else if (now == leaves) {
          cache.removeListener(leaver);
          leaverHeard = leaver.news().size();
        }
      }));
      reflector.run();
      check(n[0] > joins);
      return world;
    }

    private void mayThrow() {
      if (throwingStill && random.nextInt(5) == 0) {
        if (random.nextBoolean()) {
          throw new IllegalStateException("random");
        }
        throw new StackOverflowError("random");
      }
    }

    private void end() {
      if (throwingStill) {
        throwingStill = false; // one round more, in which it takes what it is owed
      } else {
        reflector.stop();
      }
    }

    private void check(boolean joined) {
      Map<ObjectKey, String> store = new HashMap<>();
      cache.store.list().forEach(object -> store.put(ObjectKey.of(object), text(object)));
      Map<ObjectKey, String> expected = new HashMap<>();
      Set<ObjectKey> illegible = new HashSet<>();
      for (Item item : world.items.values()) {
        ObjectKey key = ObjectKey.of(item.object());
        if (item.legible() == Legible.ALL) {
          expected.put(key, text(item.object()));
        } else {
          illegible.add(key);
        }
      }
      Map<ObjectKey, String> decodable = new HashMap<>(store);
      decodable.keySet().removeAll(illegible);
      assertThat(decodable).as("the store").isEqualTo(expected);
      assertThat(cache.undecodable()).as("undecodable").isEqualTo(illegible);
      assertThat(cache.synced()).isTrue();

      assertThat(replayed(faithful)).as("what was told").isEqualTo(store);
      assertThat(faithful.misfits()).isEmpty();
      assertThat(replayed(throwing)).as("what was told to one that throws").isEqualTo(store);
      if (joined) {
        assertThat(replayed(late)).as("what was told to one that came late").isEqualTo(store);
        assertThat(late.misfits()).isEmpty();
        assertThat(leaver.misfits()).isEmpty();
      }
      if (leaverHeard >= 0) {
        assertThat(leaver.news()).as("what was told to one that left").hasSize(leaverHeard);
      }
    }

    private static Map<ObjectKey, String> replayed(Recorder recorder) {
      Map<ObjectKey, String> texts = new HashMap<>();
      recorder.view().forEach((key, object) -> texts.put(key, text(object)));
      return texts;
    }

    private static String text(ConfigMap object) {
      return Recorder.text(object) + " of " + object.getMetadata().getUid();
    }

    /** Does not believe that something is deleted which is not. */
    private final class Honest extends Recorder {

      @Override
      public void deleted(ConfigMap lastState) {
        assertThatGone(lastState);
        super.deleted(lastState);
      }

      private void assertThatGone(ConfigMap lastState) {
        if (!world.goneUids.contains(lastState.getMetadata().getUid())) {
          misfit("deleted what is not gone: " + text(lastState));
        }
      }
    }
  }
}
