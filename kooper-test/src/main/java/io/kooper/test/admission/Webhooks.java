package io.kooper.test.admission;

import io.kooper.test.admission.Review.Answer;
import io.kooper.test.admission.Unanswered.Question;
import io.kooper.test.json.Statuses;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Asks webhooks over HTTP. Each question takes no longer than its webhook says. */
public final class Webhooks implements AutoCloseable {

  private final Hooks hooks;
  private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
    Thread thread = new Thread(task, "kooper-test-webhooks");
    thread.setDaemon(true);
    return thread;
  });
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>(); // by what they trust

  public Webhooks(Hooks hooks) {
    this.hooks = hooks;
  }

  /** Asks all at once; the change has their answers when {@code then} runs on the loop. */
  public void ask(Unanswered unanswered, Executor loop, Runnable then) {
    CompletableFuture<?>[] asked = unanswered.questions().stream()
        .map(question -> answer(question).exceptionally(e -> Answer.failure("failed to call webhook: " + e))
            .thenAcceptAsync(answer -> unanswered.admission().answered(question.key(), answer), loop))
        .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(asked).thenRunAsync(then, loop);
  }

  private CompletableFuture<Answer> answer(Question question) {
    JsonNode client = question.hook().json().path("clientConfig");
    JsonNode service = client.path("service");
    String query = "?timeout=" + question.hook().timeout().toSeconds() + "s";
    String shown = (service.isObject() ? url(service) : client.path("url").asString("")) + query;
    URI endpoint = service.isObject() ? hooks.endpoint(service) : null;
    if (service.isObject() && endpoint == null) {
      return CompletableFuture.completedFuture(
          failure(shown, "service \"%s\" not found".formatted(service.path("name").asString(""))));
    }
    try {
      URI url = endpoint == null ? URI.create(shown) : endpoint.resolve(service.path("path").asString("/") + query);
      HttpRequest request = HttpRequest.newBuilder(url).timeout(question.hook().timeout())
          .header("Content-Type", "application/json").header("Accept", "application/json, */*")
          .header("User-Agent", "kube-apiserver-admission")
          .POST(HttpRequest.BodyPublishers.ofByteArray(question.review().body())).build();
      return client(client.path("caBundle").asString("")).sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
          .orTimeout(question.hook().timeout().toMillis(), TimeUnit.MILLISECONDS)
          .handle((response, failure) -> response == null ? failure(shown, reason(url, failure)) : read(question, response));
    } catch (IllegalArgumentException | GeneralSecurityException | IOException e) {
      return CompletableFuture.completedFuture(failure(shown, String.valueOf(e.getMessage())));
    }
  }

  private static Answer read(Question question, HttpResponse<byte[]> response) {
    int code = response.statusCode();
    if (code >= 200 && code < 300) {
      return question.review().answer(response.body());
    }
    String body = new String(response.body(), StandardCharsets.UTF_8);
    return Answer.failure("failed to call webhook: " + Statuses.generic(code, body));
  }

  private static String url(JsonNode service) {
    return "https://%s.%s.svc:%d%s".formatted(service.path("name").asString(""), service.path("namespace").asString(""),
        service.path("port").asInt(443), service.path("path").asString(""));
  }

  private static Answer failure(String url, String why) {
    return Answer.failure("failed to call webhook: Post \"%s\": %s".formatted(url, why));
  }

  private static String reason(URI url, @Nullable Throwable failure) {
    Throwable why = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    if (why instanceof ConnectException && isUnresolved(why)) {
      return "dial tcp: lookup %s: no such host".formatted(url.getHost());
    }
    if (why instanceof ConnectException) {
      return "dial tcp %s:%d: connect: connection refused".formatted(url.getHost(), url.getPort() < 0 ? 443 : url.getPort());
    }
    if (why instanceof TimeoutException || why instanceof HttpTimeoutException) {
      return "context deadline exceeded";
    }
    if (why instanceof SSLException) {
      boolean unknown = String.valueOf(why.getMessage()).contains("unable to find valid certification path");
      return "tls: failed to verify certificate: x509: "
          + (unknown ? "certificate signed by unknown authority" : why.getMessage());
    }
    return String.valueOf(why);
  }

  private static boolean isUnresolved(Throwable failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }

  private HttpClient client(String authority) throws GeneralSecurityException, IOException {
    HttpClient known = clients.get(authority);
    if (known == null) {
      HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(threads);
      if (!authority.isEmpty()) {
        builder.sslContext(trusting(Base64.getDecoder().decode(authority)));
      }
      known = builder.build();
      clients.put(authority, known);
    }
    return known;
  }

  private static SSLContext trusting(byte[] authorities) throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    int index = 0;
    for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(authorities))) {
      trusted.setCertificateEntry("authority-" + index++, one);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
