package io.kooper.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All calls of several processes, and which of them overlapped though they were for one key. Times are nanoseconds. */
final class CallLog {

  private static final class Call {
    final long process;
    final long began;
    long ended = Long.MAX_VALUE; // until it is known

    Call(long process, long began) {
      this.process = process;
      this.began = began;
    }

    boolean was(long at) {
      return began <= at && at < ended;
    }

    @Override
    public String toString() {
      return "process " + process + " from " + began + " to " + (ended == Long.MAX_VALUE ? "no end" : ended);
    }
  }

  private final Map<String, List<Call>> calls = new HashMap<>(); // by key
  private final Map<Long, List<Long>> stops = new HashMap<>(); // when a process stood still

  synchronized void began(long process, String key, long at) {
    calls.computeIfAbsent(key, k -> new ArrayList<>()).add(new Call(process, at));
  }

  synchronized void ended(long process, String key, long at) {
    calls.get(key).stream().filter(call -> call.process == process && call.was(at)).forEach(call -> call.ended = at);
  }

  /** With its process, a call ends. */
  synchronized void died(long process, long at) {
    calls.keySet().forEach(key -> ended(process, key, at));
  }

  synchronized void stopped(long process, long at) {
    stops.computeIfAbsent(process, p -> new ArrayList<>()).add(at);
  }

  /** Counts the overlaps, and names each. A call that its process's standing still has lengthened may: nobody could end it. */
  synchronized String summary() {
    StringBuilder overlaps = new StringBuilder();
    int all = 0;
    int twice = 0;
    int ofStopped = 0;
    for (Map.Entry<String, List<Call>> entry : calls.entrySet()) {
      List<Call> each = entry.getValue();
      each.sort(Comparator.comparingLong(call -> call.began));
      all += each.size();
      for (int i = 0; i < each.size(); i++) {
        for (int later = i + 1; later < each.size() && each.get(later).began < each.get(i).ended; later++) {
          Call running = each.get(i);
          if (stops.getOrDefault(running.process, List.of()).stream().anyMatch(running::was)) {
            ofStopped++;
          } else {
            twice++;
            overlaps.append("\n  ").append(entry.getKey()).append(": ").append(running).append(", ").append(each.get(later));
          }
        }
      }
    }
    return all + " calls: " + twice + " began while another for the same key ran, not counting " + ofStopped
        + " that began while the other's process stood still" + overlaps + "\n  stops: " + stops;
  }
}
