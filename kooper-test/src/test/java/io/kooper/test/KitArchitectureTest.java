package io.kooper.test;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.junit.jupiter.api.Test;

/** What the test kit shows of itself, and what it keeps. */
class KitArchitectureTest {

  private static final String VALIDATION = "io.kooper.test.validation..";
  private static final String KINDS = "io.kooper.test.kinds..";

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
  void validationIsNotShownToUsers() {
    methods().that().arePublic().and().areDeclaredInClassesThat().resideInAPackage("io.kooper.test")
        .and().areDeclaredInClassesThat().arePublic().should(notNameValidation()).check(kit);
  }

  private static ArchCondition<JavaMethod> notNameValidation() {
    return new ArchCondition<>("not name the validation") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        boolean named = method.getAllInvolvedRawTypes().stream()
            .anyMatch(resideInAPackage(VALIDATION).or(resideInAPackage(KINDS)));
        events.add(new SimpleConditionEvent(method, !named, method.getFullName()));
      }
    };
  }

  @Test
  void thePublicTypesStayFew() {
    assertThat(kit).filteredOn(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass())
        .filteredOn(type -> type.getPackageName().equals("io.kooper.test")).extracting(JavaClass::getSimpleName)
        .containsExactlyInAnyOrder("ApiRequest", "Backup", "EmbeddedApiServer", "Fault", "Faults", "Permissions", "ResourceType",
            "Steady");
  }
}
