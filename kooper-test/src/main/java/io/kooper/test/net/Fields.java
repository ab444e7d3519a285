package io.kooper.test.net;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Names, each with one value or several: headers, whose names know no case, and parameters. */
public final class Fields {

  private final Map<String, List<String>> values;

  Fields(boolean ignoreCase) {
    values = ignoreCase ? new TreeMap<>(String.CASE_INSENSITIVE_ORDER) : new TreeMap<>();
  }

  /** @throws IllegalArgumentException when the query is not encoded as queries are */
  public static Fields ofQuery(String query) {
    Fields fields = new Fields(false);
    for (String pair : query.split("&")) {
      int equal = pair.indexOf('=');
      if (!pair.isEmpty()) {
        fields.add(decode(equal < 0 ? pair : pair.substring(0, equal)), equal < 0 ? "" : decode(pair.substring(equal + 1)));
      }
    }
    return fields;
  }

  /** @throws IllegalArgumentException when it is not encoded as queries are */
  static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  void add(String name, String value) {
    values.computeIfAbsent(name, absent -> new ArrayList<>(1)).add(value);
  }

  /** The first value of a name. */
  public @Nullable String get(String name) {
    List<String> all = values.get(name);
    return all == null ? null : all.get(0);
  }

  /** All values of a name. */
  public List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  public boolean contains(String name) {
    return values.containsKey(name);
  }

  void forEach(BiConsumer<String, String> each) {
    values.forEach((name, all) -> all.forEach(value -> each.accept(name, value)));
  }
}
