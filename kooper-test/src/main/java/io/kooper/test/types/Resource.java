package io.kooper.test.types;

import io.kooper.test.ResourceType;
import io.kooper.test.kinds.KindInfo;
import io.kooper.test.kinds.KindPlace;
import io.kooper.test.validation.CustomSchema;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * A served type with everything that is not in its name.
 *
 * @param fields the field selectors beyond metadata, and where their values are found
 * @param generation whether {@code metadata.generation} counts the changes of the spec
 * @param unconditionalUpdate whether a PUT may leave the resourceVersion out
 * @param storedApiVersion the apiVersion its objects are kept in (several versions share their objects)
 * @param shape how its objects are merged
 * @param scale its scale subresource, null if it has none
 * @param schema what its objects have to be, null if that is not known
 * @param kind what is known of a built-in kind, null for others
 * @param printerColumns those of a definition, missing if it has none
 * @param terminating whether its definition is about to go
 */
public record Resource(
    ResourceType type,
    String listKind,
    String singular,
    List<String> shortNames,
    Map<String, String> fields,
    boolean generation,
    boolean unconditionalUpdate,
    String storedApiVersion,
    Shape shape,
    @Nullable Scale scale,
    @Nullable CustomSchema schema,
    @Nullable KindInfo kind,
    JsonNode printerColumns,
    boolean terminating) {

  private static final List<String> VERBS =
      List.of("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch");
  private static final List<String> LAST_VERBS = List.of("delete", "deletecollection", "get", "list", "watch");

  /** A type that behaves like the objects of a CustomResourceDefinition. */
  public static Resource custom(ResourceType type) {
    return new Resource(type, type.kind() + "List", type.kind().toLowerCase(Locale.ROOT), List.of(), Map.of(), true,
        false, type.apiVersion(), Shape.custom(MissingNode.getInstance()), null, null, null, MissingNode.getInstance(), false);
  }

  /** A new definition of this type; a schema that has not changed has been read already. */
  public Resource keepingSchema(Resource next) {
    return schema == null || !schema.equals(next.schema) ? next
        : new Resource(next.type, next.listKind, next.singular, next.shortNames, next.fields, next.generation,
            next.unconditionalUpdate, next.storedApiVersion, next.shape, next.scale, schema, next.kind, next.printerColumns,
            next.terminating);
  }

  /** The same, of which no more than the metadata is shown. */
  public Resource metadataOnly() {
    return new Resource(type, "PartialObjectMetadataList", singular, shortNames, fields, generation, unconditionalUpdate,
        storedApiVersion, shape, scale, schema, kind, printerColumns, terminating);
  }

  public boolean isMetadataOnly() {
    return listKind.equals("PartialObjectMetadataList");
  }

  /** As which its objects are shown. */
  public String shownKind() {
    return isMetadataOnly() ? "PartialObjectMetadata" : type.kind();
  }

  public String shownApiVersion() {
    return isMetadataOnly() ? "meta.k8s.io/v1" : type.apiVersion();
  }

  /** What the API server says that may be done with the objects of a definition. */
  public List<String> customVerbs() {
    return terminating ? LAST_VERBS : VERBS;
  }

  /** Whether the API server allows something with it, such as {@code list}. */
  public boolean allows(String verb) {
    return kind == null || kind.verbs().contains(verb);
  }

  /** Whether the API server allows something at a subresource. */
  public boolean allows(String subresource, String verb) {
    return kind == null || kind.verbs(subresource).contains(verb);
  }

  /** Whether a PUT creates what is missing. */
  public boolean createdByUpdate() {
    return kind != null && kind.creates();
  }

  public boolean isCustom() {
    return shape instanceof Shape.Custom;
  }

  /** Whether a path such as {@code /status} is served below each object. */
  public boolean hasSubresource(String name) {
    return kind != null ? kind.subresources().containsKey(name)
        : name.equals("status") && type.statusSubresource() || name.equals("scale") && scale != null;
  }

  /** What is written at a subresource, or at the object itself if it is null. */
  public ResourceType typeAt(@Nullable String subresource) {
    return "scale".equals(subresource) ? Scale.TYPE : type;
  }

  /** How it is merged. */
  public Shape shapeAt(@Nullable String subresource) {
    return "scale".equals(subresource) ? Shape.builtIn(KindPlace.scale()) : shape;
  }

  /** Versions of one group and plural share their objects. */
  public String collection() {
    return is("events.events.k8s.io") ? "events" : type.qualifiedName();
  }

  /** The type in the group and version in which its objects are kept. */
  public ResourceType storedType() {
    int slash = storedApiVersion.indexOf('/');
    return ResourceType.of(slash < 0 ? "" : storedApiVersion.substring(0, slash), storedApiVersion.substring(slash + 1),
        type.kind(), type.plural(), type.namespaced());
  }

  public boolean is(String qualifiedName) {
    return type.qualifiedName().equals(qualifiedName);
  }
}
