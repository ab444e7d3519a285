package io.kooper.test;

import java.time.Instant;
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
 * @param userAgent what the client calls itself, empty if nothing
 * @param time when it arrived
 * @param body what was sent, null for nothing, and while it is not yet there
 * @param code the status of the response, 0 while there is none
 */
public record ApiRequest(
    String verb,
    String path,
    String query,
    String group,
    String resource,
    @Nullable String namespace,
    @Nullable String name,
    @Nullable String subresource,
    String userAgent,
    Instant time,
    @Nullable String body,
    int code) {

  /** Whether this is a certain verb on a certain resource, {@code *} standing for any. */
  public boolean is(String verb, String resource) {
    return (verb.equals("*") || verb.equals(this.verb)) && (resource.equals("*") || resource.equals(this.resource));
  }

  /** Such as {@code patch /api/v1/namespaces/default/pods/web/status 200}; the body is not shown, as it may be a Secret's. */
  @Override
  public String toString() {
    return verb + " " + path + (query.isEmpty() ? "" : "?" + query) + (code == 0 ? "" : " " + code);
  }
}
