package io.kooper.test;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasModifiers.Predicates.modifier;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.kooper.test.junit.KooperTest;
import org.junit.jupiter.api.Test;

/** What the test kit shows of itself, and what it keeps. */
class KitArchitectureTest {

  private static final String VALIDATION = "io.kooper.test.validation..";
  private static final String KINDS = "io.kooper.test.kinds..";
  private static final String NET = "io.kooper.test.net..";
  private static final String[] INTERNAL = {VALIDATION, KINDS, "io.kooper.test.json..", "io.kooper.test.types..",
      "io.kooper.test.patch..", "io.kooper.test.store..", "io.kooper.test.write..", "io.kooper.test.tables..",
      "io.kooper.test.admission..", "io.kooper.test.auth..", "io.kooper.test.http..", "io.kooper.test.faults..", NET};

  private final JavaClasses kit = new ClassFileImporter()
      .importUrl(EmbeddedApiServer.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void validationKnowsJsonAndNoServer() {
    noClasses().that().resideInAPackage(VALIDATION).should().dependOnClassesThat(
        resideOutsideOfPackages(VALIDATION, "java..", "tools.jackson..", "org.projectnessie..", "com.google.protobuf..",
            "com.google.api..", "org.jspecify..")).check(kit);
  }

  @Test
  void kindsKnowJsonAndNoServer() {
    noClasses().that().resideInAPackage(KINDS).should().dependOnClassesThat(
        resideOutsideOfPackages(KINDS, VALIDATION, "java..", "tools.jackson..", "org.jspecify..")).check(kit);
  }

  @Test
  void theNetworkIsTheJdks() {
    noClasses().that().resideInAPackage(NET).should().dependOnClassesThat(
        resideOutsideOfPackages(NET, "java..", "javax.net..", "org.slf4j..", "org.jspecify..")).check(kit);
  }

  @Test
  void packagesDoNotDependOnEachOtherInCircles() {
    slices().matching("io.kooper.test.(*)..").should().beFreeOfCycles().check(kit);
  }

  @Test
  void internalsKnowOnlyTheValuesOfUsers() {
    noClasses().that(resideInAnyPackage(INTERNAL)).should().dependOnClassesThat(
        resideInAnyPackage("io.kooper.test", "io.kooper.test.junit")
            .and(not(belongToAnyOf(ApiRequest.class, ResourceType.class, Permissions.class)))).check(kit);
  }

  @Test
  void internalsAreNotShownToUsers() {
    methods().that().arePublic().or().areProtected().and().areDeclaredInClassesThat(
        resideInAnyPackage("io.kooper.test", "io.kooper.test.junit").and(modifier(JavaModifier.PUBLIC)))
        .should(nameNothingInternal()).check(kit);
  }

  private static ArchCondition<JavaMethod> nameNothingInternal() {
    return new ArchCondition<>("name nothing internal") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        boolean named = method.getAllInvolvedRawTypes().stream().anyMatch(
            resideInAnyPackage(INTERNAL).or(resideInAPackage("tools.jackson.."))); // which has another name in the jar
        events.add(new SimpleConditionEvent(method, !named, method.getFullName()));
      }
    };
  }

  @Test
  void clusterTestsRunOnWhateverServer() {
    classes().that().haveSimpleNameEndingWith("Test").should().beAnnotatedWith(KooperTest.class)
        .check(new ClassFileImporter().importPackages("io.kooper.cluster"));
  }

  @Test
  void eachPackageIsOfUsersOrInternal() {
    assertThat(kit).allMatch(type -> type.getPackageName().equals("io.kooper.test")
        || type.getPackageName().equals("io.kooper.test.junit") || resideInAnyPackage(INTERNAL).test(type));
  }

  @Test
  void thePublicTypesStayFew() {
    assertThat(kit).filteredOn(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass())
        .filteredOn(type -> type.getPackageName().equals("io.kooper.test")).extracting(JavaClass::getSimpleName)
        .containsExactlyInAnyOrder("ApiRequest", "Backup", "EmbeddedApiServer", "EmbeddedApiServerBuilder", "Fault", "Faults",
            "Permissions", "ResourceType", "Steady");
  }
}
