package io.kooper.event;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.kooper.internal.Names;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;

/** What was told once or more often, and how much of that was written. Guarded by the recorder's lock. */
final class Series {

  /** What makes an event the same as another. */
  record Said(ObjectReference regarding, String type, String reason, String action, String note) {}

  private static final int LONGEST_NOTE = 1024;
  private static final int LONGEST_NAME = 200;
  private static final int LONGEST_INSTANCE = 128;

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  final Said said;
  private final String name;
  private final Instant first;
  private Instant last;
  long lastAt; // in the clock's nanoseconds, as below
  private int count = 1;
  private int written; // of the count
  long dueAt; // when what is not written may be

  Series(Said said, Instant now, long nanos) {
    this.said = said;
    this.first = now;
    this.last = now;
    this.lastAt = nanos;
    this.dueAt = nanos;
    String object = said.regarding().getName();
    this.name = (Names.isSubdomain(object) && object.length() <= LONGEST_NAME ? object : "event") + "-" + UUID.randomUUID();
  }

  /** In so many bytes as the API server takes. */
  static String cut(String note) {
    byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= LONGEST_NOTE ? note
        : new String(bytes, 0, LONGEST_NOTE - 6, StandardCharsets.UTF_8) + "..."; // a half character becomes one of 3 bytes
  }

  boolean isPending() {
    return written < count;
  }

  void again(Instant now, long nanos) {
    count++;
    last = now;
    lastAt = nanos;
  }

  /** The event as it is to be written now; the first repeat may follow at once, another one then. */
  Event write(String component, long later) {
    dueAt = written == 0 && count == 1 ? dueAt : later;
    written = count;
    String instance = component + "-" + Names.host();
    EventBuilder event = new EventBuilder()
        .withNewMetadata().withName(name).withNamespace(namespace()).endMetadata()
        .withRegarding(said.regarding()).withType(said.type()).withReason(said.reason()).withAction(said.action())
        .withNote(said.note()).withEventTime(time(first)).withReportingController(component)
        .withReportingInstance(instance.substring(0, Math.min(instance.length(), LONGEST_INSTANCE)));
    return (count == 1 ? event : event.withNewSeries().withCount(count).withLastObservedTime(time(last)).endSeries()).build();
  }

  /** Kubernetes has the events of cluster-scoped objects in {@code default}. */
  private String namespace() {
    String namespace = said.regarding().getNamespace();
    return namespace == null || namespace.isEmpty() ? "default" : namespace;
  }

  private static MicroTime time(Instant instant) {
    return new MicroTime(MICROS.format(instant));
  }
}
