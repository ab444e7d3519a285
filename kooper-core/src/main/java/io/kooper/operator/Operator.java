package io.kooper.operator;

import io.kooper.controller.Controller;

/**
 * Initializes custom resource definitions, then runs controllers until one of them ends or all are asked to.
 *
 * <p><b>Guarantees.</b> No controller starts before every definition is there. One that fails, or ends without being asked
 * to, stops the others. {@link #run()} returns when all have ended. It throws the first failure, with the others suppressed.
 * {@link #close()} waits for that, unless a handler of one of its controllers calls it. If a definition or a controller ignores
 * the stop, {@code run()} throws at the stop's deadline and names it. An operator runs once.
 *
 * <pre>{@code
 * Operator operator = Operator.builder("shops")
 *     .crd(shops)
 *     .controller(Controller.builder(shops, handler).workers(4))
 *     .build();
 * Runtime.getRuntime().addShutdownHook(new Thread(operator::close));
 * operator.run();
 * }</pre>
 */
public interface Operator extends Controller {

  /** An operator that is configured step by step. */
  static OperatorBuilder builder(String name) {
    return new OperatorBuilder(name);
  }

  /**
   * Initializes the definitions, all at once, unless that was done before. {@link #run()} calls it; calling it earlier
   * tells sooner what is wrong. From several threads at once, one initializes and the others wait for it.
   *
   * @throws io.kooper.controller.ControllerException when a definition failed or the time was over, or the operator was
   *     closed meanwhile
   * @throws InterruptedException when the thread was interrupted; the definitions' initializers are interrupted too
   */
  void initialize() throws InterruptedException;

  /**
   * One of its controllers, for instance to {@link Controller#trigger} it. An operator itself triggers nothing: objects of
   * several kinds may have the same key. May be called from any thread.
   *
   * @throws IllegalArgumentException when none has this name; the message has the names that there are
   */
  Controller controller(String name);
}
