package io.kooper.test.tables;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The row of a pod: its state is put together from those of its containers. */
final class PodCells {

  private PodCells() {}

  static @Nullable Function<ObjectNode, String> code(String column, Instant now) {
    return switch (column) {
      case "Ready" -> pod -> ready(pod) + "/" + containers(pod);
      case "Status" -> PodCells::status;
      case "Restarts" -> pod -> restarts(pod, now);
      case "IP" -> pod -> Cells.text(pod, "/status/podIPs/0/ip", Cells.text(pod, "/status/podIP", Cells.NONE));
      case "Node" -> pod -> Cells.text(pod, "/spec/nodeName", Cells.NONE);
      case "Nominated Node" -> pod -> Cells.text(pod, "/status/nominatedNodeName", Cells.NONE);
      case "Readiness Gates" -> PodCells::gates;
      default -> null;
    };
  }

  private static boolean isRestartable(JsonNode container) {
    return container.path("restartPolicy").asString("").equals("Always");
  }

  private static long containers(ObjectNode pod) {
    return pod.at("/spec/containers").size()
        + pod.at("/spec/initContainers").valueStream().filter(PodCells::isRestartable).count();
  }

  private static long ready(ObjectNode pod) {
    return pod.at("/status/containerStatuses").valueStream()
        .filter(one -> one.path("ready").asBoolean(false) && one.at("/state/running").isObject()).count();
  }

  private static String restarts(ObjectNode pod, Instant now) {
    long count = 0;
    String last = "";
    for (JsonNode one : pod.at("/status/containerStatuses")) {
      count += one.path("restartCount").asLong(0);
      String finished = one.at("/lastState/terminated/finishedAt").asString("");
      last = finished.compareTo(last) > 0 ? finished : last;
    }
    return count == 0 || last.isEmpty() ? Long.toString(count) : count + " (" + Ages.since(last, now) + " ago)";
  }

  private static String status(ObjectNode pod) {
    String phase = pod.at("/status/phase").asString("");
    String reason = Cells.text(pod, "/status/reason", phase);
    if (condition(pod, "PodScheduled").path("reason").asString("").equals("SchedulingGated")) {
      reason = "SchedulingGated";
    }
    String init = initializing(pod);
    reason = init != null ? init : containers(pod, reason);
    boolean ended = phase.equals("Succeeded") || phase.equals("Failed");
    if (pod.at("/metadata/deletionTimestamp").isString()) {
      return reason.equals("NodeLost") ? "Unknown" : ended ? reason : "Terminating";
    }
    return reason;
  }

  /** What the first init container that has not done its part says, null if there is none. */
  private static @Nullable String initializing(ObjectNode pod) {
    int total = pod.at("/spec/initContainers").size();
    int index = 0;
    for (JsonNode one : pod.at("/status/initContainerStatuses")) {
      JsonNode state = one.path("state");
      boolean done = state.path("terminated").path("exitCode").asInt(-1) == 0
          || one.path("started").asBoolean(false) && isRestartable(pod.at("/spec/initContainers/" + index));
      if (!done) {
        String ended = ended(state.path("terminated"));
        String waiting = state.path("waiting").path("reason").asString("");
        return ended != null ? "Init:" + ended
            : !waiting.isEmpty() && !waiting.equals("PodInitializing") ? "Init:" + waiting : "Init:" + index + "/" + total;
      }
      index++;
    }
    return null;
  }

  private static String containers(ObjectNode pod, String phase) {
    String reason = phase;
    boolean running = false;
    JsonNode statuses = pod.at("/status/containerStatuses");
    for (int i = statuses.size() - 1; i >= 0; i--) {
      JsonNode state = statuses.get(i).path("state");
      String waiting = state.path("waiting").path("reason").asString("");
      String ended = ended(state.path("terminated"));
      if (!waiting.isEmpty()) {
        reason = waiting;
      } else if (ended != null) {
        reason = ended;
      } else if (statuses.get(i).path("ready").asBoolean(false) && state.path("running").isObject()) {
        running = true;
      }
    }
    return !reason.equals("Completed") || !running ? reason
        : condition(pod, "Ready").path("status").asString("").equals("True") ? "Running" : "NotReady";
  }

  private static @Nullable String ended(JsonNode terminated) {
    if (!terminated.isObject()) {
      return null;
    }
    String reason = terminated.path("reason").asString("");
    int signal = terminated.path("signal").asInt(0);
    return !reason.isEmpty() ? reason : signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt(0);
  }

  private static String gates(ObjectNode pod) {
    JsonNode gates = pod.at("/spec/readinessGates");
    long met = gates.valueStream().filter(gate -> condition(pod, gate.path("conditionType").asString("")).path("status")
        .asString("").equals("True")).count();
    return gates.isEmpty() ? Cells.NONE : met + "/" + gates.size();
  }

  private static JsonNode condition(ObjectNode pod, String type) {
    return pod.at("/status/conditions").valueStream().filter(one -> one.path("type").asString("").equals(type)).findFirst()
        .orElse(pod.path("no condition"));
  }
}
