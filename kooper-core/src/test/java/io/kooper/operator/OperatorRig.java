package io.kooper.operator;

import io.kooper.controller.Controller;
import io.kooper.controller.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** Runs operators, also with controllers of somebody else's, and closes them after each test. */
@Timeout(60)
abstract class OperatorRig {

  private final List<Operator> operators = new ArrayList<>();

  /** A controller of somebody else's: runs until it is closed or told to end. */
  static class Foreign implements Controller {

    final String name;
    final CountDownLatch started = new CountDownLatch(1);
    final CompletableFuture<Void> end = new CompletableFuture<>();
    final AtomicBoolean ended = new AtomicBoolean();

    Foreign(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void run() {
      started.countDown();
      try {
        end.get();
      } catch (ExecutionException e) {
        throw (RuntimeException) e.getCause();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        ended.set(true);
      }
    }

    @Override
    public void close() {
      end.complete(null);
    }

    @Override
    public Health health() {
      return new Health(true, true, null, List.of());
    }
  }

  Operator operator(OperatorBuilder builder) {
    Operator operator = builder.build();
    operators.add(operator);
    return operator;
  }

  /** Runs it on a thread of its own; the future is completed with what run() threw, or null. */
  static CompletableFuture<Throwable> run(Operator operator) {
    CompletableFuture<Throwable> result = new CompletableFuture<>();
    new Thread(() -> {
      try {
        operator.run();
        result.complete(null);
      } catch (Throwable t) {
        result.complete(t);
      }
    }, "operator-test").start();
    return result;
  }

  static Throwable ended(CompletableFuture<Throwable> run) throws Exception {
    return run.get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void closeAll() {
    operators.forEach(Operator::close);
  }
}
