package io.kooper;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.kooper.informer.Store;
import java.time.Instant;
import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The layers and the habits that docs and reviews speak of, held. */
class ArchitectureTest {

  private static JavaClasses core;

  @BeforeAll
  static void read() {
    core = new ClassFileImporter().importUrl(Store.class.getProtectionDomain().getCodeSource().getLocation());
    assertThat(core).as("what is checked").hasSizeGreaterThan(40);
  }

  private static void holds(ArchRule rule) {
    rule.check(core);
  }

  /** That the classes in {@code layer} use no package of this library but those. */
  private static void usesOnly(String layer, String... others) {
    List<String> allowed = new ArrayList<>(List.of(others));
    allowed.add(layer);
    allowed.add("internal");
    holds(noClasses().that().resideInAPackage("io.kooper." + layer + "..").should().dependOnClassesThat(
        resideInAPackage("io.kooper..").and(
            not(resideInAnyPackage(allowed.stream().map(name -> "io.kooper." + name + "..").toArray(String[]::new))))));
  }

  @Nested
  class Layers {

    @Test
    void theClockKnowsNobody() { // nor what is internal: see packagesHaveNoCycles
      usesOnly("clock");
    }

    @Test
    void whatIsInternalKnowsTheClock() {
      usesOnly("internal", "clock");
    }

    @Test
    void theQueueKnowsTheClock() {
      usesOnly("queue", "clock");
    }

    @Test
    void clockAndQueueKnowNothingOfKubernetes() {
      holds(noClasses().that().resideInAnyPackage("io.kooper.clock..", "io.kooper.queue..")
          .should().dependOnClassesThat().resideInAPackage("io.fabric8.."));
    }

    @Test
    void retrieveKnowsTheClock() {
      usesOnly("retrieve", "clock");
    }

    @Test
    void metricsAndTracingKnowNoController() {
      usesOnly("metrics", "queue", "retrieve");
      usesOnly("tracing", "retrieve");
    }

    @Test
    void theInformerKnowsNeitherQueueNorController() {
      usesOnly("informer", "clock", "retrieve", "metrics");
    }

    @Test
    void aHandlerKnowsTheStoreTheKeysAndTheLeadership() {
      usesOnly("handler", "informer", "retrieve", "leaderelection");
      DescribedPredicate<JavaClass> ofTheInformer = resideInAPackage("io.kooper.informer..");
      holds(noClasses().that().resideInAPackage("io.kooper.handler..").should()
          .dependOnClassesThat(ofTheInformer.and(not(type(Store.class)))));
    }

    @Test
    void aFinalizerKnowsTheHandlerAndWhatItsContextShows() {
      usesOnly("finalizer", "handler", "informer", "retrieve", "leaderelection");
      holds(noClasses().that().resideOutsideOfPackage("io.kooper.finalizer..")
          .should().dependOnClassesThat().resideInAPackage("io.kooper.finalizer.."));
    }

    @Test
    void whatIsWrittenKnowsTheHandlerAndWhatItsContextShows() {
      usesOnly("write", "handler", "informer", "retrieve", "leaderelection", "clock");
      usesOnly("event", "clock");
      usesOnly("probe", "controller", "informer");
      holds(noClasses().that().resideOutsideOfPackages("io.kooper.write..", "io.kooper.probe..")
          .should().dependOnClassesThat().resideInAnyPackage("io.kooper.write..", "io.kooper.probe.."));
    }

    @Test
    void onlyTheirOwnPackagesKnowMicrometerAndOpenTracing() {
      holds(noClasses().that().resideOutsideOfPackage("io.kooper.metrics.micrometer..")
          .should().dependOnClassesThat().resideInAnyPackage("io.micrometer..", "io.prometheus.."));
      holds(noClasses().that().resideOutsideOfPackage("io.kooper.tracing.opentracing..")
          .should().dependOnClassesThat().resideInAPackage("io.opentracing.."));
      holds(noClasses().that().resideOutsideOfPackages("io.kooper.metrics.micrometer..", "io.kooper.tracing.opentracing..")
          .should().dependOnClassesThat().resideInAnyPackage(
              "io.kooper.metrics.micrometer..", "io.kooper.tracing.opentracing.."));
    }

    @Test
    void nothingKnowsTheTestKit() {
      holds(noClasses().should().dependOnClassesThat().resideInAPackage("io.kooper.test.."));
    }

    @Test
    void packagesHaveNoCycles() {
      holds(slices().matching("io.kooper.(*)..").should().beFreeOfCycles());
    }
  }

  @Nested
  class Habits {

    @Test
    @DisplayName("Only the JDK, SLF4J, JSpecify, fabric8's API, optional Micrometer and OpenTracing are used")
    void onlyTheNamedLibrariesAreUsed() { // no Jackson either: which version there is depends on that of fabric8
      holds(classes().should(onlyDependOnClassesThat(resideInAnyPackage("io.kooper..", "java..", "org.slf4j..",
          "org.jspecify..", "io.fabric8..", "io.micrometer..", "io.opentracing..", "com.sun.net.httpserver..", ""))));
      holds(noClasses().that().resideOutsideOfPackage("io.kooper.probe..") // a module of the JDK that images may leave out
          .should().dependOnClassesThat().resideInAPackage("com.sun.net.httpserver.."));
    }

    @Test
    void nothingInternalOfFabric8IsUsed() {
      holds(noClasses().should().dependOnClassesThat().resideInAnyPackage("io.fabric8..internal..",
          "io.fabric8..informers.impl..", "io.fabric8.kubernetes.client.vertx..", "io.fabric8.kubernetes.client.jdkhttp..",
          "io.fabric8.kubernetes.client.okhttp..", "io.fabric8.kubernetes.client.jetty..", "io.vertx..", "okhttp3..",
          "com.fasterxml.jackson..", "java.net.http.."));
    }

    @Test
    void nothingEndsTheProcess() {
      holds(noClasses().should().callMethod(System.class, "exit", int.class)
          .orShould().callMethod(Runtime.class, "exit", int.class)
          .orShould().callMethod(Runtime.class, "halt", int.class));
    }

    @Test
    void onlyTheClockReadsTheTime() {
      holds(noClasses().that().resideOutsideOfPackage("io.kooper.clock..").should().callMethod(System.class, "nanoTime")
          .orShould().callMethod(System.class, "currentTimeMillis")
          .orShould().callMethod(Instant.class, "now"));
    }

    @Test
    void nothingSleeps() {
      holds(noClasses().should().callMethod(Thread.class, "sleep", long.class)
          .orShould().callMethod(Thread.class, "sleep", long.class, int.class));
      holds(noClasses().should().dependOnClassesThat(type(Timer.class)));
    }

    @Test
    void nothingStaticCanChange() {
      holds(fields().that().areStatic().should().beFinal());
      DescribedPredicate<JavaClass> mutable = resideInAPackage("java.util.concurrent..").and(not(type(TimeUnit.class)))
          .or(assignableTo(AbstractCollection.class)).or(assignableTo(AbstractMap.class)).or(type(ThreadLocal.class));
      holds(fields().that().areStatic().should().notHaveRawType(mutable));
    }
  }
}
