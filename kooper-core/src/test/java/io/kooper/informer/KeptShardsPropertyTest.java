package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.kooper.informer.World.Item;
import io.kooper.informer.World.Legible;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.SourceEvent;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Random histories as in {@link ReflectorPropertyTest}, of an informer whose two users gain and lose shards meanwhile: before,
 * within and after lists, watches and events, and while an event is told.
 *
 * <p>Invariants, for every seed:
 * <ol>
 * <li>At rest the store has exactly the objects of the shards that are held by some user, in their newest state.
 * <li>At rest each user was told the newest state of each object of the shards that it holds.
 * <li>A delete is told only of what is gone, never of an object whose shard moved.
 * <li>What a user is told of a shard that it has gained is no older than what there was when it was gained.
 * <li>An object whose owner changes is dropped, or added, with its owner's shard.
 * </ol>
 */
class KeptShardsPropertyTest {

  private static final int SEEDS = Integer.getInteger("kooper.test.seeds", 500);
  private static final int SHARDS = 3;

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
  @DisplayName("Invariants 1 and 8: whatever shards come and go, the store has their objects and no others, and their users know")
  void keepsTheObjectsOfItsShardsAlone() {
    runAll(false);
  }

  @Test
  @DisplayName("Invariant 9: as above, by the owners of the objects, which change")
  void keepsTheObjectsOfItsShardsOwnersAlone() {
    runAll(true);
  }

  private static void runAll(boolean byOwner) {
    int gained = 0;
    int refused = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        Run run = new Run(seed, byOwner);
        run.go();
        gained += run.gained;
        refused += run.refused;
      } catch (Throwable t) {
        throw new AssertionError("seed " + seed + ": " + t.getMessage(), t);
      }
    }
    assertThat(gained).isGreaterThan(SEEDS);
    assertThat(refused).as("shards that came back while the store still had their objects").isPositive();
  }

  private static int shard(ObjectKey key) {
    return (key.name().charAt(1) - '0') % SHARDS;
  }

  /** An object belongs to another owner with each state. */
  private static List<ObjectKey> owners(ObjectMeta child) {
    return List.of(new ObjectKey("default", "o" + Long.parseLong(child.getResourceVersion()) % SHARDS));
  }

  private static final class Run implements ListerWatcher<ConfigMap> {

    private final Random random;
    private final boolean byOwner;
    private final World world;
    private final Cache<ConfigMap> cache;
    private final Reflector<ConfigMap> reflector;
    private final List<User> users = new ArrayList<>();
    private final List<String> misfits = new ArrayList<>();
    private int gained;
    private int refused;

    Run(long seed, boolean byOwner) {
      this.random = new Random(seed);
      this.byOwner = byOwner;
      this.world = new World(random, this::end);
      this.cache = new Cache<>("test", null, List.of(), false, world,
          new ShardKeys(SHARDS, KeptShardsPropertyTest::shard, byOwner ? KeptShardsPropertyTest::owners : null));
      this.reflector = new Reflector<>("test", ObjectStore.ALL, this, cache, world, Informer.oneASecond(world));
      for (int i = 0; i < 2; i++) {
        User user = new User();
        users.add(user);
        cache.addListener(user);
      }
    }

    void go() {
      reflector.run();
      check();
    }

    private void end() {
      reflector.stop();
    }

    /** What another thread may do at any time. */
    private void mayMove() {
      while (!world.calm() && random.nextInt(4) == 0) {
        User user = users.get(random.nextInt(users.size()));
        int shard = random.nextInt(SHARDS);
        if (user.held.contains(shard)) {
          user.lose(shard);
        } else {
          user.gain(shard);
        }
      }
    }

    @Override
    public String list(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink)
        throws RetrieveException, InterruptedException {
      mayMove();
      String version = world.list(options, event -> {
        mayMove();
        sink.accept(event);
      });
      mayMove();
      return version;
    }

    @Override
    public void watch(ListOptions options, Consumer<SourceEvent<ConfigMap>> sink) throws RetrieveException, InterruptedException {
      mayMove();
      world.watch(options, event -> {
        mayMove();
        if (!Thread.currentThread().isInterrupted() || random.nextBoolean()) { // it may come with the interrupt
          sink.accept(event);
        } else {
          throw new Interrupted();
        }
      });
      mayMove();
    }

    private void check() {
      assertThat(misfits).isEmpty();
      Set<Integer> held = users.stream().flatMap(user -> user.held.stream()).collect(Collectors.toSet());
      assertThat(cache.store.list()).hasSizeLessThanOrEqualTo(world.items.size()); // and what cannot be read is found out
      Map<ObjectKey, String> store = new HashMap<>();
      cache.store.keys().forEach(key -> store.put(key, cache.store.state(key).resourceVersion()));
      Set<ObjectKey> illegible = new HashSet<>();
      Map<ObjectKey, String> expected = new HashMap<>();
      for (Item item : world.items.values()) {
        ObjectKey key = ObjectKey.of(item.object());
        if (item.legible() != Legible.ALL) {
          illegible.add(key);
        } else if (held.contains(byOwner ? shard(owners(item.object().getMetadata()).get(0)) : shard(key))) {
          expected.put(key, item.object().getMetadata().getResourceVersion());
        }
      }
      if (!byOwner) {
        assertThat(store.keySet()).as("nothing is foreign").allMatch(key -> held.contains(shard(key)));
        assertThat(illegible).as("undecodable").containsAll(cache.undecodable());
      }
      store.keySet().removeAll(illegible);
      assertThat(store).as("the store").isEqualTo(expected);
      assertThat(cache.lacking()).isEmpty();
      for (User user : users) {
        user.told.keySet().removeAll(illegible);
        expected.keySet().stream().filter(user::isFor).forEach(key ->
            assertThat(user.told.get(key)).as("what was told of %s", key).isNotNull().extracting(State::resourceVersion)
                .isEqualTo(expected.get(key)));
        assertThat(expected.keySet()).containsAll(user.told.keySet());
      }
    }

    /** As a controller's ledger, or with owners as a relation, which hears of all that is in the store. */
    private final class User implements KeyListener<ConfigMap> {

      private final Set<Integer> held = new HashSet<>();
      private final Map<ObjectKey, State<ConfigMap>> told = new HashMap<>();
      private final Map<ObjectKey, Long> atLeast = new HashMap<>();

      private boolean isFor(ObjectKey key) {
        return byOwner || held.contains(shard(key));
      }

      void gain(int shard) {
        if (!cache.keep(shard, this)) {
          refused++;
          return;
        }
        gained++;
        held.add(shard);
        boolean alone = users.stream().noneMatch(one -> one != this && one.held.contains(shard));
        world.items.values().stream().filter(item -> item.legible() == Legible.ALL).map(Item::object)
            .filter(object -> alone && !byOwner && shard(ObjectKey.of(object)) == shard)
            .forEach(object -> atLeast.put(ObjectKey.of(object), Long.parseLong(object.getMetadata().getResourceVersion())));
        reflector.gained();
        for (ObjectKey key : byOwner ? List.<ObjectKey>of() : cache.store.keys()) {
          if (shard(key) == shard) {
            if (alone) {
              misfits.add(key + " was in the store before its shard was listed");
            }
            changed(key, null, Origin.LIST);
          }
        }
      }

      void lose(int shard) {
        held.remove(shard);
        if (!byOwner) {
          told.keySet().removeIf(key -> shard(key) == shard);
          atLeast.keySet().removeIf(key -> shard(key) == shard);
        }
        cache.drop(shard, this);
      }

      @Override
      public void changed(ObjectKey key, State<ConfigMap> gone, Origin origin) {
        mayMove();
        if (!isFor(key)) {
          return;
        }
        State<ConfigMap> now = cache.store.state(key);
        State<ConfigMap> before = told.get(key);
        if (now != null) {
          Long least = atLeast.remove(key);
          if (least != null && Long.parseLong(now.resourceVersion()) < least) {
            misfits.add(key + " was told in a state older than when its shard was gained");
          }
          told.put(key, now);
        } else if (before != null) {
          told.remove(key);
          if (!byOwner && !world.goneUids.contains(before.uid())) {
            misfits.add(key + " was told as deleted, and is there");
          }
        }
      }

      @Override
      public void dropped(ObjectKey key) {
        if (byOwner) {
          told.remove(key);
        } else if (told.containsKey(key)) {
          misfits.add(key + " was dropped, and its user still needs it");
        }
      }

      @Override
      public void missed(Origin origin) {
        Set<ObjectKey> keys = new HashSet<>(told.keySet());
        keys.addAll(cache.store.keys());
        keys.forEach(key -> changed(key, null, origin));
      }
    }
  }

  /** Thrown through a consumer. */
  private static final class Interrupted extends RuntimeException {

    private static final long serialVersionUID = 1L;
  }
}
