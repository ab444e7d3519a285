package io.kooper.event;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.kooper.clock.Clock;
import io.kooper.event.Series.Said;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Loop;
import io.kooper.internal.Monitor;
import io.kooper.internal.Names;
import io.kooper.internal.Pace;
import io.kooper.internal.Threads;
import io.kooper.internal.Throwables;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Records what happens to an object as Kubernetes Events, which {@code kubectl describe} shows. Needs the right to {@code create}
 * and {@code patch} the {@code events} of {@code events.k8s.io}, in the object's namespace; in {@code default} for a
 * cluster-scoped object.
 *
 * <p><b>Guarantees.</b> Recording never blocks or throws: one daemon thread writes while there is something to write. A repeated
 * event is the same Event with a series that counts. The first repeat is written at once, further ones every six minutes; six
 * minutes after the last a new Event begins, as with client-go. An object may have 25 new Events, and one more every five
 * minutes. At most 1,000 series are kept.
 *
 * <p><b>Errors.</b> An event above a limit, or one that cannot be written, is dropped and counted. The log says so once a minute.
 *
 * <p>All methods may be called from any thread.
 *
 * <pre>{@code
 * try (EventRecorder events = EventRecorder.of(client, "web-apps")) {
 *   events.normal(app, "Deployed", "Deploy", "deployed image " + image);
 * }
 * }</pre>
 */
public final class EventRecorder implements AutoCloseable {

  private static final Log log = Log.of(EventRecorder.class);

  private static final int BURST = 25; // of client-go's spam filter, as the refill
  private static final long REFILL = Duration.ofMinutes(5).toNanos();
  private static final long HEARTBEAT = Duration.ofMinutes(6).toNanos(); // of client-go's series
  private static final int MOST_SERIES = 1_000;
  private static final int MOST_OBJECTS = 4_096; // of client-go's spam filter
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int LONGEST_COMPONENT = 63;
  private static final int NOT_FOUND = 404;

  /** How many Events an object may still have. */
  private static final class Bucket {

    private double tokens = BURST;
    private long filledAt;

    Bucket(long now) {
      filledAt = now;
    }

    boolean take(long now) {
      tokens = Math.min(BURST, tokens + (now - filledAt) / (double) REFILL);
      filledAt = now;
      return tokens >= 1 && tokens-- >= 1;
    }
  }

  private final String component;
  private final Consumer<Event> writer;
  private final Clock clock;
  private final Guard guard;
  private final Pace lines;
  private final Monitor monitor;
  // guarded by monitor; in the order of their last use
  private final Map<Said, Series> series = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<ObjectReference, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true);
  private long dropped;
  private boolean closed; // nothing more is taken, and what waits is due
  private boolean abandoned; // nothing more is written
  private @Nullable Thread thread; // while there is something to write

  EventRecorder(String component, Consumer<Event> writer, Clock clock) {
    this.component = component;
    this.writer = writer;
    this.clock = clock;
    this.monitor = new Monitor(clock);
    this.guard = new Guard(log, "recording an event of " + component);
    this.lines = new Pace(Duration.ofMinutes(1).toNanos(), clock.nanoTime());
  }

  /**
   * Records as this component.
   *
   * @param client stays the caller's
   * @param component names the controller, as {@code web-apps} or {@code example.com/web-apps}
   * @throws IllegalArgumentException when that is no qualified name, or longer than 63 characters
   */
  public static EventRecorder of(KubernetesClient client, String component) {
    Objects.requireNonNull(client, "client");
    if (Objects.requireNonNull(component, "component").length() > LONGEST_COMPONENT || !Names.isQualified(component)) {
      throw new IllegalArgumentException("\"" + component + "\" is no name of a component, as web-apps or example.com/web-apps");
    }
    return new EventRecorder(component, event -> write(client, event), Clock.system());
  }

  /**
   * Records that something went as it should.
   *
   * @param regarding the object that it happened to
   * @param reason why, one word that programs can look for, as {@code Deployed}
   * @param action what was done, one word, as {@code Deploy}
   * @param note for people; more than 1 KB is cut
   */
  public void normal(HasMetadata regarding, String reason, String action, String note) {
    record(regarding, "Normal", reason, action, note);
  }

  /** Records that something needs attention; else as {@link #normal}. */
  public void warning(HasMetadata regarding, String reason, String action, String note) {
    record(regarding, "Warning", reason, action, note);
  }

  /** How many events were dropped so far. */
  public long dropped() {
    return monitor.get(() -> dropped);
  }

  private void record(HasMetadata regarding, String type, String reason, String action, String note) {
    guard.run(() -> {
      var meta = regarding.getMetadata();
      Said said = new Said(new ObjectReferenceBuilder().withApiVersion(regarding.getApiVersion()).withKind(regarding.getKind())
          .withNamespace(meta.getNamespace()).withName(meta.getName()).withUid(meta.getUid()).build(),
          type, reason, action, Series.cut(note));
      monitor.run(() -> take(said));
    });
  }

  private void take(Said said) {
    long now = clock.nanoTime();
    Series known = series.get(said);
    if (closed) {
      drop(said, "it was told after the end");
    } else if (known != null && (known.isPending() || now - known.lastAt < HEARTBEAT)) {
      known.again(clock.now(), now);
    } else if (!mayBegin(said.regarding(), now)) {
      drop(said, "it is one of more than " + BURST + " about this object, and one every five minutes");
    } else if (known == null && series.size() >= MOST_SERIES && !forgetOne()) {
      drop(said, "too many wait to be written");
    } else {
      series.put(said, new Series(said, clock.now(), now));
    }
    if (thread == null && pending() != null) {
      thread = Threads.start("kooper-" + component.replace('/', '-') + "-events",
          () -> Loop.run(log, "writing events of {} failed; it goes on", component, this::step));
    }
  }

  private boolean mayBegin(ObjectReference regarding, long now) {
    Bucket bucket = buckets.computeIfAbsent(regarding, none -> new Bucket(now));
    if (buckets.size() > MOST_OBJECTS) {
      buckets.remove(buckets.keySet().iterator().next());
    }
    return bucket.take(now);
  }

  /** Makes room; false when all of them are still to be written. */
  private boolean forgetOne() {
    Optional<Series> oldest = series.values().stream().filter(one -> !one.isPending()).findFirst();
    oldest.ifPresent(one -> series.remove(one.said));
    return oldest.isPresent();
  }

  private @Nullable Series pending() {
    return series.values().stream().filter(Series::isPending).min(Comparator.comparingLong(one -> one.dueAt)).orElse(null);
  }

  private boolean step() {
    try {
      monitor.await(() -> {
        Series next = abandoned ? null : pending();
        return next == null || closed ? 0 : next.dueAt - clock.nanoTime();
      });
    } catch (InterruptedException e) {
      return true; // by close(), which the next step sees
    }
    Series next = monitor.change(() -> {
      Series due = abandoned ? null : pending();
      thread = due == null ? null : thread;
      return due;
    });
    if (next == null) {
      return false;
    }
    Event event = monitor.get(() -> next.write(component, clock.nanoTime() + HEARTBEAT));
    try {
      writer.accept(event);
    } catch (Exception e) { // the next repeat tries again
      monitor.run(() -> drop(next.said, Throwables.message(e)));
    }
    return true;
  }

  private void drop(Said said, String why) {
    dropped++;
    if (lines.passes(clock.nanoTime())) {
      ObjectReference about = said.regarding();
      log.warn("events of {} were dropped, {} so far; the last is {} about {} {}: {}", component, dropped, said.reason(),
          about.getKind(), about.getName(), why);
    }
  }

  private static void write(KubernetesClient client, Event event) {
    var events = client.events().v1().events().inNamespace(event.getMetadata().getNamespace());
    if (event.getSeries() != null) {
      try {
        events.withName(event.getMetadata().getName()).patch(PatchContext.of(PatchType.JSON_MERGE),
            client.getKubernetesSerialization().asJson(Map.of("series", event.getSeries())));
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != NOT_FOUND) { // Kubernetes forgets events after an hour
          throw e;
        }
      }
    }
    events.resource(event).create();
  }

  /** Writes what was recorded so far, for five seconds at most. What is recorded later is dropped. */
  @Override
  public void close() {
    monitor.run(() -> closed = true);
    try {
      monitor.await(() -> thread == null, PATIENCE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      monitor.run(this::abandon);
    }
  }

  private void abandon() {
    abandoned = true;
    if (thread != null) {
      thread.interrupt();
      series.values().stream().filter(Series::isPending).forEach(one -> drop(one.said, "the end did not wait for it"));
    }
  }
}
