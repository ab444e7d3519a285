package io.kooper.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.kooper.clock.ManualClock;
import io.kooper.fake.FakeSource;
import io.kooper.handler.Handler;
import io.kooper.handler.HandlerContext;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException.Reason;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random changes of objects, of children that map to them and of what they reference, with filters, pauses, own writes, failures
 * and faults. Whatever happens, once it is quiet:
 *
 * <ol>
 *   <li>the last successful call of every object saw its newest state, but for what its own call has written and what does not
 *       matter to it;
 *   <li>that call saw the newest states of all its related objects;
 *   <li>one key was never in two handlers at once.
 * </ol>
 *
 * <p>An object's value is {@code REFERENCES|STATUS}, and ends with {@code !} while it is paused; a child's is
 * {@code PARENTS|NOISE}.
 */
class RelatedPropertyTest {

  private static final int SEEDS = Integer.getInteger("kooper.seeds", 400);

  @Test
  @Timeout(300)
  @DisplayName("Invariant 9 holds under random changes, filters, own writes and faults")
  void everyCallSawTheNewest() {
    Long only = Long.getLong("kooper.seed");
    for (int i = 0; i < SEEDS; i++) {
      long seed = only == null ? i : only;
      try {
        new Script(seed).play();
      } catch (Throwable t) {
        throw new AssertionError("seed " + seed + " (repeat with -Dkooper.seed=" + seed + "): " + t.getMessage(), t);
      }
    }
  }

  private record Seen(String value, Set<String> children, Set<String> secrets) {}

  private static final class Script {

    private static final int NAMES = 4;

    private final Random random;
    private final long seed;
    private final FakeSource objects = new FakeSource();
    private final FakeSource children = new FakeSource();
    private final FakeSource secrets = new FakeSource();
    private final ManualClock clock = new ManualClock();
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();
    private final Map<String, String> own = new ConcurrentHashMap<>();
    private final Set<String> inside = ConcurrentHashMap.newKeySet();
    private final AtomicReference<String> violation = new AtomicReference<>();
    private final boolean projecting;
    private final boolean pausing;
    private final boolean writing;
    private volatile double failing;
    private int noise;

    Script(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.projecting = random.nextBoolean();
      this.pausing = random.nextBoolean();
      this.writing = random.nextBoolean();
      for (FakeSource source : List.of(objects, children, secrets)) {
        if (random.nextBoolean()) {
          source.asJson();
        }
      }
    }

    void play() throws Exception {
      for (int i = 0; i < 6; i++) {
        change();
      }
      ControllerBuilder<ConfigMap> builder = Controller.builder(objects.retriever(), handler()).clock(clock)
          .workers(1 + random.nextInt(3))
          .watches(children.retriever(), child -> keys(child, 0), related -> related.name("children"))
          .references(secrets.retriever(), object -> keys(object, 0), related -> related.name("secrets"));
      if (random.nextBoolean()) {
        builder.noResync();
      }
      if (projecting) {
        builder.onlyWhenChanged(object -> value(object).split("\\|")[0]);
      }
      if (pausing) {
        builder.pauseWhen(object -> value(object).endsWith("!"));
      }
      if (random.nextInt(3) == 0) {
        builder.minInterval(Duration.ofMillis(1L << random.nextInt(12)));
      }
      Controller controller = builder.build();
      Thread run = new Thread(controller::run);
      run.start();
      try {
        failing = random.nextInt(3) * 0.3;
        for (int step = 5 + random.nextInt(40); step > 0; step--) {
          step();
        }
        failing = 0;
        change();
        until("quiescence", this::isQuiet);
      } finally {
        new Thread(controller::close).start();
        until("the end of run()", () -> !run.isAlive());
      }
      assertThat(violation).hasValue(null);
    }

    private void step() {
      FakeSource source = List.of(objects, children, secrets).get(random.nextInt(3));
      switch (random.nextInt(12)) {
        case 0 -> source.failList(FakeSource.fault(Reason.SERVER_ERROR));
        case 1 -> source.endWatch(random.nextBoolean() ? null : FakeSource.fault(Reason.CONNECTION_LOST));
        case 2 -> source.failWatch(FakeSource.fault(Reason.GONE));
        case 3, 4, 5 -> clock.advance(Duration.ofMillis(1L << random.nextInt(14)));
        case 6 -> Thread.yield();
        default -> change();
      }
    }

    private void change() {
      String name = "o" + random.nextInt(NAMES);
      switch (random.nextInt(8)) {
        case 0, 1 -> objects.put(name, some("s") + "|" + ++noise + (pausing && random.nextInt(3) == 0 ? "!" : ""));
        case 2 -> objects.delete(name);
        case 3, 4 -> children.put("c" + random.nextInt(NAMES), some("o") + "|" + ++noise);
        case 5 -> children.delete("c" + random.nextInt(NAMES));
        case 6 -> secrets.put("s" + random.nextInt(NAMES), Integer.toString(++noise));
        default -> secrets.delete("s" + random.nextInt(NAMES));
      }
    }

    private String some(String prefix) {
      return random.ints(random.nextInt(3), 0, NAMES).distinct().mapToObj(i -> prefix + i).collect(Collectors.joining(","));
    }

    private static String value(ConfigMap object) {
      return object.getData().get("value");
    }

    private static List<ObjectKey> keys(ConfigMap object, int part) {
      String names = value(object).split("\\|")[part];
      return names.isEmpty() ? List.of() : Arrays.stream(names.split(",")).map(FakeSource::key).toList();
    }

    private Handler<ConfigMap> handler() {
      return Handler.of(this::add, (context, object) -> seen.remove(object.getMetadata().getName()));
    }

    private void add(HandlerContext<ConfigMap> context, ConfigMap object) {
      String name = context.key().name();
      if (!inside.add(name)) {
        violation.compareAndSet(null, "two handlers at once for " + name);
      }
      try {
        Seen now = new Seen(value(object), states(context.related("children", ConfigMap.class)),
            states(context.related("secrets", ConfigMap.class)));
        Random dice = new Random(seed ^ System.nanoTime());
        if (dice.nextDouble() < failing) {
          throw new IllegalStateException("as the test wants it");
        }
        if (writing && dice.nextInt(3) == 0 && !value(object).contains("own") && failing > 0) {
          String written = value(object).split("\\|")[0] + "|own";
          ConfigMap state = objects.replace(name, object.getMetadata().getResourceVersion(), written);
          if (state != null) {
            own.put(name, state.getMetadata().getResourceVersion());
            context.wrote(state);
          }
        }
        seen.put(name, now);
      } finally {
        inside.remove(name);
      }
    }

    private static Set<String> states(Iterable<ConfigMap> objects) {
      Set<String> states = new TreeSet<>();
      objects.forEach(object -> states.add(object.getMetadata().getName() + "=" + value(object)));
      return states;
    }

    private boolean isQuiet() {
      Map<ObjectKey, ConfigMap> all = objects.objects();
      for (int i = 0; i < NAMES; i++) {
        String name = "o" + i;
        ConfigMap object = all.get(FakeSource.key(name));
        Seen last = seen.get(name);
        if (object == null ? last != null : !isPaused(object) && (last == null || !isNewest(name, object, last))) {
          return false;
        }
      }
      return inside.isEmpty();
    }

    private boolean isPaused(ConfigMap object) {
      return pausing && value(object).endsWith("!");
    }

    private boolean isNewest(String name, ConfigMap object, Seen last) {
      boolean ownWrite = object.getMetadata().getResourceVersion().equals(own.get(name));
      boolean itself = last.value.equals(value(object))
          || (projecting || ownWrite) && last.value.split("\\|")[0].equals(value(object).split("\\|")[0]);
      Set<ObjectKey> referenced = Set.copyOf(keys(object, 0));
      return itself
          && last.children.equals(states(children.objects().values().stream()
              .filter(child -> keys(child, 0).contains(FakeSource.key(name))).toList()))
          && last.secrets.equals(states(secrets.objects().values().stream()
              .filter(secret -> referenced.contains(ObjectKey.of(secret))).toList()));
    }

    private void until(String what, BooleanSupplier condition) {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!condition.getAsBoolean()) {
        if (violation.get() != null || System.nanoTime() > deadline) {
          throw new AssertionError((violation.get() == null ? "no " + what : violation.get()) + "\nseen " + seen
              + "\nobjects " + states(objects.objects().values()) + "\nchildren " + states(children.objects().values())
              + "\nsecrets " + states(secrets.objects().values()) + "\nown " + own
              + "\nprojecting " + projecting + ", pausing " + pausing + ", writing " + writing);
        }
        clock.advance(Duration.ofMillis(500));
        Thread.yield();
      }
    }
  }
}
