package io.kooper.test.net;

import org.jspecify.annotations.Nullable;

/**
 * A request, with all of its body.
 *
 * @param path as it was sent, encoded
 * @param query as it was sent, empty if there is none
 */
public record Request(String method, String path, String query, Fields headers, Fields params, byte[] body,
    Connection connection, Response response) {

  public @Nullable String header(String name) {
    return headers.get(name);
  }
}
