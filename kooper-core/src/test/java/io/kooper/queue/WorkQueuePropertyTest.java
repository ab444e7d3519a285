package io.kooper.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.kooper.clock.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random scripts. Whatever the script:
 *
 * <ol>
 *   <li>exclusive: no key is handed out between its get and its done;
 *   <li>nothing is missed: after the last accepted add of a key comes a delivery, unless a shutdown dropped and counted it;
 *   <li>collapsed: never more deliveries of a key than adds, and one slot a key: every figure agrees with a map of the keys;
 *   <li>never early: a delayed key is not handed out before the earliest time asked for since it was last taken;
 *   <li>in turn: of any eight takes each lane that had a key all the while got one, and six went to changes if there were;
 *   <li>lane and wait are told as they were: the highest asked for, and the time since it could have been taken;
 *   <li>after a shutdown nothing is accepted, and what was ready or added again is delivered; a drain leaves nothing;
 *   <li>added = taken + dropped, once all is over.
 * </ol>
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkQueuePropertyTest {

  private static final int SCRIPTS = 4000;

  @Test
  @DisplayName("random scripts of one thread agree with a map of keys, step by step")
  void agreesWithTheModel() throws InterruptedException {
    for (long seed = 0; seed < SCRIPTS; seed++) {
      try {
        new Script(seed).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /** What is asked for of a key: all that the contract says of it. */
  private record Wanted(Lane lane, long time) {
    Wanted and(Lane otherLane, long otherTime) {
      return new Wanted(otherLane.compareTo(lane) < 0 ? otherLane : lane, Math.min(time, otherTime));
    }
  }

  private static final class Script implements QueueListener<Integer> {
    private final Random random;
    private final ManualClock clock = new ManualClock();
    private final WorkQueue<Integer> queue;
    private final Map<Integer, Wanted> wanted = new HashMap<>();
    private final Map<Integer, Long> processing = new HashMap<>();
    private final int[] passedOver = new int[Lane.values().length]; // takes since a lane, never empty, got one
    private final List<Boolean> lastTurns = new ArrayList<>(); // a change? of the takes while there always were changes
    private final int keys;
    private boolean shutDown;
    private long added;
    private long taken;
    private long dropped;
    private long toldAdded;
    private long toldTaken;
    private long toldDropped;
    private long toldFinished;

    Script(long seed) {
      random = new Random(seed);
      keys = 1 + random.nextInt(12);
      queue = WorkQueue.<Integer>builder().clock(clock).listener(this).build();
    }

    void run() throws InterruptedException {
      int steps = 20 + random.nextInt(150);
      for (int step = 0; step < steps; step++) {
        step();
        check();
      }
      shutDown(random.nextInt(4));
      check();
      while (!wanted.isEmpty() || !processing.isEmpty()) {
        if (ready(null) > 0) {
          take();
        } else {
          done(processing.keySet().iterator().next());
        }
        check();
      }
      assertThat(queue.get()).isNull();
      assertThat(queue.awaitDrained(Duration.ZERO)).isTrue();
      assertThat(toldAdded).isEqualTo(added).isEqualTo(taken + dropped);
      assertThat(toldTaken).isEqualTo(taken).isEqualTo(toldFinished);
      assertThat(toldDropped).isEqualTo(dropped).isEqualTo(queue.dropped());
    }

    private void step() throws InterruptedException {
      int key = random.nextInt(keys);
      Lane lane = Lane.values()[random.nextInt(3)];
      switch (random.nextInt(100) < 1 ? 9 : random.nextInt(9)) {
        case 0, 1 -> request(key, lane, 0, queue.add(key, lane));
        case 2 -> {
          long delay = random.nextInt(12) - 1;
          request(key, lane, Math.max(0, delay), queue.addAfter(key, Duration.ofNanos(delay), lane));
        }
        case 3 -> {
          long delay = random.nextBoolean() ? 2 : 9;
          request(key, Lane.RETRY, delay, queue.addAfter(key, Duration.ofNanos(delay), Lane.RETRY));
        }
        case 4, 5, 6 -> {
          if (ready(null) > 0) {
            take();
          }
        }
        case 7 -> {
          if (processing.containsKey(key)) {
            done(key);
          }
        }
        case 8 -> clock.advance(Duration.ofNanos(random.nextInt(6)));
        default -> shutDown(random.nextInt(3));
      }
    }

    private void request(int key, Lane lane, long delay, boolean accepted) {
      assertThat(accepted).isEqualTo(!shutDown);
      if (accepted) {
        long time = clock.nanoTime() + delay;
        added += wanted.containsKey(key) ? 0 : 1;
        wanted.merge(key, new Wanted(lane, time), (before, now) -> before.and(now.lane, now.time));
      }
    }

    private Lane toldLane = Lane.CHANGE;
    private long toldWait;

    private void take() throws InterruptedException {
      boolean[] had = new boolean[3];
      for (Lane lane : Lane.values()) {
        had[lane.ordinal()] = ready(lane) > 0;
      }
      Integer key = queue.get();
      taken++;
      assertThat(processing).as("exclusive").doesNotContainKey(key);
      Wanted was = wanted.remove(key);
      assertThat(was).as("delivered without an add").isNotNull();
      assertThat(was.time).as("not early").isLessThanOrEqualTo(clock.nanoTime());
      assertThat(toldLane).isEqualTo(was.lane);
      assertThat(toldWait).isEqualTo(clock.nanoTime() - was.time);
      processing.put(key, clock.nanoTime());
      for (Lane lane : Lane.values()) {
        int i = lane.ordinal();
        passedOver[i] = had[i] && lane != was.lane ? passedOver[i] + 1 : 0;
        assertThat(passedOver[i]).as("takes that passed %s over", lane).isLessThan(8);
      }
      if (!had[0]) {
        lastTurns.clear();
      } else {
        lastTurns.add(was.lane == Lane.CHANGE);
        List<Boolean> eight = lastTurns.subList(Math.max(0, lastTurns.size() - 8), lastTurns.size());
        assertThat(eight.stream().filter(change -> !change).count()).isLessThanOrEqualTo(2);
      }
    }

    private void done(int key) {
      queue.done(key);
      processing.remove(key);
    }

    private void shutDown(int how) {
      shutDown = true;
      Set<Lane> lanes = how == 0 ? Set.of() : how == 1 ? Set.of(Lane.RESYNC) : Set.of(Lane.values());
      int before = wanted.size();
      wanted.values().removeIf(was -> was.time > clock.nanoTime() || lanes.contains(was.lane));
      dropped += before - wanted.size();
      if (how == 0) {
        queue.shutDown();
      } else if (how == 1) {
        queue.shutDown(lanes);
      } else {
        queue.shutDownNow();
      }
    }

    /** How many the model has ready, in a lane or in all. */
    private int ready(@Nullable Lane lane) {
      return (int) wanted.entrySet().stream()
          .filter(entry -> !processing.containsKey(entry.getKey()))
          .filter(entry -> entry.getValue().time <= clock.nanoTime())
          .filter(entry -> lane == null || entry.getValue().lane == lane)
          .count();
    }

    private void check() {
      long now = clock.nanoTime();
      for (Lane lane : Lane.values()) {
        assertThat(queue.length(lane)).isEqualTo(ready(lane));
      }
      assertThat(queue.length()).isEqualTo(ready(null));
      Set<Integer> idle = new HashSet<>(wanted.keySet());
      idle.removeAll(processing.keySet());
      assertThat(queue.delayed()).isEqualTo(idle.size() - ready(null));
      assertThat(queue.processing()).isEqualTo(processing.keySet());
      assertThat(queue.inFlight()).isEqualTo(processing.size());
      assertThat(queue.dropped()).isEqualTo(dropped);
      assertThat(queue.oldestWaiting().toNanos())
          .isEqualTo(idle.stream().mapToLong(key -> Math.max(0, now - wanted.get(key).time)).max().orElse(0));
    }

    @Override
    public void added(Integer key, Lane lane) {
      toldAdded++;
    }

    @Override
    public void taken(Integer key, Lane lane, long waited) {
      toldTaken++;
      toldLane = lane;
      toldWait = waited;
    }

    @Override
    public void finished(Integer key, long worked) {
      toldFinished++;
      assertThat(worked).isEqualTo(clock.nanoTime() - processing.get(key));
    }

    @Override
    public void dropped(Integer key, Lane lane) {
      toldDropped++;
    }
  }

  @Test
  @DisplayName("W1 fifty producers, ten workers and interrupts: each key's last add is delivered, none by two at once")
  void survivesThreads() throws InterruptedException {
    for (long seed = 0; seed < 150; seed++) {
      try {
        new Crowd(seed, 4, 3, 60).run();
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    new Crowd(-1, 50, 10, 200).run();
  }

  private static final class Crowd {
    private static final int KEYS = 7;

    private final long seed;
    private final int producers;
    private final int consumers;
    private final int adds;
    private final WorkQueue<Integer> queue;
    private final AtomicIntegerArray workers = new AtomicIntegerArray(KEYS); // on a key, now
    private final AtomicLong[] versions = new AtomicLong[KEYS]; // the state of the world: moved before each add
    private final AtomicLong[] seen = new AtomicLong[KEYS]; // the latest state that a delivery saw
    private final AtomicLong[] promised = new AtomicLong[KEYS]; // the latest state whose add was accepted
    private final AtomicInteger added = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final AtomicInteger finished = new AtomicInteger();
    private final Set<Integer> droppedKeys = ConcurrentHashMap.newKeySet();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);

    Crowd(long seed, int producers, int consumers, int adds) {
      this.seed = seed;
      this.producers = producers;
      this.consumers = consumers;
      this.adds = adds;
      for (AtomicLong[] all : List.of(versions, seen, promised)) {
        Arrays.setAll(all, i -> new AtomicLong());
      }
      queue = WorkQueue.<Integer>builder()
          .listener(new QueueListener<>() {
            @Override
            public void added(Integer key, Lane lane) {
              added.incrementAndGet();
            }

            @Override
            public void taken(Integer key, Lane lane, long waited) {
              taken.incrementAndGet();
              if (waited < 0) {
                failures.add(new AssertionError("early by " + -waited + " ns"));
              }
            }

            @Override
            public void finished(Integer key, long worked) {
              finished.incrementAndGet();
            }

            @Override
            public void dropped(Integer key, Lane lane) {
              dropped.incrementAndGet();
              droppedKeys.add(key);
            }
          })
          .build();
    }

    void run() throws InterruptedException {
      List<Thread> producing = start(producers, this::produce);
      List<Thread> consuming = start(consumers, this::consume);
      Thread interrupter = start(1, random -> interrupt(consuming, random)).get(0);
      boolean inTheMiddle = seed % 2 != 0;
      if (inTheMiddle) {
        while (taken.get() < adds / 2 && producing.stream().anyMatch(Thread::isAlive)) {
          Thread.onSpinWait();
        }
        queue.shutDown();
      }
      join(producing);
      if (!inTheMiddle) {
        awaitNoDelayed();
        queue.shutDown();
      }
      boolean drained = queue.awaitDrained(Duration.ofSeconds(20));
      over.countDown();
      interrupter.join();
      join(consuming);
      if (!failures.isEmpty()) {
        throw new AssertionError("of " + failures.size(), failures.get(0));
      }
      assertThat(drained).as("%s", queue).isTrue();
      assertThat(added.get()).isEqualTo(taken.get() + dropped.get());
      assertThat(taken.get()).isEqualTo(finished.get());
      assertThat(queue.length()).isZero();
      for (int key = 0; key < KEYS; key++) {
        if (!droppedKeys.contains(key)) {
          assertThat(seen[key].get()).as("the last accepted add of %s", key).isGreaterThanOrEqualTo(promised[key].get());
        }
      }
    }

    private void awaitNoDelayed() {
      long start = System.nanoTime();
      while (queue.delayed() > 0) {
        assertThat(System.nanoTime() - start).as("%s", queue).isLessThan(20_000_000_000L);
        Thread.onSpinWait();
      }
    }

    private void produce(Random random) {
      for (int i = 0; i < adds; i++) {
        int key = random.nextInt(KEYS);
        long version = versions[key].incrementAndGet();
        boolean accepted = switch (random.nextInt(4)) {
          case 0 -> queue.addAfter(key, Duration.ofNanos(random.nextInt(100_000)), Lane.RETRY);
          case 1 -> queue.add(key, Lane.RESYNC);
          default -> queue.add(key);
        };
        if (accepted) {
          promised[key].accumulateAndGet(version, Math::max);
        }
        if (random.nextInt(8) == 0) {
          Thread.yield();
        }
      }
    }

    private void consume(Random random) {
      while (true) {
        Integer key;
        try {
          key = queue.get();
        } catch (InterruptedException e) {
          continue;
        }
        if (key == null) {
          return;
        }
        if (workers.incrementAndGet(key) != 1) {
          fail("two workers on " + key);
        }
        seen[key].accumulateAndGet(versions[key].get(), Math::max);
        if (random.nextInt(10) == 0) {
          queue.addAfter(key, Duration.ofNanos(random.nextBoolean() ? 20_000 : 200_000), Lane.RETRY);
        }
        workers.decrementAndGet(key);
        queue.done(key);
      }
    }

    private void interrupt(List<Thread> victims, Random random) {
      while (over.getCount() > 0) {
        victims.get(random.nextInt(victims.size())).interrupt();
        for (int i = random.nextInt(2000); i > 0; i--) {
          Thread.onSpinWait();
        }
      }
    }

    private List<Thread> start(int count, Consumer<Random> body) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Random random = new Random(seed * 1000 + i);
        Thread thread = new Thread(() -> {
          try {
            body.accept(random);
          } catch (Throwable t) {
            failures.add(t);
          }
        });
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
      }
      return threads;
    }

    private static void join(List<Thread> threads) throws InterruptedException {
      for (Thread thread : threads) {
        thread.join(20_000);
        assertThat(thread.isAlive()).as("%s hangs", thread).isFalse();
      }
    }
  }
}
