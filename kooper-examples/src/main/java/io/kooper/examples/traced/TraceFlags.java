package io.kooper.examples.traced;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The flags of the traced controller.
 *
 * @param otlp where an OpenTelemetry collector, Jaeger, Tempo or the like takes traces over HTTP; null for nowhere
 * @param zipkin where Zipkin takes spans; null for nowhere
 * @param fail how many of all calls of services fail, from 0 to 1
 * @param others what is left for the flags that all examples have
 */
public record TraceFlags(@Nullable URI otlp, @Nullable URI zipkin, double fail, List<String> others) {

  private static final String USAGE = """
      Flags of this example:
        --otlp=URL     send the traces to an OTLP endpoint, for instance http://localhost:4318
                       (default: the environment variable OTEL_EXPORTER_OTLP_ENDPOINT)
        --zipkin=URL   send the traces to Zipkin, for instance http://localhost:9411
                       (default: the environment variable OTEL_EXPORTER_ZIPKIN_ENDPOINT)
        --fail=SHARE   let this share of the calls of services fail, for instance 0.1
      Without a place to send them to, the traces are printed.""";

  /** Reads the flags, or prints what is wrong and ends the process. */
  public static TraceFlags of(String name, String... args) {
    try {
      TraceFlags flags = parse(System.getenv(), args);
      if (flags.others.contains("--help") || flags.others.contains("-h")) {
        System.out.println(USAGE);
      }
      return flags;
    } catch (IllegalArgumentException e) {
      System.err.println(name + ": " + e.getMessage() + System.lineSeparator() + USAGE);
      System.exit(2);
      throw e;
    }
  }

  /**
   * @throws IllegalArgumentException naming every flag that is wrong
   */
  static TraceFlags parse(Map<String, String> environment, String... args) {
    String otlp = environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "");
    String zipkin = environment.getOrDefault("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "");
    String fail = "0";
    List<String> others = new ArrayList<>();
    for (String arg : args) {
      String value = arg.substring(arg.indexOf('=') + 1);
      if (arg.startsWith("--otlp=")) {
        otlp = value;
      } else if (arg.startsWith("--zipkin=")) {
        zipkin = value;
      } else if (arg.startsWith("--fail=")) {
        fail = value;
      } else {
        others.add(arg);
      }
    }
    List<String> errors = new ArrayList<>();
    TraceFlags flags = new TraceFlags(url(otlp, "/v1/traces", errors), url(zipkin, "/api/v2/spans", errors),
        share(fail, errors), List.copyOf(others));
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
    return flags;
  }

  /** With the usual path, if there is only a host. */
  private static @Nullable URI url(String text, String path, List<String> errors) {
    if (text.isBlank()) {
      return null;
    }
    try {
      URI url = URI.create(text);
      if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
        return url.getPath().length() > 1 ? url : url.resolve(path);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    errors.add(text + " is not a URL like http://localhost" + path);
    return null;
  }

  private static double share(String text, List<String> errors) {
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    errors.add("--fail=" + text + " is not a share from 0 to 1");
    return 0;
  }
}
