package io.kooper.metrics.micrometer;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What Prometheus would understand of a scrape: numbers are compared as numbers, not as text. */
record Scrape(Map<String, String> types, List<Sample> samples) {

  record Sample(String name, Map<String, String> labels, double value) {}

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  static Scrape of(PrometheusMeterRegistry registry) {
    return of(registry.scrape());
  }

  static Scrape of(String text) {
    Map<String, String> types = new TreeMap<>();
    List<Sample> samples = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        types.put(type.group(1), type.group(2));
      } else if (!line.startsWith("#")) {
        if (!sample.matches()) {
          throw new AssertionError("not a sample: " + line);
        }
        Map<String, String> labels = new LinkedHashMap<>();
        LABEL.matcher(sample.group(2) == null ? "" : sample.group(2)).results()
            .forEach(label -> labels.put(label.group(1), label.group(2)));
        samples.add(new Sample(sample.group(1), labels, number(sample.group(3))));
      }
    }
    return new Scrape(types, samples);
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** The samples of a name that have at least these labels, given as name, value, name, value. */
  List<Sample> find(String name, String... labels) {
    return samples.stream().filter(sample -> {
      boolean same = sample.name().equals(name);
      for (int i = 0; i < labels.length; i += 2) {
        same &= labels[i + 1].equals(sample.labels().get(labels[i]));
      }
      return same;
    }).toList();
  }

  /** The value of the only sample that fits. */
  double value(String name, String... labels) {
    List<Sample> found = find(name, labels);
    if (found.size() != 1) {
      throw new AssertionError("not one sample of " + name + List.of(labels) + ": " + found);
    }
    return found.get(0).value();
  }

  /** The values that a label has. */
  Set<String> values(String name, String label) {
    return find(name).stream().map(sample -> sample.labels().get(label)).collect(Collectors.toCollection(TreeSet::new));
  }

  /** A histogram's bounds with their cumulated counts. */
  Map<Double, Double> buckets(String name, String... labels) {
    Map<Double, Double> buckets = new TreeMap<>();
    find(name + "_bucket", labels).forEach(sample -> buckets.put(number(sample.labels().get("le")), sample.value()));
    return buckets;
  }

  /** The labels of a family's samples, without those that its type brings. */
  Set<String> labels(String family) {
    Set<String> labels = new TreeSet<>();
    samples.stream()
        .filter(sample -> sample.name().equals(family) || sample.name().matches(family + "_(bucket|sum|count)"))
        .forEach(sample -> labels.addAll(sample.labels().keySet()));
    labels.removeAll(Set.of("le", "quantile"));
    return labels;
  }
}
