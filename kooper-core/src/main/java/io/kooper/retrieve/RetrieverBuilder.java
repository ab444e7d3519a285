package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Utils;
import io.kooper.internal.Names;
import io.kooper.internal.Refusals;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.HttpListerWatcher.Form;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says which objects of a type to retrieve, and how. Not for use by several threads.
 *
 * <pre>{@code
 * Retriever<Pod> pods = Retriever.builder(client, Pod.class)
 *     .inNamespace("shop")
 *     .withLabelSelector("app=web,tier!=cache")
 *     .build();
 * }</pre>
 *
 * @param <T> the type of the objects
 */
public final class RetrieverBuilder<T extends HasMetadata> {

  private final KubernetesClient client;
  private final Class<T> type;
  private final Set<String> namespaces = new LinkedHashSet<>();
  private boolean noNamespaces; // though they were named
  private @Nullable String namespaceSelector;
  private @Nullable String name;
  private @Nullable String labelSelector;
  private @Nullable String fieldSelector;
  private boolean boundStore;
  private boolean metadataOnly;

  RetrieverBuilder(KubernetesClient client, Class<T> type) {
    this.client = Objects.requireNonNull(client, "client");
    this.type = Objects.requireNonNull(type, "type");
  }

  /** Only the objects of one namespace; may be called again for further ones. Default: those of all namespaces. */
  public RetrieverBuilder<T> inNamespace(String namespace) {
    this.namespaces.add(namespace);
    return this;
  }

  /**
   * Only the objects of these namespaces. Each has a list, a watch and a thread of its own: one that cannot be listed does not
   * hold up the others. Permission to list and watch is needed in these namespaces only. {@link #build()} refuses an empty
   * collection: for all namespaces, do not call this.
   */
  public RetrieverBuilder<T> inNamespaces(Collection<String> namespaces) {
    this.noNamespaces |= namespaces.isEmpty();
    this.namespaces.addAll(namespaces);
    return this;
  }

  /**
   * Only the objects of namespaces whose labels fit. Namespaces come and go while it runs: the objects of one that no longer fits
   * are told as deletes. Permission to list and watch namespaces is needed as well.
   */
  public RetrieverBuilder<T> inNamespacesLabelled(String selector) {
    this.namespaceSelector = selector;
    return this;
  }

  /** Only the object of this name in each of the selected namespaces. Default: all. */
  public RetrieverBuilder<T> withName(String name) {
    this.name = name;
    return this;
  }

  /** Only objects whose labels fit, written as for {@code kubectl get -l}. Default: all. */
  public RetrieverBuilder<T> withLabelSelector(String selector) {
    this.labelSelector = selector;
    return this;
  }

  /** Only objects whose fields fit, such as {@code spec.nodeName=n1}; the API server knows few. Default: all. */
  public RetrieverBuilder<T> withFieldSelector(String selector) {
    this.fieldSelector = selector;
    return this;
  }

  /**
   * Lets informers keep the objects themselves instead of their packed JSON. A read costs nothing then, which pays if the whole
   * store is read often. It takes some twenty times the memory. All readers share the objects: never modify them.
   */
  public RetrieverBuilder<T> boundStore() {
    this.boundStore = true;
    return this;
  }

  /**
   * Only the objects' metadata: all else is null. The API server is asked to send no more; for large objects that takes a
   * fraction of the time and memory. If a server sends more, the rest is dropped. Default: whole objects.
   */
  public RetrieverBuilder<T> metadataOnly() {
    this.metadataOnly = true;
    return this;
  }

  /**
   * Makes the retriever.
   *
   * @throws IllegalArgumentException when something does not fit, with everything that does not
   */
  public Retriever<T> build() {
    Refusals wrong = new Refusals();
    if (type == GenericKubernetesResource.class) {
      wrong.add("a GenericKubernetesResource can be of any kind: say which by Retriever.generic");
    } else if (HasMetadata.getVersion(type) == null) {
      wrong.add(type.getName() + " has no @Version, so its path is not known");
    } else if ((!namespaces.isEmpty() || namespaceSelector != null) && !Utils.isResourceNamespaced(type)) {
      wrong.add(HasMetadata.getPlural(type) + " are cluster-scoped, so they are in no namespace"
          + " (a custom resource class that is not has to implement Namespaced)");
    }
    if (HasMetadata.getVersion(type) != null) {
      Names.resource(wrong.all(), HasMetadata.getGroup(type), HasMetadata.getVersion(type), HasMetadata.getPlural(type));
    }
    namespaces.forEach(namespace -> Names.label(wrong.all(), "namespace", namespace == null ? "" : namespace));
    if (name != null) {
      Names.object(wrong.all(), "name", name);
    }
    wrong.addIf(noNamespaces, "inNamespaces was given none: leave it out for those of all namespaces");
    wrong.addIf(!namespaces.isEmpty() && namespaceSelector != null, "the namespaces are named, and selected by labels as well");
    wrong.addIf(metadataOnly && boundStore, "metadata only is kept as bytes, not in a bound store");
    Names.labelSelector(wrong.all(), "selector of namespaces", namespaceSelector);
    Names.labelSelector(wrong.all(), "label selector", labelSelector);
    wrong.addIf(fieldSelector != null && fieldSelector.isBlank(), "the field selector is blank");
    wrong.refuse("a retriever");
    Map<String, String> selectors = new LinkedHashMap<>();
    if (labelSelector != null) {
      selectors.put("labelSelector", labelSelector);
    }
    if (fieldSelector != null) {
      selectors.put("fieldSelector", fieldSelector);
    }
    if (name != null) {
      String byName = "metadata.name=" + name.replaceAll("[\\\\,=]", "\\\\$0"); // these are a selector's own characters
      selectors.merge("fieldSelector", byName, (others, own) -> own + "," + others);
    }
    String group = Objects.requireNonNullElse(HasMetadata.getGroup(type), "");
    String plural = HasMetadata.getPlural(type);
    Form form = metadataOnly ? Form.METADATA : boundStore ? Form.BOUND : Form.PACKED;
    Function<@Nullable String, ListerWatcher<T>> source = namespace -> new HttpListerWatcher<>(client, type,
        new Target(Target.server(client), group, HasMetadata.getVersion(type), plural, namespace, selectors),
        null, form, Deadlines.DEFAULT);
    Retriever<Namespace> selected = namespaceSelector == null ? null
        : Retriever.builder(client, Namespace.class).withLabelSelector(namespaceSelector).build();
    ListerWatcher<T> all = selected == null && namespaces.size() <= 1
        ? source.apply(namespaces.stream().findFirst().orElse(null))
        : new Namespaces<>(Collections.unmodifiableSet(new LinkedHashSet<>(namespaces)), selected, source);
    List<?> identity = Arrays.asList(client, type, Set.copyOf(namespaces), namespaceSelector, selectors, form);
    return new DefaultRetriever<>(all, type, null, () -> plural, client.getKubernetesSerialization()::clone, identity);
  }
}
