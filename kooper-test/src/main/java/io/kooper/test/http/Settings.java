package io.kooper.test.http;

import io.kooper.test.Permissions;
import io.kooper.test.auth.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * What the builder of a server was told.
 *
 * @param requests how many are kept
 * @param permissions what clients may do, null for everything
 * @param rbac whether roles decide what clients may do
 * @param garbageCollection whether a cluster's controllers are imitated when something is deleted
 */
public record Settings(boolean tls, int port, int history, Duration bookmarkInterval, boolean streamingLists, int requests,
    @Nullable Permissions permissions, boolean garbageCollection, boolean rbac, Tokens tokens) {

  /** @throws IllegalArgumentException when something is out of range; it names everything that is */
  public void check() {
    List<String> errors = new ArrayList<>();
    if (port < 0 || port > 65_535) {
      errors.add("port must be 0 to 65535, not " + port);
    }
    if (history < 1) {
      errors.add("history must be positive, not " + history);
    }
    if (requests < 0) {
      errors.add("requestsKept must not be negative, but is " + requests);
    }
    if (bookmarkInterval.toMillis() < 1) {
      errors.add("bookmarkInterval must be at least a millisecond, not " + bookmarkInterval);
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", errors));
    }
  }

  /** What speaks TLS; null for plain text. */
  public @Nullable SSLSocketFactory sockets() {
    return tls ? TestCertificate.sockets() : null;
  }

  /** The text of a kubeconfig file. */
  public String kubeconfig(String url) {
    String authority = tls ? "    certificate-authority-data: " + TestCertificate.authorityBase64() + "\n" : "";
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: kooper-test
          cluster:
            server: %s
        %scontexts:
        - name: kooper-test
          context:
            cluster: kooper-test
            user: kooper-test
            namespace: default
        users:
        - name: kooper-test
          user:
            token: %s
        current-context: kooper-test
        """.formatted(url, authority, tokens.usual());
  }
}
