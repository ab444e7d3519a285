package io.kooper.examples.unittesting;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.kooper.handler.HandlerContext;
import io.kooper.handler.TerminalException;
import io.kooper.retrieve.ObjectKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A handler alone: its service and its context are mocks, its time stands still. */
class BackupHandlerTest {

  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private final Backups backups = mock();
  private final HandlerContext<PersistentVolumeClaim> context = mock();
  private final BackupHandler handler = new BackupHandler(backups, () -> NOW);

  @BeforeEach
  void aCallForOneVolume() {
    when(context.key()).thenReturn(new ObjectKey("shop", "orders"));
  }

  private static PersistentVolumeClaim claim() {
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata().withNamespace("shop").withName("orders").endMetadata()
        .build();
  }

  private static PersistentVolumeClaim claim(String every) {
    return claim().edit().editMetadata().addToAnnotations(BackupHandler.EVERY, every).endMetadata().build();
  }

  @Test
  void makesTheFirstBackupAtOnce() throws IOException {
    when(backups.last("shop/orders")).thenReturn(Optional.empty());

    handler.add(context, claim("PT1H"));

    verify(backups).make("shop/orders");
    verify(context).requeueAfter(Duration.ofHours(1));
  }

  @Test
  void makesTheNextOneWhenItsTimeHasCome() throws IOException {
    when(backups.last("shop/orders")).thenReturn(Optional.of(NOW.minus(Duration.ofHours(1))));

    handler.add(context, claim("PT1H"));

    verify(backups).make("shop/orders");
  }

  @Test
  void waitsUntilThen() throws IOException {
    when(backups.last("shop/orders")).thenReturn(Optional.of(NOW.minus(Duration.ofMinutes(20))));

    handler.add(context, claim("PT1H"));

    verify(backups, never()).make(anyString());
    verify(context).requeueAfter(Duration.ofMinutes(40));
  }

  @Test
  void doesNotTouchWhatDoesNotAskForIt() throws IOException {
    handler.add(context, claim());

    verifyNoInteractions(backups);
    verify(context, never()).requeueAfter(any());
  }

  @Test
  void failsAsTheServiceDoesSoThatItIsTriedAgain() throws IOException {
    when(backups.last("shop/orders")).thenReturn(Optional.empty());
    doThrow(new IOException("no space")).when(backups).make("shop/orders");

    assertThatThrownBy(() -> handler.add(context, claim("PT1H"))).hasMessage("no space");

    verify(context, never()).requeueAfter(any());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "daily", "PT0S", "-PT1H"})
  void isNotTriedAgainWithAnAnnotationThatMakesNoSense(String every) {
    assertThatThrownBy(() -> handler.add(context, claim(every)))
        .isInstanceOf(TerminalException.class).hasMessageContaining(every);

    verifyNoInteractions(backups);
  }

  @Test
  void removesTheBackupsWithTheVolume() throws IOException {
    handler.delete(context, claim("PT1H"));

    verify(backups).removeAll("shop/orders");
  }
}
