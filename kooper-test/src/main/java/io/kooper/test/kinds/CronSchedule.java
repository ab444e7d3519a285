package io.kooper.test.kinds;

import io.kooper.test.validation.Problem;
import java.util.List;
import java.util.Locale;

/** Whether a text is a schedule as cron has it. */
final class CronSchedule {

  private static final int[][] BOUNDS = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
  private static final List<String> MONTHS =
      List.of("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final List<String> NAMED = List.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight",
      "@hourly");

  private CronSchedule() {}

  static void check(String schedule, List<Problem> problems) {
    String wrong = schedule.isEmpty() || NAMED.contains(schedule) || schedule.startsWith("@every ") ? "" : wrong(schedule);
    if (!wrong.isEmpty()) {
      problems.add(Problem.of("FieldValueInvalid", "spec.schedule", "Invalid value", schedule, wrong));
    }
  }

  private static String wrong(String schedule) {
    String[] fields = schedule.strip().split("\\s+");
    if (fields.length != BOUNDS.length) {
      return "expected exactly 5 fields, found %d: [%s]".formatted(fields.length, String.join(" ", fields));
    }
    for (int i = 0; i < fields.length; i++) {
      for (String part : fields[i].split(",")) {
        String wrong = wrong(part, BOUNDS[i], i == 3 ? MONTHS : i == 4 ? DAYS : List.of());
        if (!wrong.isEmpty()) {
          return wrong;
        }
      }
    }
    return "";
  }

  private static String wrong(String part, int[] bounds, List<String> names) {
    String range = part.split("/", 2)[0];
    if (range.equals("*") || range.equals("?")) {
      return "";
    }
    for (String bound : range.split("-", 2)) {
      int value = names.indexOf(bound.toLowerCase(Locale.ROOT));
      if (value < 0) {
        try {
          value = Integer.parseInt(bound);
        } catch (NumberFormatException e) {
          return "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax".formatted(bound, bound);
        }
      }
      if (value < bounds[0]) {
        return "beginning of range (%d) below minimum (%d): %s".formatted(value, bounds[0], part);
      }
      if (value > bounds[1]) {
        return "end of range (%d) above maximum (%d): %s".formatted(value, bounds[1], part);
      }
    }
    return "";
  }
}
