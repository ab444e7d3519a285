package io.kooper.test.types;

import io.kooper.test.ResourceType;
import io.kooper.test.kinds.KindInfo;
import io.kooper.test.kinds.Kinds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** The types that are served from the start: those of a kube-apiserver. */
public final class BuiltInTypes {

  /** Both versions of an event find what the other has written. */
  private static final List<String> EVENT_FIELDS = Stream.concat(
      Stream.of("type", "reason", "source", "reportingComponent", "reportingController"),
      Stream.of("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
          .flatMap(field -> Stream.of("involvedObject." + field, "regarding." + field))).toList();

  private static final List<Resource> ALL = Kinds.all().stream().map(BuiltInTypes::resource).toList();
  private static final Set<String> GROUPS =
      ALL.stream().map(resource -> resource.type().group()).collect(Collectors.toUnmodifiableSet());

  private BuiltInTypes() {}

  public static List<Resource> all() {
    return ALL;
  }

  public static boolean hasGroup(String group) {
    return GROUPS.contains(group);
  }

  /** Why an object is none of a type, null if it is. */
  public static @Nullable String mismatch(ResourceType wanted, ObjectNode object) {
    String apiVersion = object.path("apiVersion").asString(wanted.apiVersion());
    String kind = object.path("kind").asString(wanted.kind());
    return apiVersion.equals(wanted.apiVersion()) && kind.equals(wanted.kind()) ? null : mismatch(wanted, apiVersion, kind);
  }

  /** Why an object of one kind is none of another. */
  public static String mismatch(ResourceType wanted, String apiVersion, String kind) {
    boolean known = ALL.stream().anyMatch(one -> one.type().apiVersion().equals(apiVersion)
        && (one.type().kind().equals(kind) || one.listKind().equals(kind)));
    String internal = wanted.group().isEmpty() ? "core" : wanted.group().split("\\.", 2)[0];
    return known ? "converting (%s.%s) to (%s.%s): unknown conversion".formatted(
            apiVersion.substring(apiVersion.indexOf('/') + 1), kind, internal, wanted.kind())
        : "no kind \"%s\" is registered for version \"%s\" in scheme \"pkg/runtime/scheme.go:111\"".formatted(kind, apiVersion);
  }

  private static Resource resource(KindInfo kind) {
    ResourceType type = new ResourceType(kind.group(), kind.version(), kind.kind(), kind.plural(), kind.namespaced(),
        kind.subresources().containsKey("status"));
    List<String> shortNames = kind.entry().path("shortNames").valueStream().map(name -> name.asString("")).toList();
    return new Resource(type, kind.kind() + "List", kind.entry().path("singularName").asString(""), shortNames,
        pointers(kind.plural().equals("events") ? EVENT_FIELDS : kind.fields()), kind.generation(), kind.unversioned(),
            stored(type),
        Shape.builtIn(kind.schema().root()), kind.subresources().containsKey("scale") ? Scale.BUILT_IN : null, null, kind,
        MissingNode.getInstance(), false);
  }

  /** Two versions of one kind share their objects. */
  private static String stored(ResourceType type) {
    return switch (type.group()) {
      case "autoscaling" -> "autoscaling/v2";
      case "events.k8s.io" -> "v1";
      default -> type.apiVersion();
    };
  }

  private static Map<String, String> pointers(List<String> fields) {
    Map<String, String> pointers = new LinkedHashMap<>();
    for (String field : fields) {
      pointers.put(field, "/" + switch (field) {
        case "source" -> "source/component";
        case "reportingController" -> "reportingComponent";
        case "status.podIPs" -> "status/podIP";
        case "status.successful" -> "status/succeeded";
        default -> field.replace("regarding.", "involvedObject.").replace('.', '/');
      });
    }
    return pointers;
  }
}
