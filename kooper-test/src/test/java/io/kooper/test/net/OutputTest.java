package io.kooper.test.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever is added is sent, once and in order, whichever of two threads is there to do it. */
@Timeout(60)
class OutputTest {

  private final Loop loop = new Loop();
  private final Output output = new Output(loop);
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream(); // is synchronized
  private final Executor threads = task -> Loop.daemon(task, "output-test").start();

  @AfterEach
  void close() {
    loop.close();
  }

  private void add(String text) {
    output.add(text.getBytes(US_ASCII), null);
  }

  private Future<Output.End> writer(Output of, OutputStream out) {
    FutureTask<Output.End> writer = new FutureTask<>(() -> of.sendAll(out));
    threads.execute(writer);
    return writer;
  }

  @Test
  void whatIsAddedIsSentByTheWriter() throws Exception {
    Future<Output.End> writer = writer(output, sent);
    add("a");
    await().until(() -> sent.toString().equals("a"));
    add("b");
    output.end(Output.End.GOODBYE);
    add("behind the end");
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.GOODBYE);
    assertThat(sent).hasToString("ab");
  }

  @Test
  void whatIsAddedWhileItIsHeldIsSentByTheHolder() throws Exception {
    output.hold(true);
    Future<Output.End> writer = writer(output, sent);
    add("a");
    add("b");
    assertThat(sent.size()).isZero();
    output.hold(false);
    output.send(sent); // or the writer does, if it comes just now
    await().until(() -> sent.toString().equals("ab"));
    output.hold(true);
    output.end(Output.End.SILENT); // the connection was cut by what answered
    output.hold(false);
    output.send(sent);
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.SILENT);
  }

  /** Its flush waits: it comes behind the last piece, when there was no other. */
  private final class Slow extends OutputStream {

    final CountDownLatch flushing = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public void write(int b) {
      sent.write(b);
    }

    @Override
    public void flush() throws IOException {
      flushing.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  @Test
  void whatIsHeldWhileTheWriterSendsIsSentBehindIt() throws Exception {
    Slow slow = new Slow();
    Future<Output.End> writer = writer(output, slow);
    add("a");
    slow.flushing.await();
    output.hold(true);
    add("b");
    output.hold(false);
    output.send(slow); // leaves it to the writer
    assertThat(sent).hasToString("a");
    slow.goOn.countDown();
    await().until(() -> sent.toString().equals("ab"));
    output.end(Output.End.SILENT);
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.SILENT);
  }

  @Test
  void whatIsAddedWhileTheHolderSendsIsSentBehindIt() throws Exception {
    Slow slow = new Slow();
    output.hold(true);
    add("a");
    Future<Output.End> writer = writer(output, slow);
    FutureTask<Void> holder = new FutureTask<>(() -> {
      output.send(slow);
      return null;
    });
    threads.execute(holder);
    slow.flushing.await();
    output.hold(false);
    add("b"); // wakes nobody: the holder sends
    assertThat(sent).hasToString("a");
    slow.goOn.countDown();
    holder.get(30, TimeUnit.SECONDS);
    await().until(() -> sent.toString().equals("ab"));
    output.end(Output.End.SILENT);
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.SILENT);
  }

  @Test
  void aFailureOfTheHolderEndsTheWriter() throws Exception {
    output.hold(true);
    add("a");
    Future<Output.End> writer = writer(output, sent); // waits, since it is held
    assertThatThrownBy(() -> output.send(new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException("gone");
      }
    })).hasMessage("gone");
    assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.SILENT);
  }

  @Test
  void whoIsToldWhatIsOutIsToldThatThereIsRoom() throws Exception {
    CompletableFuture<Void> out = new CompletableFuture<>();
    CompletableFuture<Void> room = new CompletableFuture<>();
    output.add(new byte[128 * 1024], () -> out.complete(null));
    output.onDrain(() -> room.complete(null));
    assertThat(output.isFull()).isTrue();
    assertThat(room).isNotDone();
    output.send(sent);
    out.get(30, TimeUnit.SECONDS);
    room.get(30, TimeUnit.SECONDS);
    assertThat(output.isFull()).isFalse();
  }

  /** Nothing may be left behind when nobody does anything any more: it would wait for the next event of a watch. */
  @Test
  void nothingIsLeftBehindHoweverTheThreadsMeet() throws Exception {
    for (int round = 0; round < 500; round++) {
      Output racing = new Output(loop);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Future<Output.End> writer = writer(racing, out);
      int pieces = 1 + round % 7;
      FutureTask<Void> watch = new FutureTask<>(() -> {
        for (int i = 0; i < pieces; i++) {
          racing.add(new byte[] {(byte) ('a' + i)}, null);
        }
        return null;
      });
      threads.execute(watch);
      for (int i = 0; i < pieces; i++) {
        racing.hold(true);
        racing.add(new byte[] {(byte) ('A' + i)}, null);
        racing.hold(false);
        racing.send(out);
      }
      watch.get(30, TimeUnit.SECONDS);
      await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1))
          .until(() -> out.size() == 2 * pieces);
      racing.end(Output.End.GOODBYE);
      assertThat(writer.get(30, TimeUnit.SECONDS)).isEqualTo(Output.End.GOODBYE);
      assertThat(out.toString(US_ASCII).replaceAll("[a-z]", "")).isEqualTo("ABCDEFG".substring(0, pieces));
      assertThat(out.toString(US_ASCII).replaceAll("[A-Z]", "")).isEqualTo("abcdefg".substring(0, pieces));
    }
  }
}
