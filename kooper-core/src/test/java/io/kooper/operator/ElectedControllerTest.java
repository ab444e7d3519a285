package io.kooper.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.kooper.controller.Controller;
import io.kooper.controller.ControllerEndedException;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Runner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ElectedControllerTest {

  /** A term that ends when its task has returned. */
  private static final class Term implements Leadership {

    final List<Runnable> actions = new ArrayList<>();
    boolean valid = true;

    @Override
    public boolean isValid() {
      return valid;
    }

    @Override
    public long token() {
      return 1;
    }

    @Override
    public Duration remaining() {
      return Duration.ofSeconds(1);
    }

    @Override
    public void onEnd(Runnable action) {
      if (valid) {
        actions.add(action);
      } else {
        action.run();
      }
    }

    void end() {
      valid = false;
      actions.forEach(Runnable::run);
    }
  }

  private final Controller foreign = mock();
  private final Term term = new Term();
  private boolean released;
  private final Runner election = task -> {
    task.run(term);
    released = true;
    term.end();
  };

  @Test
  @DisplayName("K6: a controller that ends by itself has not lost the leadership")
  void anEndOfItsOwnIsNoLoss() {
    new ElectedController(foreign, election).run();

    assertThat(released).isTrue();
  }

  @Test
  @DisplayName("K6: a term that ends before the controller began is told as lost, and the lease is released")
  void aTermThatEndedBeforeIsLost() {
    term.end();
    doThrow(new ControllerEndedException("closed before")).when(foreign).run();

    assertThatThrownBy(new ElectedController(foreign, election)::run).hasMessageContaining("lost the leadership");
    assertThat(released).isTrue();
  }

  @Test
  @DisplayName("K9: a controller whose close() throws neither hides the others nor makes close() hang")
  void aCloseThatThrows() {
    Controller other = mock();
    when(foreign.name()).thenReturn("foreign");
    doThrow(new IllegalStateException("will not")).when(foreign).close();
    Operator operator = Operator.builder("o").controller(foreign).controller(other).build();

    operator.close();

    verify(other).close();
    assertThatThrownBy(operator::run).isInstanceOf(ControllerEndedException.class);
  }
}
