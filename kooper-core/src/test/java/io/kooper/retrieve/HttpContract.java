package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Version;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A source of ConfigMaps over a real connection to a server that says what a test wants. */
abstract class HttpContract {

  /** Long enough never to pass by chance, for what is not about a deadline. */
  static final Duration LONG = Duration.ofSeconds(20);
  static final Deadlines PATIENT = new Deadlines(LONG, LONG, LONG, LONG);
  static final Duration SHORT = Duration.ofMillis(200);

  private final HttpClient.Factory factory;
  ScriptedServer server;
  private KubernetesClient client;
  final Recorded<ConfigMap> recorded = new Recorded<>();

  HttpContract(HttpClient.Factory factory) {
    this.factory = factory;
  }

  /** Vert.x 4, of fabric8 7, takes a connection back, or closes it, a moment after its response has ended. */
  void assumeConnectionsAreBackAtOnce() {
    assumeFalse(factory.getClass().getName().contains(".vertx") && Version.clientVersion().startsWith("7."));
  }

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedServer();
    client = new KubernetesClientBuilder().withHttpClientFactory(factory)
        .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty()).withMasterUrl(server.url()).build()).build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  HttpListerWatcher<ConfigMap> source(Deadlines deadlines) {
    Target target = new Target(server.url(), "", "v1", "configmaps", "x", Map.of("labelSelector", "a=b,c in (d,e)"));
    return new HttpListerWatcher<>(client, ConfigMap.class, target, null, HttpListerWatcher.Form.PACKED, deadlines);
  }

  HttpListerWatcher<ConfigMap> source() {
    return source(PATIENT);
  }

  String list() throws Exception {
    return source().list(new ListOptions(), recorded);
  }

  static ListOptions from(String version) {
    return new ListOptionsBuilder().withResourceVersion(version).withTimeoutSeconds(30L).withAllowWatchBookmarks(true)
        .build();
  }

  static RetrieveException failure(ThrowingCallable call) {
    return catchThrowableOfType(RetrieveException.class, call);
  }

  static String object(String name, String version) {
    return "{\"metadata\":{\"name\":\"" + name + "\",\"namespace\":\"x\",\"uid\":\"u-" + name + "\",\"resourceVersion\":\""
        + version + "\",\"managedFields\":[{\"manager\":\"m\"}]},\"data\":{\"k\":\"v\"}}";
  }

  static String listOf(String version, String token, String... objects) {
    return "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version + "\""
        + (token.isEmpty() ? "" : ",\"continue\":\"" + token + "\"") + "},\"items\":[" + String.join(",", objects) + "]}\n";
  }

  static String event(String type, String object) {
    return "{\"type\":\"" + type + "\",\"object\":" + object + "}\n";
  }

  static String bookmark(String version, String annotations) {
    return event("BOOKMARK", "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version
        + "\",\"annotations\":" + annotations + "}}");
  }

  static String status(int code, String reason, String message) {
    return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" + message
        + "\",\"reason\":\"" + reason + "\",\"code\":" + code + "}";
  }

  Thread inThread(CompletableFuture<Throwable> end, ThrowingCallable call) {
    Thread thread = new Thread(() -> end.complete(catchThrowable(call)), "reader");
    thread.start();
    return thread;
  }
}
