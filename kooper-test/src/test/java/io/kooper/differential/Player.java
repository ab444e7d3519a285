package io.kooper.differential;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** Sends recorded requests to any API server, as they were sent. */
final class Player {

  private final Config config;
  private final HttpClient http;

  Player(Config config) {
    this.config = config;
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, SSLUtils.trustManagers(config), null);
      http = HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_1_1).build();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  Answered play(JsonNode request) {
    JsonNode body = request.path("body");
    String text = body.isNull() ? null : body.isString() ? body.stringValue() : body.toString();
    HttpRequest.Builder sent = HttpRequest.newBuilder(URI.create(config.getMasterUrl()).resolve(request.path("path").asString()))
        .timeout(Duration.ofMinutes(1)).header("Accept", "application/json").method(request.path("method").asString(),
            text == null ? BodyPublishers.noBody() : BodyPublishers.ofString(text));
    if (text != null) {
      sent.header("Content-Type", request.path("contentType").asString());
    }
    if (config.getOauthToken() != null) {
      sent.header("Authorization", "Bearer " + config.getOauthToken());
    }
    request.path("headers").properties().forEach(header -> sent.setHeader(header.getKey(), header.getValue().asString()));
    try {
      HttpResponse<String> response = http.send(sent.build(), BodyHandlers.ofString());
      return new Answered(response.statusCode(), String.join(", ", response.headers().allValues("Warning")),
          Normal.of(parse(response.body())));
    } catch (IOException e) {
      throw new AssertionError(request.path("label").asString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode parse(String body) {
    try {
      return Recorded.MAPPER.readTree(body);
    } catch (JacksonException e) {
      return StringNode.valueOf(body);
    }
  }
}
