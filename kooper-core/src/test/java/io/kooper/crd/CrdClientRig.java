package io.kooper.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.kooper.clock.Clock;
import java.time.Duration;
import java.util.List;

/** A client of definitions, the API server that it speaks to, and what tests do to both. */
abstract class CrdClientRig {

  static final Duration MINUTE = Duration.ofMinutes(1);
  static final String COLUMN = "additionalPrinterColumns:\n    - {name: New, type: date, jsonPath: .spec.new}";

  final FakeCrdApi api = new FakeCrdApi();
  final LeapingClock clock = new LeapingClock();
  final DefaultCrdClient client = client(clock);

  DefaultCrdClient client(Clock clock) {
    return new DefaultCrdClient(api, FakeCrdApi.JSON, clock, () -> 0);
  }

  void ensure(CustomResourceDefinition definition, CrdPolicy policy) throws InterruptedException {
    client.ensurePresent(definition, policy, MINUTE);
  }

  Throwable ensureFails(CustomResourceDefinition definition, CrdPolicy policy) {
    Throwable thrown = catchThrowable(() -> ensure(definition, policy));
    assertThat(thrown).isInstanceOf(CrdException.class);
    return thrown;
  }

  List<String> calls() {
    return api.calls.stream().filter(call -> !call.startsWith("list")).toList();
  }

  static CustomResourceDefinition changed() {
    return Definitions.definition(Definitions.FOO.replace("additionalPrinterColumns:", COLUMN));
  }
}
