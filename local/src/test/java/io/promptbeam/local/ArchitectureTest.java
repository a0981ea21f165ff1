package io.promptbeam.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;

/** Which way dependencies point between the modules and their packages. */
@AnalyzeClasses(
    packages = "io.promptbeam",
    importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
final class ArchitectureTest {
  /** What a module's tests lend to another's is on the class path as a jar, once it is packaged. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String[] JOB_MODEL = {
    "io.promptbeam.access..",
    "io.promptbeam.batch..",
    "io.promptbeam.catalog..",
    "io.promptbeam.figures..",
    "io.promptbeam.job..",
    "io.promptbeam.message..",
    "io.promptbeam.notice..",
    "io.promptbeam.outage..",
    "io.promptbeam.schema..",
    "io.promptbeam.store..",
    "io.promptbeam.submit..",
    "io.promptbeam.trace.."
  };
  private static final String PIPELINE = "io.promptbeam.pipeline..";
  private static final String QUERY_API = "io.promptbeam.api..";
  private static final String LOCAL = "io.promptbeam.local..";
  private static final String BEAM = "org.apache.beam..";
  private static final String SPARK = "spark..";
  private static final String SPARK_PACKAGE = "io.promptbeam.api.spark..";
  private static final String[] JETTY = {"org.eclipse.jetty..", "javax.servlet.."};

  @ArchTest
  static final ArchRule package_isNamedHere_whenAModuleGainsOne =
      classes()
          .should()
          .resideInAnyPackage(JOB_MODEL)
          .orShould()
          .resideInAnyPackage(PIPELINE, QUERY_API, LOCAL);

  @ArchTest
  static void package_isNullMarked(JavaClasses classes) {
    assertThat(
            classes.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(location -> !location.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName))
        .isEmpty();
  }

  @ArchTest
  static final ArchRule jobModel_dependsOnNoOtherModule =
      noClasses()
          .that()
          .resideInAnyPackage(JOB_MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PIPELINE, QUERY_API, LOCAL);

  @ArchTest
  static final ArchRule jobModel_usesNeitherBeamNorSpark =
      noClasses()
          .that()
          .resideInAnyPackage(JOB_MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(BEAM, SPARK);

  @ArchTest
  static final ArchRule pipeline_dependsOnNeitherQueryApiNorLocal =
      noClasses()
          .that()
          .resideInAPackage(PIPELINE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(QUERY_API, LOCAL);

  @ArchTest
  static final ArchRule queryApi_dependsOnNeitherPipelineNorLocal =
      noClasses()
          .that()
          .resideInAPackage(QUERY_API)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PIPELINE, LOCAL);

  @ArchTest
  static final ArchRule queryApi_usesNoBeam =
      noClasses()
          .that()
          .resideInAPackage(QUERY_API)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(BEAM);

  @ArchTest
  static final ArchRule spark_staysInItsPackage =
      noClasses()
          .that()
          .resideOutsideOfPackage(SPARK_PACKAGE)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(SPARK);

  @ArchTest
  static final ArchRule jetty_staysInTheServiceAndTheSimulatedProvider =
      noClasses()
          .that()
          .resideOutsideOfPackages(SPARK_PACKAGE, "io.promptbeam.pipeline.llm.simulated..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(JETTY);

  @ArchTest
  static final ArchRule engineNoticeQuotaAndLlm_useNoBeam =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.promptbeam.pipeline.engine..",
              "io.promptbeam.pipeline.notice..",
              "io.promptbeam.pipeline.quota..",
              "io.promptbeam.pipeline.llm..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(BEAM);

  @ArchTest
  static final ArchRule jobModelPackages_haveNoCycle =
      slices().matching("io.promptbeam.(*)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule pipelinePackages_haveNoCycle =
      slices().matching("io.promptbeam.(pipeline..)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule queryApiPackages_haveNoCycle =
      slices().matching("io.promptbeam.(api..)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule localPackages_haveNoCycle =
      slices().matching("io.promptbeam.(local..)").should().beFreeOfCycles();
}
