package io.kooper.test.tables;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The cells of other kinds that no expression makes. */
final class OtherCells {

  private static final String ROLE = "node-role.kubernetes.io/";

  private OtherCells() {}

  /** An event as it is kept, or as {@code events.k8s.io} shows it. */
  static @Nullable Function<ObjectNode, String> event(String column, Instant now) {
    return switch (column) {
      case "Last Seen" -> event -> seen(event, now, "/series/lastObservedTime", "/lastTimestamp", "/deprecatedLastTimestamp",
          "/eventTime", "/firstTimestamp");
      case "First Seen" -> event -> seen(event, now, "/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime");
      case "Type" -> event -> event.path("type").asString("");
      case "Reason" -> event -> event.path("reason").asString("");
      case "Message" -> event -> Cells.text(event, "/message", Cells.text(event, "/note", "")).strip();
      case "Object" -> event -> Cells.text(about(event), "/kind", "").toLowerCase(Locale.ROOT)
          + (about(event).path("name").asString("").isEmpty() ? "" : "/" + about(event).path("name").asString(""));
      case "Subobject" -> event -> about(event).path("fieldPath").asString("");
      case "Source" -> OtherCells::source;
      case "Count" -> event -> count(event);
      default -> null;
    };
  }

  private static JsonNode about(ObjectNode event) {
    return event.has("regarding") ? event.path("regarding") : event.path("involvedObject");
  }

  private static String count(ObjectNode event) {
    for (String pointer : List.of("/series/count", "/count", "/deprecatedCount")) {
      if (event.at(pointer).asInt(0) > 0) {
        return event.at(pointer).asString("");
      }
    }
    return "1";
  }

  private static String source(ObjectNode event) {
    JsonNode source = event.has("deprecatedSource") ? event.path("deprecatedSource") : event.path("source");
    String component = Cells.text(source, "/component",
        Cells.text(event, "/reportingComponent", Cells.text(event, "/reportingController", "")));
    String host = source.path("host").asString("");
    return host.isEmpty() ? component : component + ", " + host;
  }

  private static String seen(ObjectNode event, Instant now, String... pointers) {
    for (String pointer : pointers) {
      if (!event.at(pointer).asString("").isEmpty()) {
        return Ages.since(event.at(pointer).asString(""), now);
      }
    }
    return "<unknown>";
  }

  static @Nullable Function<ObjectNode, String> service(String column) {
    return switch (column) {
      case "External-IP" -> OtherCells::external;
      case "Port(s)" -> OtherCells::ports;
      default -> null;
    };
  }

  private static String external(ObjectNode service) {
    if (service.at("/spec/type").asString("").equals("ExternalName")) {
      return service.at("/spec/externalName").asString("");
    }
    List<String> addresses = service.at("/status/loadBalancer/ingress").valueStream()
        .map(one -> Cells.text(one, "/ip", one.path("hostname").asString(""))).collect(Collectors.toList());
    service.at("/spec/externalIPs").forEach(address -> addresses.add(address.asString("")));
    boolean balanced = service.at("/spec/type").asString("").equals("LoadBalancer");
    return !addresses.isEmpty() ? String.join(",", addresses) : balanced ? "<pending>" : Cells.NONE;
  }

  private static String ports(ObjectNode service) {
    String ports = service.at("/spec/ports").valueStream().map(port -> port.path("port").asString("")
        + (port.has("nodePort") ? ":" + port.path("nodePort").asString("") : "") + "/" + port.path("protocol").asString("TCP"))
        .collect(Collectors.joining(","));
    return ports.isEmpty() ? Cells.NONE : ports;
  }

  static @Nullable Function<ObjectNode, String> job(String column, Instant now) {
    return switch (column) {
      case "Status" -> OtherCells::jobStatus;
      case "Completions" -> OtherCells::completions;
      case "Duration" -> job -> {
        String start = job.at("/status/startTime").asString("");
        String end = job.at("/status/completionTime").asString("");
        return start.isEmpty() ? "" : Ages.of(Duration.between(Instant.parse(start), end.isEmpty() ? now : Instant.parse(end)));
      };
      default -> null;
    };
  }

  private static String completions(ObjectNode job) {
    int succeeded = job.at("/status/succeeded").asInt(0);
    int parallelism = job.at("/spec/parallelism").asInt(1);
    JsonNode completions = job.at("/spec/completions");
    return succeeded + "/" + (completions.isNumber() ? completions.asString("") : parallelism > 1 ? "1 of " + parallelism : "1");
  }

  private static String jobStatus(ObjectNode job) {
    List<String> met = job.at("/status/conditions").valueStream()
        .filter(one -> one.path("status").asString("").equals("True")).map(one -> one.path("type").asString("")).toList();
    return met.contains("Complete") ? "Complete" : met.contains("Failed") ? "Failed"
        : job.at("/metadata/deletionTimestamp").isString() ? "Terminating" : met.contains("Suspended") ? "Suspended"
        : met.contains("FailureTarget") ? "FailureTarget" : met.contains("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
  }

  static @Nullable Function<ObjectNode, String> node(String column) {
    return switch (column) {
      case "Status" -> node -> {
        String ready = node.at("/status/conditions").valueStream().filter(one -> one.path("type").asString("").equals("Ready"))
            .map(one -> one.path("status").asString("").equals("True") ? "Ready" : "NotReady").findFirst().orElse("Unknown");
        return node.at("/spec/unschedulable").asBoolean(false) ? ready + ",SchedulingDisabled" : ready;
      };
      case "Roles" -> node -> {
        String roles = node.at("/metadata/labels").propertyNames().stream().filter(label -> label.startsWith(ROLE))
            .map(label -> label.substring(ROLE.length())).sorted().collect(Collectors.joining(","));
        return roles.isEmpty() ? Cells.NONE : roles;
      };
      default -> null;
    };
  }
}
