package io.kooper.leaderelection;

import io.kooper.leaderelection.LeaseStore.Request;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The single election in a process of a {@link SimulatedWorld}: one that does not know of shards. */
final class SimulatedElector {

  private final SimulatedWorld world;
  private final SimulatedWorld.Process process;
  private final Candidate candidate;
  private final LeaseStore server;
  private final BooleanSupplier idle;
  private final Consumer<Term> begun;
  private @Nullable Term term;

  /**
   * @param idle whether no call of an earlier term runs any more
   * @param begun hears of each term
   */
  SimulatedElector(SimulatedWorld world, SimulatedWorld.Process process, String identity, LeaseStore server,
      BooleanSupplier idle, Consumer<Term> begun) {
    this.world = world;
    this.process = process;
    this.candidate = process.newCandidate(identity);
    this.server = server;
    this.idle = idle;
    this.begun = begun;
  }

  boolean isValid() {
    return term != null && term.isValid();
  }

  void attempt() {
    long started = process.nanoTime();
    talk(candidate.attempt(), () -> {
      boolean leads = candidate.isLeading();
      if (leads && candidate.renewedAt() - started >= 0) {
        if (term != null && term.isValid()) {
          term.extend(candidate.deadline());
        } else if (idle.getAsBoolean()) {
          term = new Term(process, candidate.token(), candidate.deadline());
          process.watch(term);
          begun.accept(term);
        }
      } else if (!leads && term != null) {
        term.end(candidate.loss());
        term.fire(Runnable::run);
      }
      process.locally(world.now + SimulatedWorld.RETRY / process.rate, this::attempt);
    });
  }

  private void talk(@Nullable Request request, Runnable end) {
    if (request == null) {
      end.run();
      return;
    }
    process.locally(world.now + process.delay(), () -> {
      try {
        talk(candidate.answered(request, request.send(server)), end);
      } catch (LeaseException e) {
        talk(candidate.failed(request, e), end);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
  }
}
