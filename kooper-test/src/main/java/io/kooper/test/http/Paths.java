package io.kooper.test.http;

import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.types.BuiltInTypes;
import io.kooper.test.types.Resource;

/** What the path of a request names, if it may be asked for that. */
final class Paths {

  private Paths() {}

  /** @throws StatusException 404 when nothing is served there */
  static Resource resource(Call call) {
    Resource resource = call.resource();
    if (resource == null && !BuiltInTypes.hasGroup(call.request().group())) {
      throw Statuses.noSuchPage();
    }
    if (resource == null || call.request().namespace() != null && !resource.type().namespaced()) {
      throw Statuses.noSuchPath();
    }
    String subresource = call.request().subresource();
    if (subresource == null ? !resource.allows(call.request().verb()) : !resource.allows(subresource, verb(call))) {
      if (subresource == null || resource.hasSubresource(subresource)) {
        throw Statuses.methodNotAllowed();
      }
    }
    if (subresource != null && !resource.hasSubresource(subresource)) {
      String name = call.request().name();
      boolean possible = resource.isCustom() && (subresource.equals("status") || subresource.equals("scale"));
      throw possible && name != null ? Statuses.notFound(resource.type(), name) : Statuses.noSuchPath();
    }
    if (call.request().name() != null && resource.type().namespaced() && call.request().namespace() == null) {
      throw Statuses.noSuchPath();
    }
    return resource;
  }

  private static String verb(Call call) {
    return call.request().verb().equals("watch") ? "get" : call.request().verb();
  }

  /** The name in the path, which has to have one. */
  static String name(Call call) {
    String name = call.request().name();
    if (name == null) {
      throw Statuses.methodNotAllowed();
    }
    return name;
  }
}
