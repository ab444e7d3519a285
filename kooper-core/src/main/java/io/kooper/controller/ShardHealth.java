package io.kooper.controller;

import io.kooper.leaderelection.Runner;
import io.kooper.leaderelection.Shards;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shards as the health check sees them: as whatever gives terms. */
record ShardHealth(Shards shards) implements Runner {

  @Override
  public void run(Task task) {
    throw new UnsupportedOperationException("shards have many terms");
  }

  @Override
  public List<String> reasons() {
    return shards.reasons();
  }

  @Override
  public @Nullable String defect() {
    return shards.defect();
  }
}
