package io.kooper.differential;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Sends recorded requests to any API server, as they were sent. */
final class Player {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(\\d+):([^}]+)}");

  private final Map<Integer, JsonNode> answers = new HashMap<>();
  private final Config config;
  private final HttpClient http;

  Player(Config config) {
    this.config = config;
    this.http = RawClient.trusting(config).version(HttpClient.Version.HTTP_1_1).build();
  }

  /** Sends a request. What it takes of earlier answers is that of this server. */
  Answered play(JsonNode request) {
    return finish(begin(request));
  }

  /** A request that has been sent: of a watch the response has begun. */
  record Sent(JsonNode request, HttpResponse<InputStream> response) {}

  /** Sends a request and returns once its response begins. */
  Sent begin(JsonNode request) {
    JsonNode body = request.path("body");
    String text = body.isMissingNode() || body.isNull() ? null : filled(body.isString() ? body.stringValue() : body.toString());
    HttpRequest.Builder sent = HttpRequest.newBuilder(
        URI.create(config.getMasterUrl()).resolve(filled(request.path("path").asString())))
        .timeout(Duration.ofMinutes(1)).header("Accept", "application/json")
        .header("User-Agent", "python-requests").method(request.path("method").asString(),
            text == null ? BodyPublishers.noBody() : BodyPublishers.ofString(text));
    if (text != null) {
      sent.header("Content-Type", request.path("contentType").asString());
    }
    if (config.getOauthToken() != null) {
      sent.header("Authorization", "Bearer " + config.getOauthToken());
    }
    request.path("headers").properties().forEach(header -> sent.setHeader(header.getKey(), header.getValue().asString()));
    try {
      return new Sent(request, http.send(sent.build(), BodyHandlers.ofInputStream()));
    } catch (IOException e) {
      throw new AssertionError(request.path("label").asString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Reads the response to its end. */
  Answered finish(Sent sent) {
    String text = text(sent.response());
    JsonNode body;
    if (sent.request().path("watch").asBoolean(false)) {
      ObjectNode events = Recorded.MAPPER.createObjectNode();
      ArrayNode array = events.putArray("events");
      text.lines().forEach(line -> array.add(parse(line)));
      body = events;
    } else {
      body = parse(text);
      answers.put(sent.request().path("number").asInt(-1), body);
    }
    return new Answered(sent.response().statusCode(), String.join(", ", sent.response().headers().allValues("Warning")),
        Normal.of(body));
  }

  private static String text(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts in what this server answered before: <code>${3:/metadata/uid}</code> is that of the fourth request. */
  private String filled(String text) {
    return PLACEHOLDER.matcher(text).replaceAll(place -> {
      JsonNode value = answers.getOrDefault(Integer.parseInt(place.group(1)), MissingNode.getInstance()).at(place.group(2));
      return Matcher.quoteReplacement(URLEncoder.encode(value.asString(""), StandardCharsets.UTF_8));
    });
  }

  private static JsonNode parse(String body) {
    try {
      return Recorded.MAPPER.readTree(body);
    } catch (JacksonException e) {
      return StringNode.valueOf(body);
    }
  }
}
