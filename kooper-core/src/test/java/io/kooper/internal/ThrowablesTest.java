package io.kooper.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;

class ThrowablesTest {

  private static class Endless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized Throwable getCause() {
      return new Endless();
    }
  }

  private static class Mute extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("nobody asks me");
    }
  }

  @Test
  void anOrdinaryExceptionIsLoggedAsItIs() {
    Exception thrown = new IllegalStateException("a", new RuntimeException("b"));
    thrown.addSuppressed(new RuntimeException("c"));

    assertThat(Throwables.loggable(thrown)).isSameAs(thrown);
    assertThat(Throwables.text(thrown)).isEqualTo("java.lang.IllegalStateException: a");
  }

  @Test
  void causesWithoutEndAreNotFollowed() {
    Throwable stand = Throwables.loggable(new Endless());

    assertThat(stand.toString()).contains("Endless");
    assertThat(stand.getCause()).isNull();
    assertThat(stand.getStackTrace()).isNotEmpty();
    assertThat(Throwables.anyCause(new Endless(), t -> false)).isFalse();
  }

  @Test
  void causesWithoutEndBehindASuppressedOneAreNotFollowed() {
    Exception thrown = new Exception("a");
    thrown.addSuppressed(new Endless());

    assertThat(Throwables.loggable(thrown)).isNotSameAs(thrown);
  }

  @Test
  void anExceptionWhoseTextCannotBeHadIsNamedByItsClass() {
    assertThat(Throwables.text(new Mute())).isEqualTo(Mute.class.getName());
    assertThat(Throwables.loggable(new Mute())).isNotInstanceOf(Mute.class);
  }

  @Test
  void thePlaceHasNoMessage() {
    Throwable thrown = catchThrowable(() -> Integer.valueOf("s3cret"));

    assertThat(Throwables.place(thrown, Throwables.class))
        .startsWith("java.lang.NumberFormatException at io.kooper.internal.ThrowablesTest.")
        .doesNotContain("s3cret");
  }
}
