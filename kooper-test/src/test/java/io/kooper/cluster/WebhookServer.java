package io.kooper.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.kooper.test.EmbeddedApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Webhooks of a test, over TLS: each path has one. */
final class WebhookServer implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final char[] PASSWORD = "kooper-test".toCharArray();

  private final HttpServer server;
  private final HttpServer plain;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final KeyStore keys;
  private final Map<String, UnaryOperator<JsonNode>> hooks = new ConcurrentHashMap<>();
  final List<JsonNode> requests = new CopyOnWriteArrayList<>(); // what was asked, in order
  final Set<String> paths = ConcurrentHashMap.newKeySet(); // where something was asked

  WebhookServer() throws IOException, GeneralSecurityException {
    keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = EmbeddedApiServer.class.getResourceAsStream("server.p12")) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    https.setHttpsConfigurator(new HttpsConfigurator(tls));
    server = https;
    plain = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    for (HttpServer one : List.of(server, plain)) {
      one.createContext("/", this::answer);
      one.setExecutor(threads);
      one.start();
    }
  }

  /** The same without TLS. */
  String plainUrl() {
    return "http://127.0.0.1:" + plain.getAddress().getPort();
  }

  String url(String path) {
    return "https://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** Whom the API server has to trust, in base64. */
  String authority() throws GeneralSecurityException {
    Certificate[] chain = keys.getCertificateChain("server");
    String pem = "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(chain[chain.length - 1].getEncoded())
        + "\n-----END CERTIFICATE-----\n";
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
  }

  /** What is answered at a path: a response to a request, without its uid; text is sent as it is. */
  void answer(String path, UnaryOperator<JsonNode> hook) {
    hooks.put(path, hook);
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes()).path("request");
    requests.add(request);
    paths.add(exchange.getRequestURI().getPath());
    UnaryOperator<JsonNode> hook = hooks.get(exchange.getRequestURI().getPath());
    JsonNode response = hook == null ? null : hook.apply(request);
    byte[] body = "no such webhook".getBytes(StandardCharsets.UTF_8);
    if (response instanceof ObjectNode object) {
      object.putIfAbsent("uid", request.path("uid"));
      ObjectNode review = JSON.createObjectNode().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
      body = JSON.writeValueAsBytes(review.set("response", object));
    } else if (response != null) {
      body = response.asString().getBytes(StandardCharsets.UTF_8);
    }
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(response == null ? 404 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    plain.stop(0);
    threads.shutdownNow();
  }
}
