package io.kooper.test.auth;

import io.kooper.test.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A user, with the groups that he is in. */
public record Caller(String name, String uid, List<String> groups) {

  static final String MASTERS = "system:masters";
  static final String AUTHENTICATED = "system:authenticated";
  static final String ACCOUNT = "system:serviceaccount:";

  /** Who asks while nobody is asked who he is. */
  public static final Caller ADMIN = new Caller("admin", "6f0b2c34-5e1d-4a3e-9a51-0d4d5e1c7a10", List.of(MASTERS, AUTHENTICATED));

  static final Caller ANONYMOUS = new Caller("system:anonymous", "", List.of("system:unauthenticated"));

  /** A user who is known, and in the groups of such users. */
  public static Caller of(String name, List<String> groups) {
    Set<String> all = new LinkedHashSet<>(groups);
    String[] parts = name.split(":");
    if (name.startsWith(ACCOUNT) && parts.length == 4) {
      all.addAll(List.of("system:serviceaccounts", "system:serviceaccounts:" + parts[2]));
    }
    all.add(AUTHENTICATED);
    return new Caller(name, "", new ArrayList<>(all));
  }

  /** Whether he may do everything, whatever roles say. */
  boolean isMaster() {
    return groups.contains(MASTERS);
  }

  /** As reviews tell of him. */
  public ObjectNode json() {
    ObjectNode user = Json.object().put("username", name);
    if (!uid.isEmpty()) {
      user.put("uid", uid);
    }
    ArrayNode array = user.putArray("groups");
    groups.forEach(array::add);
    return user;
  }
}
