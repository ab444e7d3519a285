package io.kooper.test.auth;

import io.kooper.test.Permissions;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets requests through, or not: by roles, by what a test permits, or all of them. Used from any thread. */
public final class Access {

  private final Tokens tokens;
  private final @Nullable Roles roles;
  private final @Nullable Permissions permissions;

  /**
   * The access to a server.
   *
   * @param rbac whether roles decide
   * @param permissions what is permitted if they do not, null for everything
   */
  public Access(Tokens tokens, boolean rbac, @Nullable Permissions permissions, ObjectStore store, Registry registry) {
    this.tokens = tokens;
    this.roles = rbac ? new Roles(store, registry) : null;
    this.permissions = permissions;
  }

  /**
   * Who sends a request, which he may.
   *
   * @param impersonated the groups as which he wants to be seen
   * @throws StatusException 401 when nobody knows his token, 403 when he may not do what he asks for
   */
  public Caller admit(Ask ask, Function<String, @Nullable String> headers, Supplier<List<String>> impersonated) {
    Caller caller = tokens.caller(headers);
    String user = headers.apply("Impersonate-User");
    if (user != null && !user.isEmpty()) {
      require(caller, impersonation(user));
      caller = Caller.of(user, impersonated.get());
    }
    require(caller, ask);
    return caller;
  }

  private static Ask impersonation(String user) {
    String[] account = user.split(":");
    return user.startsWith(Caller.ACCOUNT) && account.length == 4
        ? new Ask("impersonate", "", "serviceaccounts", account[2], account[3], "")
        : new Ask("impersonate", "", "users", "", user, "");
  }

  private void require(Caller caller, Ask ask) {
    if (reason(caller, ask) == null) {
      throw Statuses.notPermitted(ask.request(), caller.name());
    }
  }

  /** Why somebody may do something, empty if that needs no reason, null if he may not. */
  @Nullable String reason(Caller caller, Ask ask) {
    if (caller.isMaster()) {
      return "";
    }
    if (roles != null) {
      return roles.reason(caller, ask);
    }
    return permissions == null || ask.resource().isEmpty() || Reviews.isOfOneself(ask) || permissions.allow(ask.request())
        ? "" : null;
  }

  /** What somebody may do in a namespace. */
  List<Rule> rules(Caller caller, String namespace) {
    if (roles != null || caller.isMaster() || permissions == null) {
      return roles != null ? roles.rules(caller, namespace) : List.of(Rule.paths(List.of("*"), "*"),
          Rule.resources(List.of("*"), List.of("*"), "*"));
    }
    return permissions.all().stream().map(one -> Rule.resources(List.of(one.group()), List.of(one.resource()), one.verb()))
        .toList();
  }
}
