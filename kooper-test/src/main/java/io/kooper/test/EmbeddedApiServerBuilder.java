package io.kooper.test;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.kooper.test.auth.Caller;
import io.kooper.test.auth.Tokens;
import io.kooper.test.http.Settings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configures an {@link EmbeddedApiServer}.
 *
 * <pre>{@code
 * EmbeddedApiServer server = EmbeddedApiServer.builder().rbac().token("secret", "alice", "developers").start();
 * }</pre>
 */
public final class EmbeddedApiServerBuilder {

  private boolean tls = true;
  private int port;
  private int history = 10_000;
  private Duration bookmarkInterval = Duration.ofMinutes(1);
  private boolean streamingLists = true;
  private int requests = 10_000;
  private @Nullable Permissions permissions;
  private boolean garbageCollection = true;
  private boolean rbac;
  private final Map<String, Caller> tokens = new HashMap<>();

  EmbeddedApiServerBuilder() {}

  /** Whether it speaks TLS, on by default. */
  public EmbeddedApiServerBuilder tls(boolean on) {
    this.tls = on;
    return this;
  }

  /** The port, or 0, the default, for a free one. */
  public EmbeddedApiServerBuilder port(int port) {
    this.port = port;
    return this;
  }

  /** How many events of each type are remembered, 10,000 by default; a watch that is further behind is ended. */
  public EmbeddedApiServerBuilder history(int events) {
    this.history = events;
    return this;
  }

  /** How often a watch that allows bookmarks gets one, each minute by default. */
  public EmbeddedApiServerBuilder bookmarkInterval(Duration interval) {
    this.bookmarkInterval = interval;
    return this;
  }

  /** Whether {@code sendInitialEvents} is known, as it is by default; otherwise it is refused with 422. */
  public EmbeddedApiServerBuilder streamingLists(boolean on) {
    this.streamingLists = on;
    return this;
  }

  /** How many requests are remembered for {@link EmbeddedApiServer#requests()}, 10,000 by default, none if it is 0. */
  public EmbeddedApiServerBuilder requestsKept(int requests) {
    this.requests = requests;
    return this;
  }

  /**
   * Whether the server does what a cluster's controllers do when something is deleted, as it does by default: dependents are
   * collected, namespaces emptied and ended, claims and volumes let go. ClusterRoles are aggregated, too. Otherwise all that
   * waits for somebody to do it, as on a bare kube-apiserver.
   */
  public EmbeddedApiServerBuilder garbageCollection(boolean on) {
    this.garbageCollection = on;
    return this;
  }

  /**
   * Permits no more than a role grants, wherever; other requests are answered with 403, as by RBAC. Those of an {@link
   * EmbeddedApiServer#adminClient} are not asked.
   */
  public EmbeddedApiServerBuilder allowOnly(ClusterRole role) {
    this.permissions = Permissions.granted(role.getRules());
    return this;
  }

  /**
   * Lets the roles on the server decide, as on a cluster: nothing is permitted that none of them grants. {@link
   * EmbeddedApiServer#client} and {@link EmbeddedApiServer#adminClient} may do everything, {@link EmbeddedApiServer#clientOf} is
   * a client of another user. A request without a token is anonymous, one with an unknown token is answered with 401.
   */
  public EmbeddedApiServerBuilder rbac() {
    this.rbac = true;
    return this;
  }

  /** Names the user who has a token; a request with an unknown one is answered with 401 from now on. */
  public EmbeddedApiServerBuilder token(String token, String user, String... groups) {
    tokens.put(token, Caller.of(user, List.of(groups)));
    return this;
  }

  /**
   * Starts the server and returns when it listens.
   *
   * @throws IllegalArgumentException when a setting is out of range; it names them all
   * @throws java.io.UncheckedIOException when the port is taken
   */
  public EmbeddedApiServer start() {
    Caller usual = permissions == null ? Caller.ADMIN : Caller.of("kooper-test", List.of());
    Settings settings = new Settings(tls, port, history, bookmarkInterval, streamingLists, requests, permissions,
        garbageCollection, rbac, new Tokens(tokens, rbac || !tokens.isEmpty(), usual));
    settings.check();
    EmbeddedApiServer server = new EmbeddedApiServer(settings);
    try {
      server.listen();
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }
}
