package io.kooper.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DelayHeapTest {

  /** Times are offsets from this: half of them are past the overflow of a long, as a nanosecond clock's may be. */
  private static final long ORIGIN = Long.MAX_VALUE - 20;

  @Test
  void itsFirstIsTheEarliestWhateverIsAddedAndRemovedAndEqualOnesKeepTheirOrder() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      DelayHeap<Integer> heap = new DelayHeap<>();
      List<Slot<Integer>> model = new ArrayList<>(); // in the order of the adds
      for (int i = 0; i < 400; i++) {
        if (model.isEmpty() || random.nextInt(100) < (i < 250 ? 70 : 25)) {
          Slot<Integer> slot = new Slot<>(i);
          slot.readyAt = ORIGIN + random.nextInt(40);
          heap.add(slot);
          model.add(slot);
        } else {
          Slot<Integer> slot = random.nextBoolean() ? model.get(random.nextInt(model.size())) : heap.first();
          heap.remove(slot);
          model.remove(slot);
          assertThat(slot.heapIndex).isEqualTo(-1);
        }
        assertThat(heap.size()).isEqualTo(model.size());
        assertThat(heap.isEmpty()).isEqualTo(model.isEmpty());
        assertThat(heap.first()).as("seed %s, step %s", seed, i)
            .isSameAs(model.stream().min(Comparator.comparingLong(slot -> slot.readyAt - ORIGIN)).orElse(null));
      }
    }
  }
}
