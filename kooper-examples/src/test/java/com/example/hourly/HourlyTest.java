package com.example.hourly;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.kooper.clock.ManualClock;
import io.kooper.controller.Controller;
import io.kooper.retrieve.ListerWatcher;
import io.kooper.retrieve.Retriever;
import io.kooper.retrieve.SourceEvent;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HourlyTest {

  private static final class OnePod implements ListerWatcher<Pod> {

    @Override
    public String list(ListOptions options, Consumer<SourceEvent<Pod>> events) {
      events.accept(SourceEvent.added(new PodBuilder().withNewMetadata().withName("web").withUid("1").endMetadata().build()));
      return "1";
    }

    @Override
    public void watch(ListOptions options, Consumer<SourceEvent<Pod>> events) throws InterruptedException {
      new CountDownLatch(1).await();
    }
  }

  @Test
  void isCalledAgainAfterAnHour() throws InterruptedException {
    ManualClock clock = new ManualClock();
    Semaphore calls = new Semaphore(0);
    Controller controller = Controller.builder(Retriever.of(Pod.class, new OnePod()), (context, pod) -> calls.release())
        .resync(Duration.ofHours(1))
        .clock(clock)
        .build();
    Thread running = new Thread(controller::run);
    running.start();
    try {
      assertTrue(calls.tryAcquire(10, TimeUnit.SECONDS)); // of the first list

      clock.advance(Duration.ofMinutes(66));

      assertTrue(calls.tryAcquire(10, TimeUnit.SECONDS));
    } finally {
      controller.close();
      running.join();
    }
  }
}
