package io.kooper.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.clock.Clock;
import io.kooper.controller.Controller;
import io.kooper.controller.ControllerBuilder;
import io.kooper.controller.ControllerDefaults;
import io.kooper.crd.CRD;
import io.kooper.handler.Handler;
import io.kooper.informer.Informer;
import io.kooper.informer.SharedInformers;
import io.kooper.internal.Guard;
import io.kooper.internal.Log;
import io.kooper.internal.Refusals;
import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.retrieve.Retriever;
import io.kooper.tracing.Tracing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Collects what an {@link Operator} needs; {@link #build()} validates everything and reports all errors together. Not for several
 * threads at once.
 */
public final class OperatorBuilder {

  private static final Log log = Log.of(Operator.class);

  final String name;
  final List<CRD<?>> crds = new ArrayList<>();
  Duration initTimeout = Duration.ofMinutes(4); // longer than a definition's own three minutes
  Duration stopDeadline = Duration.ofMinutes(1); // as long as an elected controller's stop may take
  @Nullable MetricsRecorder metrics;
  private @Nullable Runner election;
  private @Nullable Shards shards;
  private @Nullable Tracing tracing;
  private @Nullable KubernetesClient client;
  private final BooleanSupplier mayAsk = Informer.oneASecond(Clock.system());
  private final SharedInformers informers = new SharedInformers();
  private final List<Supplier<Controller>> controllers = new ArrayList<>(); // made by build(), in their order
  private final List<Controller> given = new ArrayList<>(); // the caller's to close

  OperatorBuilder(String name) {
    this.name = Objects.requireNonNull(name, "name");
  }

  /** A definition that must be there before the controllers start. */
  public OperatorBuilder crd(CRD<?> crd) {
    crds.add(Objects.requireNonNull(crd, "crd"));
    return this;
  }

  /** A controller that is built with the operator. */
  public OperatorBuilder controller(ControllerBuilder<?> controller) {
    Objects.requireNonNull(controller, "controller");
    controllers.add(() -> controller.build(defaults()));
    return this;
  }

  /** A controller of all objects of a type, with {@link #client} and otherwise the defaults of {@link ControllerBuilder}. */
  public <T extends HasMetadata> OperatorBuilder controller(Class<T> type, Handler<T> handler) {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(handler, "handler");
    controllers.add(() -> {
      if (client == null) {
        throw new IllegalArgumentException("client is null: the controller of " + type.getSimpleName() + " needs it");
      }
      return Controller.builder(Retriever.of(client, type), handler).build(defaults());
    });
    return this;
  }

  /** The client of controllers that are given by their objects' type alone. It stays the caller's. Default: none. */
  public OperatorBuilder client(KubernetesClient client) {
    this.client = Objects.requireNonNull(client, "client");
    return this;
  }

  /** A controller that is built already, of any kind. */
  public OperatorBuilder controller(Controller controller) {
    Objects.requireNonNull(controller, "controller");
    given.add(controller);
    controllers.add(() -> election == null ? controller : new ElectedController(controller, election));
    return this;
  }

  /**
   * One election for all controllers: this process runs them only while it leads. A builder that was given an election of
   * its own keeps that. Default: no election.
   */
  public OperatorBuilder election(Runner election) {
    this.election = Objects.requireNonNull(election, "election");
    return this;
  }

  /**
   * Shards for all controllers: see {@link ControllerBuilder#shards}. A controller's builder that has shards or an election keeps
   * them. Excludes an election, and controllers that are built already. Default: none.
   */
  public OperatorBuilder shards(Shards shards) {
    this.shards = Objects.requireNonNull(shards, "shards");
    return this;
  }

  /** Takes the figures of all controllers that have no recorder of their own, and of the definitions. Default: nothing. */
  public OperatorBuilder metrics(MetricsRecorder metrics) {
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    return this;
  }

  /** Traces the calls of all controllers that have no tracing of their own. Default: nothing is traced. */
  public OperatorBuilder tracing(Tracing tracing) {
    this.tracing = Objects.requireNonNull(tracing, "tracing");
    return this;
  }

  /** How long all definitions together may take. Default: 4 min, a minute more than one of them. */
  public OperatorBuilder initTimeout(Duration timeout) {
    this.initTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /**
   * How long the controllers may take to stop, or the definitions if they are still being initialized; each controller has
   * its own deadline as well. Default: 1 min.
   */
  public OperatorBuilder stopDeadline(Duration deadline) {
    this.stopDeadline = Objects.requireNonNull(deadline, "deadline");
    return this;
  }

  private ControllerDefaults defaults() {
    return new ControllerDefaults(election, shards, metrics, tracing, mayAsk, informers);
  }

  /**
   * Makes the operator, and its controllers.
   *
   * @throws IllegalArgumentException when something is missing or makes no sense; the message names everything that is
   */
  public Operator build() {
    Refusals wrong = new Refusals();
    wrong.unlessName("name", name);
    wrong.addIf(controllers.isEmpty(), "there is no controller");
    wrong.unlessPositive("initTimeout", initTimeout);
    wrong.unlessPositive("stopDeadline", stopDeadline);
    wrong.addIf(shards != null && election != null, "election and shards exclude each other: each shard has its own election");
    wrong.addIf(shards != null && !given.isEmpty(),
        "with shards each controller must be given as a builder: one that is built already handles all keys");
    List<Controller> built = new ArrayList<>();
    for (Supplier<Controller> controller : controllers) {
      try {
        built.add(controller.get());
      } catch (IllegalArgumentException e) {
        wrong.add(String.valueOf(e.getMessage()));
      }
    }
    Set<String> names = new HashSet<>();
    Guard guard = new Guard(log, "operator " + name + ": the name of a controller");
    built.stream().map(one -> guard.ask(one::name, ""))
        .filter(each -> each != null && !each.isEmpty() && !names.add(each)).distinct()
        .forEach(twice -> wrong.add("two controllers have the name " + twice + ": name them, ControllerBuilder.name(...)"));
    if (!wrong.isEmpty()) {
      built.stream().filter(one -> !(one instanceof ElectedController) && given.stream().noneMatch(foreign -> foreign == one))
          .forEach(Controller::close); // what they share is for the next try
    }
    wrong.refuse("an operator");
    return new DefaultOperator(this, built);
  }
}
