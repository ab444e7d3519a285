package io.kooper.controller;

import io.kooper.fake.ManualTerm;
import io.kooper.leaderelection.Leadership;
import io.kooper.leaderelection.Shards;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Shards by the first letter of a name, which come and go when the test says so. For one controller. */
final class ManualShards implements Shards {

  final class ManualHolding implements Holding {
    final ManualTerm term = new ManualTerm(tokens.incrementAndGet());
    private final int shard;
    private volatile boolean giving;
    volatile boolean ended;

    private ManualHolding(int shard) {
      this.shard = shard;
    }

    @Override
    public int shard() {
      return shard;
    }

    @Override
    public Leadership leadership() {
      return term;
    }

    @Override
    public boolean isActive() {
      return !giving && term.isValid();
    }

    @Override
    public void ended() {
      ended = true;
      holdings.remove(this);
    }

    /** Asks for it. */
    void give() {
      giving = true;
      changed.run();
    }

    void lose() {
      term.end();
      changed.run();
    }
  }

  private final AtomicLong tokens = new AtomicLong();
  private final List<ManualHolding> holdings = new CopyOnWriteArrayList<>();
  volatile Runnable changed = () -> {};
  volatile String defect;

  /** How often the controller has looked at what it holds. */
  final AtomicInteger looks = new AtomicInteger();

  /** What the controller has done, in this order: join, leave, close, the last with the shards that it has abandoned. */
  final List<String> said = new CopyOnWriteArrayList<>();

  ManualHolding gain(char letter) {
    ManualHolding holding = new ManualHolding(of("", "" + letter));
    holdings.add(holding);
    changed.run();
    return holding;
  }

  @Override
  public int count() {
    return 26;
  }

  @Override
  public int of(String namespace, String name) {
    return name.charAt(0) - 'a';
  }

  @Override
  public Member join(Runnable told) {
    changed = told;
    said.add("join");
    return new Member() {
      @Override
      public List<Holding> holdings() {
        looks.incrementAndGet();
        return List.copyOf(holdings);
      }

      @Override
      public void leave() {
        said.add("leave");
      }

      @Override
      public void close() {
        said.add("close" + holdings.stream().map(holding -> " " + (char) ('a' + holding.shard)).toList());
      }
    };
  }

  @Override
  public String defect() {
    return defect;
  }
}
