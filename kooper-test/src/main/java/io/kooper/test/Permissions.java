package io.kooper.test;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Verbs on resources, as RBAC has them: what requests needed, and what roles grant.
 *
 * <p>Run a controller through all that it does, and let its requests say what its role has to grant:
 *
 * <pre>{@code
 * Permissions needed = Permissions.of(server.requests(request -> request.userAgent().startsWith("reaper")));
 * needed.mustBeExactly(Path.of("manifests/reaper.yml"));
 * }</pre>
 *
 * <p>A PATCH or PUT that created its object needed {@code create}, too. Names of resources are not told apart. Immutable.
 */
public final class Permissions {

  /** One verb on one resource of a group; the resource may be a subresource, as in {@code pods/status}. */
  public record Permission(String group, String resource, String verb) implements Comparable<Permission> {

    @Override
    public int compareTo(Permission other) {
      int order = group.compareTo(other.group);
      order = order != 0 ? order : resource.compareTo(other.resource);
      return order != 0 ? order : verb.compareTo(other.verb);
    }

    /** Such as {@code list deployments.apps}. */
    @Override
    public String toString() {
      return verb + " " + (group.isEmpty() ? resource : resource + "." + group);
    }
  }

  private final Set<Permission> all;

  private Permissions(Collection<Permission> all) {
    this.all = new TreeSet<>(all);
  }

  /** What requests need. Those for discovery and the like need nothing. */
  public static Permissions of(Collection<ApiRequest> requests) {
    List<Permission> needed = new ArrayList<>();
    for (ApiRequest request : requests) {
      if (request.resource().isEmpty()) {
        continue;
      }
      String resource = request.resource() + (request.subresource() == null ? "" : "/" + request.subresource());
      needed.add(new Permission(request.group(), resource, request.verb()));
      if (request.code() == 201 && (request.verb().equals("patch") || request.verb().equals("update"))) {
        needed.add(new Permission(request.group(), resource, "create"));
      }
    }
    return new Permissions(needed);
  }

  /** What rules grant; a {@code *} stays one. */
  public static Permissions granted(Collection<PolicyRule> rules) {
    List<Permission> granted = new ArrayList<>();
    for (PolicyRule rule : rules) {
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          rule.getVerbs().forEach(verb -> granted.add(new Permission(group, resource, verb)));
        }
      }
    }
    return new Permissions(granted);
  }

  /** What the roles and cluster roles of a YAML file grant together. */
  public static Permissions granted(Path manifest) {
    List<PolicyRule> rules = new ArrayList<>();
    try (KubernetesClient parser = new KubernetesClientBuilder().withConfig(Config.empty()).build();
        InputStream stream = Files.newInputStream(manifest)) {
      for (HasMetadata object : parser.load(stream).items()) {
        if (object instanceof ClusterRole role) {
          rules.addAll(role.getRules());
        } else if (object instanceof Role role) {
          rules.addAll(role.getRules());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return granted(rules);
  }

  /** All of them, in order. */
  public Set<Permission> all() {
    return new TreeSet<>(all);
  }

  /** Those that satisfy no condition of rare ones, such as what is asked for only after a failure. */
  public Permissions without(Collection<Permission> rare) {
    Set<Permission> rest = new TreeSet<>(all);
    rest.removeAll(rare);
    return new Permissions(rest);
  }

  /** Whether a request is among these. */
  public boolean allow(ApiRequest request) {
    String resource = request.resource() + (request.subresource() == null ? "" : "/" + request.subresource());
    return all.stream().anyMatch(one -> matches(one.group(), request.group()) && matches(one.verb(), request.verb())
        && (matches(one.resource(), resource)
            || one.resource().startsWith("*/") && resource.endsWith(one.resource().substring(1))));
  }

  private static boolean matches(String granted, String asked) {
    return granted.equals("*") || granted.equals(asked);
  }

  /** A role that grants these and nothing else: a rule for each group and set of verbs. */
  public ClusterRole toClusterRole(String name) {
    TreeMap<String, Set<String>> verbs = new TreeMap<>(); // by group and resource
    all.forEach(one -> verbs.computeIfAbsent(one.group() + "|" + one.resource(), key -> new TreeSet<>()).add(one.verb()));
    TreeMap<String, Set<String>> resources = new TreeMap<>(); // by group and verbs
    verbs.forEach((key, set) -> resources.computeIfAbsent(key.substring(0, key.indexOf('|')) + "|" + String.join(",", set),
        rule -> new TreeSet<>()).add(key.substring(key.indexOf('|') + 1)));
    List<PolicyRule> rules = new ArrayList<>();
    resources.forEach((key, set) -> rules.add(new PolicyRuleBuilder().addToApiGroups(key.substring(0, key.indexOf('|')))
        .addAllToResources(set).addToVerbs(key.substring(key.indexOf('|') + 1).split(",")).build()));
    return new ClusterRoleBuilder().withNewMetadata().withName(name).endMetadata().withRules(rules).build();
  }

  /**
   * Asserts that the roles of a YAML file grant these and nothing else.
   *
   * @throws AssertionError otherwise; it names what is missing and what nobody asked for
   */
  public void mustBeExactly(Path manifest) {
    mustBeExactly(granted(manifest), manifest.toString());
  }

  /** As {@link #mustBeExactly(Path)}, of a role. */
  public void mustBeExactly(ClusterRole role) {
    mustBeExactly(granted(role.getRules()), role.getMetadata().getName());
  }

  private void mustBeExactly(Permissions granted, String where) {
    Set<Permission> missing = new TreeSet<>(all);
    missing.removeAll(granted.all);
    Set<Permission> superfluous = new TreeSet<>(granted.all);
    superfluous.removeAll(all);
    if (!missing.isEmpty() || !superfluous.isEmpty()) {
      throw new AssertionError(where + " does not grant what was asked for: missing " + missing + ", superfluous " + superfluous);
    }
  }

  /** Such as {@code [get pods, list deployments.apps]}. */
  @Override
  public String toString() {
    return all.toString();
  }
}
