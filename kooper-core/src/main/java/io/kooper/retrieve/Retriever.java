package io.kooper.retrieve;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.kooper.internal.Names;
import io.kooper.internal.Refusals;
import io.kooper.retrieve.DefaultRetriever.GroupKind;
import io.kooper.retrieve.HttpListerWatcher.Deadlines;
import io.kooper.retrieve.HttpListerWatcher.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a controller watches: a {@link ListerWatcher} and the type of its objects.
 *
 * <p>Those made here from a client speak through its HTTP client, with its credentials, certificates and interceptors, and
 * take no more memory for a list than its largest object and a few chunks. They leave out {@code metadata.managedFields},
 * report an object that cannot be bound without losing the others, and never try again by themselves.
 *
 * <pre>{@code
 * Retriever.of(client, Pod.class);                                                    // all pods
 * Retriever.of(client, Pod.class, c -> c.pods().inNamespace("x").withLabel("app"));   // some, in fabric8's DSL
 * Retriever.generic(client, "example.com/v1", "Foo");                                 // a kind without a class
 * }</pre>
 *
 * <p>The client stays the caller's: nothing here closes it, and it must not be closed while it is in use.
 *
 * @param <T> the type of the objects
 */
public interface Retriever<T extends HasMetadata> {

  /** Lists and watches the objects. */
  ListerWatcher<T> listerWatcher();

  /** The Java type of the objects. */
  Class<T> objectType();

  /**
   * Whether an object is of the kind that is retrieved, in whatever namespace: by its class, or for a kind without one by its
   * group and kind. Called on the thread of a handler that has written it.
   */
  default boolean isOf(HasMetadata object) {
    return objectType().isInstance(object);
  }

  /** The resource's plural name, as in {@code kubectl get pods}; names a controller that is given no name. */
  default String plural() {
    return HasMetadata.getPlural(objectType());
  }

  /**
   * What is retrieved, and in what form. Retrievers whose identities are equal may share one list, one watch and one store.
   * Default: this retriever.
   */
  default Object identity() {
    return this;
  }

  /**
   * A deep copy of one of the objects; behind a handler's {@code context.copy()}. Made by the client's own {@code
   * KubernetesSerialization} where there is a client, else by fabric8's default one. What that throws, this throws.
   */
  default T copy(T object) {
    return Serialization.clone(object);
  }

  /**
   * All objects of a type, in all namespaces.
   *
   * @throws IllegalArgumentException when the path of {@code type} is not known, since it has no {@code @Version}
   */
  static <T extends HasMetadata> Retriever<T> of(KubernetesClient client, Class<T> type) {
    return builder(client, type).build();
  }

  /**
   * The objects selected in fabric8's DSL. The function is called once, now, on a client that sends nothing.
   *
   * <p>As everywhere in that DSL, a selection that names no namespace is one of the client's own namespace, if it has one:
   * say {@code inAnyNamespace()} for all.
   *
   * @throws IllegalArgumentException when the function does not select objects of {@code type}
   */
  static <T extends HasMetadata> Retriever<T> of(
      KubernetesClient client, Class<T> type,
      Function<KubernetesClient, ? extends Listable<? extends KubernetesResourceList<T>>> selection) {
    Objects.requireNonNull(client, "client");
    Target target = Selection.of(client, Objects.requireNonNull(type, "type"), Objects.requireNonNull(selection, "selection"));
    return of(client, type, target, null);
  }

  /**
   * Objects from two functions, as in Kooper; a page of the list that has a {@code continue} token is followed by the next.
   *
   * <p>The watch's end is told by {@link Watcher#onClose}; it is closed after the options' {@code timeoutSeconds}. Both
   * functions should throw soon when they fail: a client that tries again by itself hides why.
   *
   * <pre>{@code
   * Retriever.of(Pod.class, o -> client.pods().list(o), (o, watcher) -> client.pods().watch(o, watcher));
   * }</pre>
   */
  static <T extends HasMetadata> Retriever<T> of(
      Class<T> type, Function<ListOptions, ? extends KubernetesResourceList<T>> list,
      BiFunction<ListOptions, Watcher<T>, Watch> watch) {
    return of(type, new FunctionListerWatcher<>(HasMetadata.getPlural(type), Objects.requireNonNull(list, "list"),
        Objects.requireNonNull(watch, "watch")));
  }

  /** Objects from any source. */
  static <T extends HasMetadata> Retriever<T> of(Class<T> type, ListerWatcher<T> listerWatcher) {
    Objects.requireNonNull(type, "type");
    return new DefaultRetriever<>(Objects.requireNonNull(listerWatcher, "listerWatcher"), type,
        null, () -> HasMetadata.getPlural(type), Serialization::clone, listerWatcher);
  }

  /** Some of the objects of a type, selected by strings, or listed in another way. */
  static <T extends HasMetadata> RetrieverBuilder<T> builder(KubernetesClient client, Class<T> type) {
    return new RetrieverBuilder<>(client, type);
  }

  /**
   * All objects of a kind that has no Java class. The API server is asked for its plural before the first list; until it
   * knows the kind, lists fail with {@link RetrieveException.Reason#NOT_FOUND}, and {@link #plural()} is the kind in lower
   * case.
   *
   * @param apiVersion {@code GROUP/VERSION}, or {@code VERSION} alone for the core group
   */
  static Retriever<GenericKubernetesResource> generic(KubernetesClient client, String apiVersion, String kind) {
    Objects.requireNonNull(client, "client");
    Refusals wrong = new Refusals();
    int slash = apiVersion.indexOf('/');
    List<String> parts = new ArrayList<>();
    Names.resource(parts, slash < 0 ? null : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), "any");
    wrong.addIf(!parts.isEmpty() || slash == 0, "apiVersion \"" + apiVersion + "\" is not GROUP/VERSION");
    wrong.addIf(!kind.matches("[A-Za-z0-9]+"), "\"" + kind + "\" is not a kind");
    wrong.refuse("a retriever");
    DiscoveringListerWatcher listerWatcher =
        new DiscoveringListerWatcher(client, apiVersion, kind, Deadlines.DEFAULT);
    return new DefaultRetriever<>(listerWatcher, GenericKubernetesResource.class,
        new GroupKind(slash < 0 ? "" : apiVersion.substring(0, slash), kind), listerWatcher::plural,
        client.getKubernetesSerialization()::clone, List.of(client, apiVersion, kind));
  }

  /**
   * All objects of a kind that has no Java class, in all namespaces.
   *
   * @param kind its version and plural, and its group unless it is the core one
   */
  static Retriever<GenericKubernetesResource> generic(KubernetesClient client, ResourceDefinitionContext kind) {
    Objects.requireNonNull(client, "client");
    Refusals wrong = new Refusals();
    Names.resource(wrong.all(), kind.getGroup(), kind.getVersion(), kind.getPlural());
    wrong.refuse("a retriever");
    Target target = new Target(Target.server(client), kind.getGroup() == null ? "" : kind.getGroup(),
        kind.getVersion(), kind.getPlural(), null, Map.of());
    return of(client, GenericKubernetesResource.class, target, kind.getKind());
  }

  private static <T extends HasMetadata> Retriever<T> of(
      KubernetesClient client, Class<T> type, Target target, @Nullable String kind) {
    return new DefaultRetriever<>(
        new HttpListerWatcher<>(client, type, target, kind, Form.PACKED, Deadlines.DEFAULT), type,
        kind == null ? null : new GroupKind(target.group(), kind), target::plural,
        client.getKubernetesSerialization()::clone, Arrays.asList(client, type, target, kind));
  }
}
