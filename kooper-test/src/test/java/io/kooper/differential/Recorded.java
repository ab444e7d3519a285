package io.kooper.differential;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request and what a kube-apiserver 1.36.2 answered.
 *
 * @param request its label, method, path, content type, headers and body
 * @param answer the real one
 */
record Recorded(JsonNode request, Answered answer) {

  static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** Whether it is only sent for what it does. */
  boolean isQuiet() {
    return request.path("quiet").asBoolean(false);
  }

  boolean isWatch() {
    return request.path("watch").asBoolean(false);
  }

  /** Whether it is sent while the watch before it is open. */
  boolean isMeanwhile() {
    return request.path("meanwhile").asBoolean(false);
  }

  String label() {
    return request.path("label").asString();
  }

  /** The requests of a file, in the order in which they were sent. */
  static List<Recorded> read(String name) {
    return of(lines(name + ".jsonl"));
  }

  static List<Recorded> of(List<String> lines) {
    List<Recorded> recorded = new ArrayList<>();
    for (String line : lines) {
      ObjectNode node = (ObjectNode) MAPPER.readTree(line);
      node.put("number", recorded.size());
      recorded.add(new Recorded(node, new Answered(node.path("status").asInt(), node.path("warning").asString(""),
          Normal.of(node.path("response")))));
    }
    return recorded;
  }

  /** The labels of the requests of a file whose answers may differ, each with the reason. */
  static Map<String, String> accepted(String name) {
    Map<String, String> accepted = new LinkedHashMap<>();
    String reason = "";
    for (String line : lines(name + ".accepted")) {
      if (line.startsWith("#")) {
        reason = line.substring(1).strip();
      } else {
        accepted.put(line.strip(), reason);
      }
    }
    return accepted;
  }

  private static List<String> lines(String file) {
    try (InputStream in = Objects.requireNonNull(Recorded.class.getResourceAsStream("/differential/" + file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** In the order in which they were sent; watches in a row at once, and what is sent meanwhile while they are open. */
  static Map<Recorded, Answered> play(List<Recorded> recorded, Player player) {
    Map<Recorded, Answered> answers = new LinkedHashMap<>();
    Map<Recorded, Player.Sent> open = new LinkedHashMap<>();
    for (int i = 0; i < recorded.size(); i++) {
      Recorded one = recorded.get(i);
      boolean watched = i + 1 < recorded.size() && recorded.get(i + 1).isMeanwhile();
      if (watched && !one.isMeanwhile()) {
        open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
        open.clear();
      }
      if (one.isWatch()) {
        open.put(one, player.begin(one.request()));
        continue;
      }
      if (!one.isMeanwhile()) {
        open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
        open.clear();
      }
      answers.put(one, player.play(one.request()));
    }
    open.forEach((watch, sent) -> answers.put(watch, player.finish(sent)));
    return answers;
  }
}
