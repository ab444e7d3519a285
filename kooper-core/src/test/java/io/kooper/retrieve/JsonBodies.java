package io.kooper.retrieve;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Makes up bodies of lists and watches: any order, nesting, spacing and spelling, with names that mislead. */
final class JsonBodies {

  private static final String[] WORDS = {
    "metadata", "managedFields", "items", "object", "type", "spec", "a", "name", "\\\"", "\\\\", "\\u007b", "}", "],[", "é",
    "\ud83d\ude00", "\\n", ":", ",", "{\\\"metadata\\\":{\\\"managedFields\\\":1}}", "\\\\\\\"", "long ".repeat(30)
  };

  private final Random random;
  private int next;

  JsonBodies(Random random) {
    this.random = random;
  }

  String list() {
    List<String> members = new ArrayList<>();
    members.add("\"kind\"" + ":" + "\"FooList\"");
    members.add("\"metadata\"" + space() + ":" + object(List.of("\"resourceVersion\":\"7\"", "\"continue\":\"\""), 1));
    List<String> items = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      items.add(item());
    }
    members.add("\"items\":" + space() + "[" + space() + String.join(space() + "," + space(), items) + space() + "]");
    for (int i = random.nextInt(3); i > 0; i--) {
      members.add("\"x" + i + "\":" + value(3));
    }
    return space() + shuffled(members) + space();
  }

  List<String> events() {
    List<String> events = new ArrayList<>();
    for (int i = 1 + random.nextInt(6); i > 0; i--) {
      List<String> members = new ArrayList<>(List.of("\"type\":\"ADDED\"", "\"object\":" + space() + item()));
      if (random.nextInt(4) == 0) {
        members.add("\"more\":" + value(2));
      }
      events.add(shuffled(members) + (random.nextBoolean() ? "\n" : ""));
    }
    return events;
  }

  private String item() {
    List<String> metadata = new ArrayList<>(List.of("\"name\":\"n" + next++ + "\""));
    if (random.nextInt(4) > 0) {
      metadata.add("\"managedFields\"" + space() + ":" + space() + value(3));
    }
    List<String> members = new ArrayList<>(List.of("\"metadata\":" + space() + object(metadata, 2)));
    return object(members, 3);
  }

  private String object(List<String> members, int depth) {
    List<String> all = new ArrayList<>(members);
    for (int i = random.nextInt(4); i > 0; i--) {
      String key = "\"" + word() + "_" + i + "\""; // damaged, it is no other key
      if (random.nextInt(3) == 0 && depth > 0 && members.isEmpty()) {
        key = "\"" + (random.nextBoolean() ? "metadata" : "managedFields") + "\"";
      }
      String start = key;
      if (all.stream().noneMatch(member -> member.startsWith(start))) {
        all.add(key + space() + ":" + space() + value(depth - 1));
      }
    }
    return shuffled(all);
  }

  private String shuffled(List<String> members) {
    List<String> all = new ArrayList<>(members);
    Collections.shuffle(all, random);
    return "{" + space() + String.join(space() + "," + space(), all) + space() + "}";
  }

  private String value(int depth) {
    switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0:
        return "null";
      case 1:
        return "-1.5e3";
      case 2:
        return "true";
      case 3, 4:
        return "\"" + word() + word() + "\"";
      case 5:
        List<String> elements = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          elements.add(value(depth - 1));
        }
        return "[" + String.join(space() + ",", elements) + "]";
      default:
        return object(List.of(), depth - 1);
    }
  }

  private String word() {
    return WORDS[random.nextInt(WORDS.length)];
  }

  private String space() {
    return switch (random.nextInt(12)) {
      case 0 -> " ";
      case 1 -> "\n\t";
      default -> "";
    };
  }
}
