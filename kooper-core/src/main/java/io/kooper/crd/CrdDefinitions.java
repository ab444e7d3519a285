package io.kooper.crd;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceSubresourcesBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Utils;
import io.kooper.internal.Names;
import io.kooper.internal.Throwables;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where definitions come from: a file on the classpath, or a class; any other {@link CustomResourceDefinition} will do.
 */
public final class CrdDefinitions {

  private CrdDefinitions() {}

  /**
   * The definition that fabric8's generator writes for a class: {@code META-INF/fabric8/PLURAL.GROUP-v1.yml}.
   *
   * @throws IllegalArgumentException when there is none, or it is not one definition
   */
  public static CustomResourceDefinition fromClasspath(Class<? extends HasMetadata> type) {
    String path = "META-INF/fabric8/" + HasMetadata.getFullResourceName(type) + "-v1.yml";
    return read(path, type.getClassLoader(), CustomResource.class.isAssignableFrom(type)
        ? ": have fabric8's crd-generator-maven-plugin write it, or for development use CrdDefinitions.of(" + type.getSimpleName()
            + ".class)"
        : "; " + type.getSimpleName() + " is no CustomResource, and a kind that is built in needs no definition");
  }

  /**
   * The definition in a YAML or JSON file, which has no other document.
   *
   * @param path such as {@code crds/foos.yaml}, looked for by the thread's context class loader
   * @throws IllegalArgumentException when there is no such file, or it is not one definition
   */
  public static CustomResourceDefinition fromClasspath(String path) {
    return read(path.startsWith("/") ? path.substring(1) : path, null, "");
  }

  /**
   * A definition from a class with fabric8's annotations, for development: one version, without a schema, so that the API
   * server keeps all fields and checks none. It has a status subresource when the class names a type for its status.
   *
   * @throws IllegalArgumentException when an annotation is missing or wrong, with everything that is
   */
  public static CustomResourceDefinition of(Class<? extends CustomResource<?, ?>> type) {
    CustomResourceDefinition definition = new CustomResourceDefinitionBuilder()
        .withNewMetadata().withName(HasMetadata.getPlural(type) + "." + HasMetadata.getGroup(type)).endMetadata()
        .withNewSpec().withGroup(HasMetadata.getGroup(type)).withScope(scope(type))
        .withNewNames().withKind(HasMetadata.getKind(type)).withPlural(HasMetadata.getPlural(type))
        .withSingular(HasMetadata.getSingular(type)).withShortNames(CustomResource.getShortNames(type))
        .withCategories(CustomResource.getCategories(type)).endNames()
        .addNewVersion().withName(HasMetadata.getVersion(type)).withServed(true).withStorage(true)
        .withNewSchema().withNewOpenAPIV3Schema().withType("object").withXKubernetesPreserveUnknownFields(true)
        .endOpenAPIV3Schema().endSchema()
        .withSubresources(!hasStatus(type) ? null
            : new CustomResourceSubresourcesBuilder().withNewStatus().endStatus().build())
        .endVersion().endSpec().build();
    check(type.getName() + ": ", definition);
    return definition;
  }

  static String scope(Class<?> type) {
    return Utils.isResourceNamespaced(type) ? "Namespaced" : "Cluster";
  }

  /** Whether {@code S} of {@code CustomResource<T, S>} is something other than {@link Void}. */
  private static boolean hasStatus(Class<?> type) {
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      Type parent = c.getGenericSuperclass();
      if (parent instanceof ParameterizedType p && p.getRawType() == CustomResource.class) {
        return p.getActualTypeArguments()[1] != Void.class;
      }
    }
    return false;
  }

  private static CustomResourceDefinition read(String path, @Nullable ClassLoader loader, String advice) {
    Object content;
    try (InputStream file = open(path, loader)) {
      if (file == null) {
        throw new IllegalArgumentException("there is no " + path + " on the classpath" + advice);
      }
      content = new KubernetesSerialization().unmarshal(new String(file.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(path + " cannot be read: " + Throwables.message(e), e);
    }
    if (!(content instanceof CustomResourceDefinition definition)) {
      throw new IllegalArgumentException(path + " should hold one apiextensions.k8s.io/v1 CustomResourceDefinition, not "
          + (content instanceof Collection<?> several ? several.size() + " documents"
              : content instanceof HasMetadata other ? other.getApiVersion() + " " + other.getKind()
              : "this: " + content));
    }
    check(path + ": ", definition);
    return definition;
  }

  private static @Nullable InputStream open(String path, @Nullable ClassLoader loader) {
    for (ClassLoader candidate : new @Nullable ClassLoader[] {
        loader, Thread.currentThread().getContextClassLoader(), CrdDefinitions.class.getClassLoader()}) {
      InputStream file = candidate == null ? null : candidate.getResourceAsStream(path);
      if (file != null) {
        return file;
      }
    }
    return null;
  }

  /** Throws with all that makes it impossible to install a definition. */
  static void check(String where, CustomResourceDefinition definition) {
    List<String> errors = errors(definition);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(where + String.join("; ", errors));
    }
  }

  /** What makes it impossible to install a definition; the API server checks the rest. */
  static List<String> errors(CustomResourceDefinition definition) {
    if (definition.getMetadata() == null || definition.getMetadata().getName() == null) {
      return List.of("the definition has no metadata.name");
    }
    String what = "the definition " + definition.getMetadata().getName();
    if (definition.getSpec() == null || definition.getSpec().getNames() == null) {
      return List.of(what + " has no spec.names");
    }
    List<String> errors = new ArrayList<>();
    String name = definition.getSpec().getNames().getPlural() + "." + definition.getSpec().getGroup();
    if (!definition.getMetadata().getName().equals(name)) {
      errors.add(what + " has to be named by its plural and group, " + name);
    }
    Names.label(errors, "plural of " + what, definition.getSpec().getNames().getPlural());
    Names.subdomain(errors, "group of " + what, definition.getSpec().getGroup());
    List<CustomResourceDefinitionVersion> versions = definition.getSpec().getVersions();
    versions.forEach(version -> Names.label(errors, "version of " + what, version.getName()));
    if (versions.stream().filter(version -> Boolean.TRUE.equals(version.getStorage())).count() != 1) {
      errors.add(what + " has to have exactly one version with \"storage: true\"");
    }
    return errors;
  }
}
