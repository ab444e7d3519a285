package io.kooper.metrics;

import java.time.Duration;

/**
 * Takes the figures of controllers, informers, elections and definitions; Kooper's Recorder. Every method records nothing unless
 * overridden. One recorder may serve any number of controllers.
 *
 * <p>For Prometheus and everything else that Micrometer knows there is {@code MicrometerRecorder}:
 *
 * <pre>{@code
 * MetricsRecorder metrics = new MicrometerRecorder(registry);
 * Controller.builder(retriever, handler).metrics(metrics).build().run();
 * }</pre>
 */
public interface MetricsRecorder {

  /** Records nothing, and costs next to nothing. */
  MetricsRecorder NONE = new MetricsRecorder() {};

  /**
   * A controller begins to run, on the thread that called {@code run()}. The returned metrics take its figures and are closed
   * when it has ended.
   *
   * @param figures may be read from any thread until the returned metrics are closed
   * @throws IllegalArgumentException if a controller of this name is already recorded; {@code run()} fails with it
   */
  default ControllerMetrics controller(String name, ControllerFigures figures) {
    return ControllerMetrics.NONE;
  }

  /**
   * An informer begins, which several controllers may use. The returned metrics take its figures and are closed with it. If this
   * throws, that is logged, and the informer is not recorded.
   *
   * @param name the name of its first user: of a controller, or of a controller and a relation
   * @param figures may be read from any thread until the returned metrics are closed
   */
  default InformerMetrics informer(String name, InformerFigures figures) {
    return InformerMetrics.NONE;
  }

  /**
   * An election is built. The returned metrics take its figures from then on.
   *
   * @param figures may be read from any thread at any time
   */
  default ElectionMetrics election(String lease, ElectionFigures figures) {
    return ElectionMetrics.NONE;
  }

  /**
   * Shards are built. The returned metrics take their figures from then on.
   *
   * @param lease that their members hold together
   * @param figures may be read from any thread at any time
   */
  default ShardMetrics shards(String lease, ShardFigures figures) {
    return ShardMetrics.NONE;
  }

  /**
   * An operator has tried to initialize a definition.
   *
   * @param crd its plural
   */
  default void crdInitialized(String crd, Duration took, boolean succeeded) {}
}
