package com.example;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.kooper.controller.Controller;
import io.kooper.test.EmbeddedApiServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;

/** Runs README's program, as it stands there, against an API server with one pod, and waits for it to say so. */
public final class Smoke {

  private Smoke() {}

  private static void hasLicence(Class<?> type) throws Exception {
    try (JarFile jar = new JarFile(new File(type.getProtectionDomain().getCodeSource().getLocation().toURI()))) {
      for (String file : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
        if (jar.getEntry(file) == null) {
          throw new IllegalStateException(jar.getName() + " has no " + file);
        }
      }
    }
  }

  public static void main(String[] args) throws Exception {
    hasLicence(Controller.class);
    hasLicence(EmbeddedApiServer.class);
    try (EmbeddedApiServer server = EmbeddedApiServer.start(); KubernetesClient client = server.client()) {
      client.resource(new PodBuilder().withNewMetadata().withNamespace("default").withName("web").endMetadata()
          .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec().build()).create();
      Path kubeconfig = Files.createTempFile("smoke", ".yaml");
      Files.writeString(kubeconfig, server.kubeconfig());
      ProcessBuilder program = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-cp", System.getProperty("smoke.classpath").replace(':', File.pathSeparatorChar), "EchoPods").redirectErrorStream(true);
      program.environment().put("KUBECONFIG", kubeconfig.toString());
      Process process = program.start();
      try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
        String line = lines.readLine();
        while (line != null && !line.equals("Pod added: default/web")) {
          System.out.println(line);
          line = lines.readLine();
        }
        System.out.println(line);
        if (line == null) {
          System.exit(1);
        }
      } finally {
        process.destroy();
        process.waitFor();
        Files.delete(kubeconfig);
      }
    }
  }
}
