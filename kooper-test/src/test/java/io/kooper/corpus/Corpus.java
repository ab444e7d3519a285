package io.kooper.corpus;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.RawClient;
import io.kooper.test.kinds.KindInfo;
import io.kooper.test.kinds.Kinds;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The samples, and what a server makes of their mutants: it is asked to create each, and not to do so. */
final class Corpus {

  private static final YAMLMapper YAML = YAMLMapper.builder().build();
  private static final String NAMESPACE = "corpus";
  private static final Map<String, String> PATHS = paths();

  private final Config config;
  private final HttpClient http;

  Corpus(Config config) {
    this.config = config;
    this.http = RawClient.trusting(config).version(HttpClient.Version.HTTP_1_1).build();
  }

  private static Map<String, String> paths() {
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put("corpus.example.com/v1 Crate", "/apis/corpus.example.com/v1/namespaces/" + NAMESPACE + "/crates");
    for (KindInfo kind : Kinds.all()) {
      String version = kind.group().isEmpty() ? kind.version() : kind.group() + "/" + kind.version();
      paths.put(version + " " + kind.kind(), (kind.group().isEmpty() ? "/api/" : "/apis/") + version
          + (kind.namespaced() ? "/namespaces/" + NAMESPACE : "") + "/" + kind.plural());
    }
    return paths;
  }

  static List<ObjectNode> samples() {
    return read("samples.yml");
  }

  private static List<ObjectNode> read(String file) {
    List<ObjectNode> objects = new ArrayList<>();
    String text = text(file);
    for (String document : text.split("(?m)^---$")) {
      objects.add((ObjectNode) YAML.readTree(document));
    }
    return objects;
  }

  static String text(String file) {
    try (var in = Objects.requireNonNull(Corpus.class.getResourceAsStream("/corpus/" + file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** How a sample is called. */
  static String name(ObjectNode sample) {
    return sample.path("kind").asString() + "/" + sample.at("/metadata/name").asString();
  }

  /** The status of the answer for each mutant of each sample: by the names of both. */
  Map<String, Integer> judge() {
    post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + NAMESPACE + "\"}}");
    read("definition.yml").forEach(definition -> post(path(definition), definition.toString()));
    Map<String, Integer> verdicts = new LinkedHashMap<>();
    for (ObjectNode sample : samples()) {
      String path = path(sample) + "?dryRun=All&fieldValidation=Strict";
      for (Mutant mutant : Mutant.of(sample)) {
        verdicts.put(name(sample) + " " + mutant.place() + " " + mutant.how(), post(path, mutant.object().toString()));
      }
    }
    return verdicts;
  }

  private static String path(JsonNode object) {
    String type = object.path("apiVersion").asString() + " " + object.path("kind").asString();
    return Objects.requireNonNull(PATHS.get(type), type);
  }

  private int post(String path, String body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(config.getMasterUrl()).resolve(path))
        .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
    if (config.getOauthToken() != null) {
      request.header("Authorization", "Bearer " + config.getOauthToken());
    }
    try {
      return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      throw new AssertionError(path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
