package io.kooper.test;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kooper.test.admission.Hooks;
import io.kooper.test.admission.Webhooks;
import io.kooper.test.auth.Tokens;
import io.kooper.test.http.RequestLog;
import io.kooper.test.http.Router;
import io.kooper.test.http.Settings;
import io.kooper.test.http.TestCertificate;
import io.kooper.test.net.Connections;
import io.kooper.test.net.HttpServer;
import io.kooper.test.net.Loop;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.types.Resource;
import io.kooper.test.write.Actions;
import io.kooper.test.write.Aggregation;
import io.kooper.test.write.Collector;
import io.kooper.test.write.Deletes;
import io.kooper.test.write.Readiness;
import io.kooper.test.write.Writes;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes API server in this process, over real HTTP and TLS on 127.0.0.1.
 *
 * <p><b>Guarantees.</b> Versions, conflicts, watches, bookmarks, continue tokens and errors are those of a
 * kube-apiserver 1.36. So are patches of every kind, server-side apply with its conflicts, and subresources. Watches are served
 * over HTTP and over WebSockets. A change is visible to every request that begins after its answer.
 *
 * <p>Built-in kinds are read as its Go types read them, completed, validated as far as controllers touch them, and kept where
 * they are immutable. Custom resources are pruned, completed and validated by the schema of their definition, with rules in CEL.
 * {@link #unchecked()} names what is left out. A type that was registered without a definition has no schema.
 *
 * <p><b>Caveats.</b> Everybody may do everything unless {@link EmbeddedApiServerBuilder#rbac} or {@link
 * EmbeddedApiServerBuilder#allowOnly} says otherwise. Of the admission plugins that a cluster has only a few defaults are there;
 * webhooks and validating policies are asked. Not every rule for built-in kinds is known. There is no scheduler and no kubelet:
 * a pod stays Pending until somebody writes its status, and one that is bound to a node is gone when somebody deletes it with a
 * grace of 0, as its kubelet would. Dependents are collected before the deletion of their owner is answered, which takes a
 * cluster a moment longer. Protobuf is refused with 415, but for reviews.
 *
 * <p>All methods may be called from any thread. The threads are daemons and end with {@link #close}.
 *
 * <pre>{@code
 * try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
 *   client.configMaps().inNamespace("default").resource(configMap).create();
 *   server.faults().cutConnections();
 * }
 * }</pre>
 */
public final class EmbeddedApiServer implements AutoCloseable {

  private final Settings settings;
  private final Loop loop = new Loop();
  private final ObjectStore store;
  private final Registry registry;
  private final @Nullable Collector collector;
  private final Connections connections = new Connections();
  private final Faults faults;
  private final Actions actions;
  private final Hooks hooks;
  private final Webhooks webhooks;
  private final Router router;
  private final Contents contents;
  private final Readiness readiness;
  private final Backup empty;
  private final RequestLog requests;
  private final ReentrantLock lifecycle = new ReentrantLock(); // held while the server starts or stops
  private @Nullable HttpServer server; // guarded by lifecycle; null while stopped
  private volatile int port;

  EmbeddedApiServer(Settings settings) {
    this.settings = settings;
    requests = new RequestLog(settings.requests());
    store = new ObjectStore(settings.history());
    registry = new Registry(store);
    Deletes deletes = new Deletes(store, registry, settings.garbageCollection());
    collector = settings.garbageCollection() ? new Collector(store, registry, deletes) : null;
    if (collector != null) {
      store.follow(collector);
    }
    Writes writes = new Writes(store, registry, deletes);
    if (settings.garbageCollection()) {
      store.follow(new Aggregation(store, registry, writes));
    }
    for (String namespace : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
      writes.createNamespace(namespace);
    }
    faults = new Faults(connections, store, registry);
    actions = new Actions(store, registry, writes, deletes, settings.tokens());
    hooks = new Hooks(store, registry);
    webhooks = new Webhooks(hooks);
    router = new Router(loop, settings, store, registry, writes, deletes, actions, hooks, webhooks, faults::next, requests);
    port = settings.port();
    contents = new Contents(store, registry);
    readiness = new Readiness(registry, writes);
    empty = backup();
  }

  /** A server with TLS on a free port, running. */
  public static EmbeddedApiServer start() {
    return builder().start();
  }

  /** Begins the configuration of a server. */
  public static EmbeddedApiServerBuilder builder() {
    return new EmbeddedApiServerBuilder();
  }

  /** Such as {@code https://127.0.0.1:34567}; the same for the server's whole life. */
  public String url() {
    return (settings.tls() ? "https" : "http") + "://127.0.0.1:" + port;
  }

  /**
   * A configuration that reaches this server and trusts its certificate. It is read from nowhere: no kubeconfig, no
   * environment, no service account.
   */
  public Config config() {
    ConfigBuilder config = new ConfigBuilder(Config.empty()).withMasterUrl(url()).withNamespace("default");
    if (settings.tokens().areRequired()) {
      config.withOauthToken(Tokens.ADMIN);
    }
    return settings.tls() ? config.withCaCertData(TestCertificate.authorityBase64()).build() : config.build();
  }

  /** A new client; the caller closes it. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  /**
   * A new client of some user, such as {@code system:serviceaccount:default:reaper}, which asks as the administrator on his
   * behalf; the caller closes it.
   */
  public KubernetesClient clientOf(String user, String... groups) {
    return new KubernetesClientBuilder().withConfig(new ConfigBuilder(config()).withOauthToken(Tokens.ADMIN)
        .withImpersonateUsername(user).withImpersonateGroups(groups).build()).build();
  }

  /** A new client that may do everything, whatever {@link EmbeddedApiServerBuilder#allowOnly} says; the caller closes it. */
  public KubernetesClient adminClient() {
    return new KubernetesClientBuilder().withConfig(new ConfigBuilder(config()).withOauthToken(Tokens.ADMIN).build()).build();
  }

  /** The text of a kubeconfig file for this server, as {@code kubectl} reads it. */
  public String kubeconfig() {
    return settings.kubeconfig(url());
  }

  /**
   * Serves a type from now on, as if a CustomResourceDefinition had been created: with a status subresource if its
   * class is a {@link CustomResource} that names a status type. No effect if it is served already.
   */
  public void register(Class<? extends HasMetadata> type) {
    register(StatusTypes.resourceType(type));
  }

  /** As {@link #register(Class)}, without a class. */
  public void register(ResourceType type) {
    registry.registerIfAbsent(Resource.custom(type));
  }

  /** What can go wrong, on request. */
  public Faults faults() {
    return faults;
  }

  /**
   * The newest requests, the oldest of them first, with bodies and response codes: at most 10,000, or as many as {@link
   * EmbeddedApiServerBuilder#requestsKept} says, and at most 32 MB of bodies. Those that hang or fail by a fault are included.
   */
  public List<ApiRequest> requests() {
    return requests.all();
  }

  /** Those of {@link #requests()} that satisfy a condition. */
  public List<ApiRequest> requests(Predicate<ApiRequest> condition) {
    return requests().stream().filter(condition).toList();
  }

  /**
   * What a kube-apiserver would check of the types that are served and this server cannot, such as a rule in CEL that
   * only it can compile; each is logged once, too. Empty when nothing is known to be left out.
   */
  public List<String> unchecked() {
    return store.locked(() -> Stream.concat(registry.unchecked().stream(), hooks.unchecked().stream()).toList());
  }

  /**
   * Writes the status that an object would have once a cluster's controllers and kubelets were done with it: a Deployment is
   * available, a Pod runs, a Job is complete, a claim is bound, and other kinds have a condition {@code Ready}.
   *
   * @throws IllegalArgumentException when its kind is not served, or has no status
   */
  public void ready(HasMetadata object) {
    readiness.ready(object);
  }

  /**
   * Says where a service is found from now on: at a URL of the test, such as {@code http://localhost:8080}. Webhooks of which a
   * configuration names that service are asked there.
   */
  public void endpoint(String namespace, String service, URI url) {
    hooks.endpoint(namespace, service, url);
  }

  /** Says what the log of a pod is from now on, as {@code kubectl logs} shows it. */
  public void log(String namespace, String pod, String text) {
    actions.log(namespace, pod, text);
  }

  /**
   * The objects of which all owners are gone, such as {@code configmaps default/child of Pod web}. With garbage collection they
   * are those that a cluster would not collect either: the kind of their owner is not served, or its namespace cannot be known.
   */
  public List<String> leaked() {
    return contents.leaked();
  }

  /** Tells watches of a type, such as {@code pods} or {@code deployments.apps}, of no change until {@link #release}. */
  public void hold(String resource) {
    store.locked(() -> store.hold(resource, true));
  }

  /** Tells them of all that they have missed. */
  public void release(String resource) {
    store.locked(() -> store.hold(resource, false));
  }

  /** The version of the newest change. */
  String version() {
    return store.locked(() -> Long.toString(store.version()));
  }

  /** Has all watches tell their clients how far they have come. */
  void bookmark() {
    store.locked(store::bookmark);
  }

  /** Whether some watches are told of nothing. */
  boolean isHeld() {
    return store.locked(store::isHeld);
  }

  /** Forgets the requests and goes back to the state in which the server began; watches are told of each change. */
  public void reset() {
    reset(empty);
  }

  /** As {@link #reset()}, to a state as it was. */
  public void reset(Backup snapshot) {
    contents.reset(snapshot);
    requests.clear();
  }

  /** The objects of a namespace, and the requests since a time, for people; what Secrets hold is masked. */
  public String report(String namespace, Instant since) {
    return contents.report(namespace, requests(), since);
  }

  /** How many connections are open. */
  public int openConnections() {
    return connections.count();
  }

  /** How many watches are open; those on frozen connections are, as far as the server can know. */
  public int openWatches() {
    return store.locked(store::watches);
  }

  /**
   * Stops like a killed process: connections are reset, the port refuses. The data stays. No effect if it is stopped.
   */
  public void stop() {
    lifecycle.lock();
    try {
      HttpServer running = server;
      if (running == null) {
        return;
      }
      server = null;
      connections.refuse(true);
      running.close();
      connections.cutAll();
    } finally {
      lifecycle.unlock();
    }
  }

  /** Stops, if it runs, and starts again on the same port with the same data and versions. */
  public void restart() {
    lifecycle.lock();
    try {
      stop();
      listen();
    } finally {
      lifecycle.unlock();
    }
  }

  /** As {@link #snapshot}. */
  public Backup backup() {
    return snapshot();
  }

  /** All objects, served types and the version as they are now, for {@link #reset(Backup)} and {@link #restore}. */
  public Backup snapshot() {
    return store.locked(() -> new Backup(store.copy(), registry.copy()));
  }

  /**
   * Stops, if it runs, and starts again with an older state, as a cluster whose etcd was restored from a backup. Versions go
   * back: those that clients have seen since are too large for a list, and a watch from one of them is accepted and stays
   * silent until the server has come so far. Later changes may have versions that others have had before.
   */
  public void restore(Backup backup) {
    lifecycle.lock();
    try {
      stop();
      store.locked(() -> {
        store.restore(backup.content);
        registry.restore(backup.types);
        if (collector != null) {
          collector.restore();
        }
      });
      listen();
    } finally {
      lifecycle.unlock();
    }
  }

  /** Stops for good and ends the threads. */
  @Override
  public void close() {
    stop();
    webhooks.close();
    loop.close();
  }

  void listen() {
    lifecycle.lock();
    try {
      connections.refuse(false);
      server = HttpServer.listen(port, settings.sockets(), connections, loop, router::handle);
      port = server.port();
    } finally {
      lifecycle.unlock();
    }
  }
}
