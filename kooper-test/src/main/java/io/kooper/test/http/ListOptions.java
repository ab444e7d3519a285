package io.kooper.test.http;

import io.kooper.test.json.Statuses;
import io.kooper.test.store.Selectors;
import io.kooper.test.validation.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a list or a watch can be asked for; all that is wrong is told at once, in the words of the API server. */
final class ListOptions {

  private static final String MATCH = "resourceVersionMatch";
  private static final String SEND = "sendInitialEvents";

  private final Call call;
  private final @Nullable String match;
  private final boolean send; // or not: whether the client says so
  private final List<Problem> problems = new ArrayList<>();

  private ListOptions(Call call) {
    this.call = call;
    this.match = call.param(MATCH);
    this.send = call.param(SEND) != null;
  }

  /**
   * Checks a request for many objects, or for their changes; others have no such options.
   *
   * @param streaming whether a watch may begin with the objects that are there
   * @throws StatusException 400 or 422
   */
  static void check(Call call, boolean streaming) {
    ListOptions options = new ListOptions(call);
    switch (call.request().verb()) {
      case "watch" -> {
        options.readable();
        options.watch(streaming);
      }
      case "list", "deletecollection" -> {
        options.readable();
        options.list();
      }
      default -> { }
    }
    if (!options.problems.isEmpty()) {
      throw Statuses.invalidOptions("ListOptions", options.problems);
    }
  }

  private void readable() {
    Selectors.labels(call.param("labelSelector"));
    String limit = call.param("limit");
    if (limit != null && !limit.matches("-?\\d+")) {
      throw Statuses.badRequest("strconv.ParseInt: parsing \"%s\": invalid syntax".formatted(limit));
    }
  }

  private void list() {
    String version = call.param("resourceVersion");
    if (match != null) {
      forbidden(version == null, MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided");
      forbidden(call.param("continue") != null, MATCH, "resourceVersionMatch is forbidden when continue is provided");
      supported("Exact", "NotOlderThan", "");
      forbidden(match.equals("Exact") && "0".equals(version), MATCH,
          "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
    forbidden(send, SEND, "sendInitialEvents is forbidden for list");
    if (!problems.isEmpty()) {
      return;
    }
    if (call.param("continue") != null && version != null && !version.equals("0")) {
      throw Statuses.badRequest("specifying resource version is not allowed when using continue");
    }
    if (version != null && !version.matches("\\d+")) {
      throw Statuses.badRequest(("invalid resource version: resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing"
          + " \"%s\": invalid syntax").formatted(version, version));
    }
  }

  private void watch(boolean streaming) {
    forbidden(send && !"NotOlderThan".equals(match), MATCH,
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    forbidden(send && !streaming, SEND, "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
    forbidden(match != null && !send, MATCH,
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    supported("NotOlderThan");
    forbidden(call.param("continue") != null, MATCH, // as there, whatever is said of versions
        "resourceVersionMatch is forbidden when continue is provided");
  }

  private void forbidden(boolean wrong, String field, String why) {
    if (wrong) {
      problems.add(Problem.forbidden(field, why));
    }
  }

  private void supported(String... values) {
    if (match != null && !List.of(values).contains(match)) {
      problems.add(Problem.of("FieldValueNotSupported", MATCH, "Unsupported value", match,
          "supported values: \"" + String.join("\", \"", values) + '"'));
    }
  }
}
