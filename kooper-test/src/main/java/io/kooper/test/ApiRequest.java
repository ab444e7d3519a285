package io.kooper.test;

import org.jspecify.annotations.Nullable;

/**
 * One request as the server saw it.
 *
 * @param verb {@code get}, {@code list}, {@code watch}, {@code create}, {@code update}, {@code patch}, {@code delete}
 *     or {@code deletecollection}; for paths that are not resources the HTTP method in lower case
 * @param path the decoded path, such as {@code /api/v1/namespaces/default/pods}
 * @param query the query as it was sent, empty if there was none
 * @param group the API group, empty for the core group and for paths that are not resources
 * @param resource the plural, such as {@code pods}, empty for paths that are not resources
 * @param namespace null for all namespaces and for objects without one
 * @param name null for a request on a whole collection
 * @param subresource such as {@code status}, null for the object itself
 */
public record ApiRequest(
    String verb,
    String path,
    String query,
    String group,
    String resource,
    @Nullable String namespace,
    @Nullable String name,
    @Nullable String subresource) {

  /** Whether this is a certain verb on a certain resource, {@code *} standing for any. */
  public boolean is(String verb, String resource) {
    return (verb.equals("*") || verb.equals(this.verb)) && (resource.equals("*") || resource.equals(this.resource));
  }
}
