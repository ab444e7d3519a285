package io.kooper.examples.echopod;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The flags that only this program has.
 *
 * @param namespace whose pods are echoed; empty for all
 * @param resync how often each pod is echoed again
 * @param others the flags that all examples have
 */
record EchoPodFlags(String namespace, Duration resync, List<String> others) {

  static final String USAGE = """
      Flags of this example:
        --namespace=NAME   echo the pods of this namespace only; default: all
        --resync=TIME      echo each pod again after this time, for instance 5s or 1m; default: 30s""";

  /**
   * @throws IllegalArgumentException naming every flag that is wrong
   */
  static EchoPodFlags parse(String... args) {
    String namespace = "";
    Duration resync = Duration.ofSeconds(30);
    List<String> others = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    for (String arg : args) {
      String value = arg.substring(arg.indexOf('=') + 1);
      if (arg.startsWith("--namespace=")) {
        namespace = value;
        if (!value.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
          errors.add(arg + " names no namespace");
        }
      } else if (arg.startsWith("--resync=")) {
        try {
          resync = Duration.parse("PT" + value.toUpperCase(Locale.ROOT));
        } catch (DateTimeException e) {
          errors.add(arg + " is not a time like 5s or 1m");
        }
        if (resync.compareTo(Duration.ofSeconds(1)) < 0) {
          errors.add(arg + " is less than a second");
        }
      } else {
        others.add(arg);
      }
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
    return new EchoPodFlags(namespace, resync, List.copyOf(others));
  }
}
