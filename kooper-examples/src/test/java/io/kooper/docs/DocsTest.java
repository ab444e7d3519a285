package io.kooper.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every Java block of README.md and docs/ compiles, and every link to a file of this repository leads somewhere. */
class DocsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  /** A block that is a whole file, and may use the files that its page has shown before. */
  private static final Pattern FILE = Pattern.compile(
      "^(?:package|import) [^\\n]*(?s:.*?)^(?:public |final )*(?:class|record|interface) (\\w+)", Pattern.MULTILINE);

  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)");

  /** What a block that is no whole class may use without saying so. */
  private static final String AROUND = """
      import io.fabric8.kubernetes.api.model.*;
      import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
      import io.fabric8.kubernetes.api.model.apps.*;
      import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
      import io.fabric8.kubernetes.client.CustomResource;
      import io.fabric8.kubernetes.client.KubernetesClient;
      import io.kooper.clock.*;
      import io.fabric8.kubernetes.model.annotation.*;
      import io.kooper.controller.*;
      import io.kooper.crd.*;
      import io.kooper.event.*;
      import io.kooper.finalizer.*;
      import io.kooper.handler.*;
      import io.kooper.informer.*;
      import io.kooper.leaderelection.*;
      import io.kooper.metrics.*;
      import io.kooper.metrics.micrometer.*;
      import io.kooper.operator.*;
      import io.kooper.probe.*;
      import io.kooper.queue.*;
      import io.kooper.retrieve.*;
      import io.kooper.test.*;
      import io.kooper.test.junit.*;
      import io.kooper.write.*;
      import io.micrometer.core.instrument.MeterRegistry;
      import io.micrometer.prometheusmetrics.*;
      import java.net.URI;
      import java.nio.file.Path;
      import java.time.Duration;
      import java.time.Instant;
      import java.time.format.DateTimeParseException;
      import java.util.*;
      import java.util.concurrent.*;
      import java.util.function.Consumer;
      import org.junit.jupiter.api.Test;
      import org.mockito.Mockito;
      import static org.awaitility.Awaitility.await;

      class Block {
        KubernetesClient client;
        Retriever<Pod> pods;
        Handler<Pod> handler;
        Controller controller;
        EmbeddedApiServer server;
        Deployment deployment;

        void block() throws Exception {
      %s
        }
      }
      """;

  /** The operator tutorial's pieces build on the example's class, and on each other. */
  private static String context(Path page) {
    return page.endsWith("operator-tutorial.md")
        ? AROUND.replace("class Block {", "class Block {\n  Handler<WebApp> deploy;\n  Handler<WebApp> cleansUp;")
            .replace("import java.util.concurrent.*;",
                "import java.util.concurrent.*;\nimport io.kooper.examples.webapp.*;")
        : AROUND;
  }

  private static Stream<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      return Stream.concat(
          Stream.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md").map(ROOT::resolve),
          docs.filter(file -> file.toString().endsWith(".md")).sorted().toList().stream());
    }
  }

  @TestFactory
  Stream<DynamicTest> javaBlocksCompile() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path page : pages().toList()) {
      Matcher blocks = JAVA.matcher(Files.readString(page));
      Map<String, String> files = new LinkedHashMap<>(); // those that the page has shown so far, in their newest form
      for (int i = 1; blocks.find(); i++) {
        String block = blocks.group(1);
        Matcher file = FILE.matcher(block);
        Map<String, String> sources = new LinkedHashMap<>();
        if (file.lookingAt()) {
          files.put(file.group(1), block);
          sources.putAll(files);
        } else {
          sources.put("Block", context(page).formatted(block.replace("public class", "class")));
        }
        tests.add(DynamicTest.dynamicTest(ROOT.relativize(page) + ", block " + i, () -> compile(sources)));
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  /** A block that names its package is a file of the tests, which run it. */
  @Test
  void filesAreThoseThatAreTested() throws IOException {
    int files = 0;
    for (Path page : pages().toList()) {
      for (Matcher blocks = JAVA.matcher(Files.readString(page)); blocks.find();) {
        Matcher file = FILE.matcher(blocks.group(1));
        if (blocks.group(1).startsWith("package ") && file.lookingAt()) {
          String folder = blocks.group(1).lines().findFirst().orElseThrow().replaceAll("package |;", "").replace('.', '/');
          Path tested = Path.of("src/test/java", folder, file.group(1) + ".java");
          assertThat(blocks.group(1)).as(page + " and " + tested).isEqualTo(Files.readString(tested));
          files++;
        }
      }
    }
    assertThat(files).isPositive();
  }

  private static void compile(Map<String, String> sources) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter errors = new StringWriter();
    List<JavaFileObject> files = new ArrayList<>();
    sources.forEach((name, code) -> files.add(
        new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return code;
          }
        }));
    boolean compiled = compiler.getTask(errors, null, null,
        List.of("-proc:none", "-implicit:none", "-d", System.getProperty("java.io.tmpdir")), null, files).call();
    assertThat(compiled).as(errors + "\n" + sources.values()).isTrue();
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages().toList()) {
      Matcher links = LINK.matcher(Files.readString(page));
      while (links.find()) {
        if (!Files.exists(page.resolveSibling(links.group(1)))) {
          broken.add(ROOT.relativize(page) + " -> " + links.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }
}
