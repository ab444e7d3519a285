package io.kooper.test.auth;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Who has which token. Used from any thread. */
public final class Tokens {

  /** That of the administrator, who is known to every server. */
  public static final String ADMIN = "kooper-test-admin";

  private final boolean required;
  private final Caller usual;
  private final Map<String, Caller> callers = new ConcurrentHashMap<>();

  /**
   * Those that are known from the start.
   *
   * @param required whether others are refused, and those who have none are anonymous
   * @param usual who everybody else is if they are not
   */
  public Tokens(Map<String, Caller> known, boolean required, Caller usual) {
    this.required = required;
    this.usual = usual;
    callers.putAll(known);
    callers.put(ADMIN, Caller.ADMIN);
  }

  /** A new one for a service account. */
  public String issue(String namespace, String account) {
    String token = "kooper-test." + UUID.randomUUID();
    callers.put(token, Caller.of(Caller.ACCOUNT + namespace + ":" + account, List.of()));
    return token;
  }

  /** The token of clients of which nothing is said. */
  public String usual() {
    return required ? ADMIN : "anybody";
  }

  public boolean areRequired() {
    return required;
  }

  @Nullable Caller find(String token) {
    return callers.get(token);
  }

  /**
   * Who has sent a request, but for impersonation.
   *
   * @throws StatusException 401 when the token is nobody's
   */
  public Caller caller(Function<String, @Nullable String> headers) {
    String header = headers.apply("Authorization");
    boolean bearer = header != null && header.startsWith("Bearer ");
    Caller known = bearer ? callers.get(header.substring("Bearer ".length())) : null;
    if (known != null) {
      return known;
    }
    if (!required) {
      return usual;
    }
    if (bearer) {
      throw new StatusException(Statuses.failure(401, "Unauthorized"));
    }
    return Caller.ANONYMOUS;
  }
}
