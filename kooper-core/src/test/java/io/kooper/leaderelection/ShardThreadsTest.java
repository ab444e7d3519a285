package io.kooper.leaderelection;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.kooper.clock.Clock;
import io.kooper.fake.FailingClock;
import io.kooper.leaderelection.Shards.Holding;
import io.kooper.leaderelection.Shards.Member;
import io.kooper.metrics.MetricsRecorder;
import io.kooper.metrics.ShardFigures;
import io.kooper.metrics.ShardMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads around {@link Sharding}, on the machine's clock, with short times. */
@Timeout(120)
class ShardThreadsTest {

  /** One server for several threads, which may be gone. */
  private static final class Shared implements Leases {

    private final FakeLeases leases = new FakeLeases(Instant::now);
    private final ReentrantLock lock = new ReentrantLock();
    volatile boolean gone;

    private <R extends @Nullable Object> R locked(Call<R> call) throws LeaseException {
      if (gone) {
        throw new LeaseException(LeaseException.Kind.UNKNOWN, "the server is gone", null);
      }
      lock.lock();
      try {
        return call.call();
      } finally {
        lock.unlock();
      }
    }

    private interface Call<R extends @Nullable Object> {
      R call() throws LeaseException;
    }

    @Override
    public LeaseStore lease(String name) {
      return new LeaseStore() {
        @Override
        public @Nullable Lease get() throws LeaseException {
          return locked(() -> get(leases.lease(name)));
        }

        private @Nullable Lease get(LeaseStore store) throws LeaseException {
          try {
            return store.get();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        }

        @Override
        public Lease create(Lease lease) throws LeaseException {
          return locked(() -> {
            try {
              return leases.lease(name).create(lease);
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
        }

        @Override
        public Lease update(Lease lease) throws LeaseException {
          return locked(() -> {
            try {
              return leases.lease(name).update(lease);
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
        }
      };
    }

    @Override
    public List<Lease> list() throws LeaseException {
      return locked(leases::list);
    }

    @Override
    public void delete(Lease lease) throws LeaseException {
      locked(() -> {
        leases.delete(lease);
        return true;
      });
    }
  }

  private final Shared server = new Shared();
  private final AtomicInteger failures = new AtomicInteger(); // still to come, of the clock below a talker

  private final Clock clock = new FailingClock(() -> failures.get() > 0 && StackWalker.getInstance().walk(all -> all.skip(2)
      .findFirst().filter(caller -> caller.getClassName().endsWith("$Crew")).isPresent()) && failures.getAndDecrement() > 0);
  private final List<Member> members = new ArrayList<>();

  /** No machine stops so long that a term ends. */
  private LeaderElectionBuilder builder() {
    return new LeaderElectionBuilder(null, "op").clock(clock).namespace("default").leases(server)
        .leaseDuration(Duration.ofSeconds(5)).renewDeadline(Duration.ofSeconds(4)).retryPeriod(Duration.ofMillis(100));
  }

  /** For those whose terms are to end; one may end of itself when the machine stops for a moment. */
  private LeaderElectionBuilder brief() {
    return builder().leaseDuration(Duration.ofSeconds(2)).renewDeadline(Duration.ofMillis(1500));
  }

  private Member join(Shards shards) {
    Member member = shards.join(() -> {});
    members.add(member);
    return member;
  }

  @AfterEach
  void close() throws InterruptedException {
    server.gone = false;
    for (Member member : members) {
      member.holdings().forEach(Holding::ended);
      member.close();
    }
    Awaitility.await().until(() -> Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().startsWith("kooper-op-")));
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5)).until(condition::getAsBoolean);
  }

  private static Set<Integer> active(Member member) {
    Set<Integer> active = new HashSet<>();
    member.holdings().stream().filter(Holding::isActive).forEach(holding -> active.add(holding.shard()));
    return active;
  }

  /** Ends what is to be given away, as one without work does. */
  private static Set<Integer> endInactive(Member member) {
    member.holdings().stream().filter(holding -> !holding.isActive()).forEach(Holding::ended);
    return active(member);
  }

  @Test
  void sharesAreEvenAndMoveWithTheMembers() throws InterruptedException {
    Member first = join(builder().shards(7));
    await(() -> active(first).size() == 7);
    Member second = join(builder().shards(7));

    await(() -> endInactive(first).size() == 3 && active(second).size() == 4);
    Set<Integer> all = new HashSet<>(active(first));
    all.addAll(active(second));
    assertThat(all).hasSize(7);

    second.leave();
    second.holdings().forEach(Holding::ended);
    second.close();
    await(() -> endInactive(first).size() == 7);
  }

  @Test
  void aShardIsKeptUntilItsWorkHasEnded() {
    Member first = join(builder().shards(2));
    await(() -> active(first).size() == 2);
    Member second = join(builder().shards(2));
    await(() -> active(first).size() == 1);

    Holding given = first.holdings().stream().filter(holding -> !holding.isActive()).findFirst().orElseThrow();
    assertThat(given.leadership().isValid()).as("while its work goes on").isTrue();
    assertThat(second.holdings()).isEmpty();
    given.ended();

    await(() -> active(second).size() == 1);
    assertThat(second.holdings().get(0).leadership().token()).isGreaterThan(given.leadership().token());
  }

  @Test
  void severalPartsOfAProcessHoldTheSame() {
    Shards shards = builder().shards(2);
    Member first = join(shards);
    await(() -> active(first).size() == 2);
    Member late = join(shards);
    await(() -> active(late).size() == 2);
    Member other = join(builder().shards(2));
    await(() -> endInactive(first).size() == 1);
    assertThat(other.holdings()).as("while the second part works").isEmpty();

    await(() -> endInactive(first).size() == 1 && endInactive(late).size() == 1 && active(other).size() == 1);
    assertThat(active(late)).isEqualTo(active(first));
  }

  @Test
  void whoHasAnotherCountStandsByAndSaysSo() throws InterruptedException {
    Member old = join(builder().shards(2));
    await(() -> active(old).size() == 2);
    Shards shards = builder().shards(3);
    Member next = join(shards);
    await(() -> !shards.reasons().isEmpty());
    assertThat(shards.reasons().get(0)).contains("stands by as 3-by-name-for-5s").contains("kooper-shards-2-by-name-for-5s");
    assertThat(next.holdings()).isEmpty();
    assertThat(shards.defect()).isNull();

    old.holdings().forEach(Holding::ended);
    old.close();

    await(() -> active(next).size() == 3);
    assertThat(shards.reasons()).isEmpty();
  }

  @Test
  void termsEndWhenTheServerIsGoneAndBeginAnewWhenItIsBack() {
    Shards shards = brief().shards(3);
    Member member = join(shards);
    await(() -> active(member).size() == 3);
    List<Holding> before = member.holdings();

    server.gone = true;

    await(() -> active(member).isEmpty());
    assertThat(shards.reasons()).anyMatch(reason -> reason.contains("the server is gone"));
    server.gone = false;
    assertThat(active(member)).as("before the work of the terms has ended").isEmpty();
    before.forEach(Holding::ended);
    await(() -> active(member).size() == 3);
  }

  @Test
  void whatHadNoMemoryToBeginHasItsTurnAgain() {
    Member member = join(brief().shards(4));
    await(() -> active(member).size() == 4);
    failures.set(20); // of each duty, again and again
    await(() -> failures.get() <= 0);

    server.gone = true;
    await(() -> active(member).isEmpty());
    member.holdings().forEach(Holding::ended);
    server.gone = false;

    await(() -> endInactive(member).size() == 4);
  }

  @Test
  void metricsThatHangHoldUpNoTerm() {
    CountDownLatch go = new CountDownLatch(1);
    ShardMetrics metrics = new ShardMetrics() {
      @Override
      public void lost() {
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    };
    Member member = join(brief().metrics(new MetricsRecorder() {
      @Override
      public ShardMetrics shards(String lease, ShardFigures figures) {
        return metrics;
      }
    }).shards(4));
    await(() -> active(member).size() == 4);
    AtomicInteger told = new AtomicInteger();
    member.holdings().forEach(one -> one.leadership().onEnd(told::incrementAndGet));

    server.gone = true;

    await(() -> told.get() == 4);
    member.holdings().forEach(Holding::ended);
    server.gone = false;
    await(() -> active(member).size() == 4);
    go.countDown();
  }

  /** Of several shards it is the last one whose end is told while the others are given back already. */
  @Test
  @DisplayName("Invariant 5: what is held until the last moment is given back")
  void theLastShardIsGivenBack() throws InterruptedException {
    Member only = join(builder().shards(1));
    await(() -> active(only).size() == 1);

    only.holdings().get(0).ended();
    only.close();

    assertThat(free("op-shard-0")).isTrue();
  }

  @Test
  void whatIsAbandonedIsNotGivenBack() throws InterruptedException {
    Member first = join(brief().shards(1));
    await(() -> active(first).size() == 1);
    Holding abandoned = first.holdings().get(0);
    first.close();

    assertThat(abandoned.leadership().isValid()).isFalse();
    assertThat(free("op-shard-0")).isFalse();
  }

  private boolean free(String name) {
    return server.leases.all().stream().filter(lease -> lease.getMetadata().getName().equals(name))
        .allMatch(lease -> LeaseRecord.of(lease).isFree());
  }
}
