package io.kooper.internal;

import io.fabric8.kubernetes.client.Config;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * fabric8's client falls back to {@code kubernetes.default.svc} when no configuration names a cluster, when a kubeconfig is
 * not there or cannot be read, and when its context is unknown: all of that then fails as an unknown host.
 */
public final class NoCluster {

  private static final String FALLBACK = "kubernetes.default.svc";

  private NoCluster() {}

  /** What was looked for, to be put behind a failure's message; empty for any other failure. */
  public static String advice(Throwable thrown) {
    boolean fallback = Throwables.anyCause(thrown,
        t -> t instanceof UnknownHostException && Throwables.text(t).contains(FALLBACK));
    return !fallback ? ""
        : advice(System.getenv("KUBECONFIG"), Config.getKubeconfigFilenames(), file -> Files.isReadable(Path.of(file)));
  }

  static String advice(@Nullable String variable, Collection<String> files, Predicate<String> readable) {
    return "; that is the address that is left when no cluster is configured: "
        + (variable == null || variable.isBlank() ? "KUBECONFIG is not set" : "KUBECONFIG is " + variable)
        + files.stream().map(file -> ", " + file + (readable.test(file)
            ? " is there, but is not valid YAML, or its current context names no cluster" : " is not there"))
            .collect(Collectors.joining())
        + ", and this is not a pod whose cluster's DNS knows the address";
  }
}
