package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceSubresourceScale;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceSubresourceScaleBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceSubresources;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceSubresourcesBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a definition by hand, as Kooper's {@code Conf} does: one version, without a schema, so that the API server keeps all
 * fields and checks none. {@link #build()} refuses what is wrong, all of it at once. Not for several threads at once.
 *
 * <pre>{@code
 * CustomResourceDefinition terminators = CrdConf.ofKind("PodTerminator").plural("podterminators")
 *     .group("chaos.example.com").version("v1").clusterScoped().shortNames("pt").statusSubresource()
 *     .printerColumn("Dry run", "boolean", ".spec.dryRun")
 *     .build();
 * }</pre>
 */
public final class CrdConf {

  private static final Pattern LABEL = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern GROUP = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+");
  private static final List<String> COLUMN_TYPES = List.of("integer", "number", "string", "boolean", "date");

  private final String kind;
  private final List<String> shortNames = new ArrayList<>();
  private final List<String> categories = new ArrayList<>();
  private final List<CustomResourceColumnDefinition> columns = new ArrayList<>();
  private @Nullable String plural;
  private @Nullable String singular;
  private @Nullable String group;
  private @Nullable String version;
  private boolean clusterScoped;
  private boolean status;
  private @Nullable CustomResourceSubresourceScale scale;

  private CrdConf(String kind) {
    this.kind = kind;
  }

  /** Begins the definition of a kind, such as {@code PodTerminator}. Plural, group and version are needed, too. */
  public static CrdConf ofKind(String kind) {
    return new CrdConf(kind);
  }

  /** As in {@code kubectl get podterminators}. */
  public CrdConf plural(String plural) {
    this.plural = plural;
    return this;
  }

  /** Default: the kind in lower case. */
  public CrdConf singular(String singular) {
    this.singular = singular;
    return this;
  }

  /** A domain, such as {@code chaos.example.com}. */
  public CrdConf group(@Nullable String group) {
    this.group = group;
    return this;
  }

  /** Such as {@code v1alpha1}. */
  public CrdConf version(@Nullable String version) {
    this.version = version;
    return this;
  }

  /** The objects are in no namespace. Default: each is in one. */
  public CrdConf clusterScoped() {
    this.clusterScoped = true;
    return this;
  }

  /** As in {@code kubectl get pt}; adds to those given before. */
  public CrdConf shortNames(String... names) {
    Collections.addAll(shortNames, names);
    return this;
  }

  /** As in {@code kubectl get all}; adds to those given before. Kooper always adds {@code all} and {@code kooper}. */
  public CrdConf categories(String... names) {
    Collections.addAll(categories, names);
    return this;
  }

  /** The status has a path and a permission of its own. */
  public CrdConf statusSubresource() {
    this.status = true;
    return this;
  }

  /**
   * What {@code kubectl scale} and autoscalers read and write.
   *
   * @param specReplicas such as {@code .spec.replicas}
   * @param statusReplicas such as {@code .status.replicas}
   * @param labelSelector such as {@code .status.selector}, or null; a horizontal autoscaler needs it
   */
  public CrdConf scaleSubresource(String specReplicas, String statusReplicas, @Nullable String labelSelector) {
    this.scale = new CustomResourceSubresourceScaleBuilder().withSpecReplicasPath(specReplicas)
        .withStatusReplicasPath(statusReplicas).withLabelSelectorPath(labelSelector).build();
    return this;
  }

  /**
   * A column of {@code kubectl get}.
   *
   * @param type one of integer, number, string, boolean and date
   * @param jsonPath such as {@code .spec.size}
   */
  public CrdConf printerColumn(String name, String type, String jsonPath) {
    columns.add(new CustomResourceColumnDefinitionBuilder().withName(name).withType(type).withJsonPath(jsonPath).build());
    return this;
  }

  /**
   * Makes the definition.
   *
   * @throws IllegalArgumentException when something is missing or wrong, with everything that is
   */
  public CustomResourceDefinition build() {
    List<String> errors = errors();
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("not a definition: " + String.join("; ", errors));
    }
    CustomResourceSubresources subresources = !status && scale == null ? null
        : status ? new CustomResourceSubresourcesBuilder().withNewStatus().endStatus().withScale(scale).build()
        : new CustomResourceSubresourcesBuilder().withScale(scale).build();
    return new CustomResourceDefinitionBuilder()
        .withNewMetadata().withName(plural + "." + group).endMetadata()
        .withNewSpec()
        .withGroup(group)
        .withScope(clusterScoped ? "Cluster" : "Namespaced")
        .withNewNames().withKind(kind).withPlural(plural)
        .withSingular(singular == null ? kind.toLowerCase(Locale.ROOT) : singular)
        .withShortNames(shortNames).withCategories(categories).endNames()
        .addNewVersion().withName(version).withServed(true).withStorage(true)
        .withNewSchema().withNewOpenAPIV3Schema().withType("object").withXKubernetesPreserveUnknownFields(true)
        .endOpenAPIV3Schema().endSchema()
        .withSubresources(subresources)
        .withAdditionalPrinterColumns(columns)
        .endVersion()
        .endSpec()
        .build();
  }

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (kind.isEmpty() || !Character.isUpperCase(kind.charAt(0)) || !isLabel(kind.toLowerCase(Locale.ROOT))) {
      errors.add("the kind \"" + kind + "\" is not like PodTerminator");
    }
    label(errors, "plural", plural);
    label(errors, "version", version);
    if (singular != null) {
      label(errors, "singular", singular);
    }
    shortNames.forEach(name -> label(errors, "short name", name));
    categories.forEach(name -> label(errors, "category", name));
    if (group == null || group.length() > 253 || !GROUP.matcher(group).matches()) {
      errors.add(group == null ? "the group is missing" : "the group \"" + group + "\" is not a domain like example.com");
    }
    for (CustomResourceColumnDefinition column : columns) {
      if (column.getName().isBlank()) {
        errors.add("a printer column has no name");
      }
      if (!COLUMN_TYPES.contains(column.getType())) {
        errors.add("the printer column \"" + column.getName() + "\" is of type \"" + column.getType() + "\", not one of "
            + COLUMN_TYPES);
      }
      path(errors, "the printer column \"" + column.getName() + "\"", ".", column.getJsonPath());
    }
    if (scale != null) {
      path(errors, "the scale's specReplicas", ".spec.", scale.getSpecReplicasPath());
      path(errors, "the scale's statusReplicas", ".status.", scale.getStatusReplicasPath());
      if (scale.getLabelSelectorPath() != null) {
        path(errors, "the scale's labelSelector", ".", scale.getLabelSelectorPath());
      }
    }
    return errors;
  }

  private static boolean isLabel(String text) {
    return LABEL.matcher(text).matches();
  }

  private static void label(List<String> errors, String what, @Nullable String value) {
    if (value == null) {
      errors.add("the " + what + " is missing");
    } else if (!isLabel(value)) {
      errors.add("the " + what + " \"" + value + "\" has to be of lower-case letters, digits and hyphens");
    }
  }

  private static void path(List<String> errors, String what, String start, String path) {
    if (!path.startsWith(start)) {
      errors.add(what + " has the path \"" + path + "\", which does not begin with " + start);
    }
  }
}
