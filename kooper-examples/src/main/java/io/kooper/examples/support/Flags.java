package io.kooper.examples.support;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The flags that all examples have.
 *
 * @param embedded use the embedded API server even if a cluster is configured
 * @param duration end after this time; null for never
 * @param probes the port to serve probes on; 0 for none
 * @param help only print the usage
 */
record Flags(boolean embedded, @Nullable Duration duration, int probes, boolean help) {

  static final String USAGE = """
      Flags:
        --embedded     use the embedded API server, though a cluster may be configured
        --for=TIME     end by itself after this time, for instance 500ms, 10s or 2m
        --probes=PORT  serve /livez and /readyz on this port
        --help         print this
      Without --embedded the cluster of your kubeconfig (KUBECONFIG, ~/.kube/config) or of the pod
      this runs in is used; if there is none, the embedded API server.""";

  /**
   * @throws IllegalArgumentException naming every flag that is wrong
   */
  static Flags parse(String... args) {
    boolean embedded = false;
    Duration duration = null;
    int probes = 0;
    boolean help = false;
    List<String> errors = new ArrayList<>();
    for (String arg : args) {
      if (arg.equals("--embedded")) {
        embedded = true;
      } else if (arg.equals("--help") || arg.equals("-h")) {
        help = true;
      } else if (arg.startsWith("--for=")) {
        try {
          duration = duration(arg.substring("--for=".length()));
        } catch (DateTimeParseException | IllegalArgumentException e) {
          errors.add(arg + " is not a time like 500ms, 10s or 2m");
        }
      } else if (arg.startsWith("--probes=")) {
        try {
          probes = port(arg.substring("--probes=".length()));
        } catch (NumberFormatException e) {
          errors.add(arg + " is not a port from 1 to 65535");
        }
      } else {
        errors.add("unknown flag " + arg);
      }
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
    return new Flags(embedded, duration, probes, help);
  }

  private static int port(String text) {
    int port = Integer.parseInt(text);
    if (port < 1 || port > 65_535) {
      throw new NumberFormatException(text);
    }
    return port;
  }

  private static Duration duration(String text) {
    Duration duration = text.endsWith("ms")
        ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
        : Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(text);
    }
    return duration;
  }
}
