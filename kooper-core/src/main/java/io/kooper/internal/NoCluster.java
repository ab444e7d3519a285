package io.kooper.internal;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * fabric8's client falls back to {@code kubernetes.default.svc} when no configuration names a cluster, when a kubeconfig is
 * not there or cannot be read, and when its context is unknown: all of that then fails as an unknown host.
 */
public final class NoCluster {

  private static final String FALLBACK = "kubernetes.default.svc";
  private static final Pattern CURRENT = Pattern.compile("(?m)^\\s*\"?current-context\"?:\\s*[\"']?([^\\s\"',]+)");

  private NoCluster() {}

  /** Why there was no response from a server: the clients wrap that several times over, in words that say nothing. */
  public static String words(Throwable thrown, String server) {
    return isUnknownHost(thrown) ? "the host of " + server + " is unknown" + advice(thrown, server)
        : Throwables.anyCause(thrown, ConnectException.class::isInstance)
            ? "no connection to " + server + "; is the API server running, and is this its address?"
            : Throwables.text(Throwables.origin(thrown));
  }

  /** Of any client: the JDK's wraps it in a {@link ConnectException} that says nothing. */
  public static boolean isUnknownHost(Throwable thrown) {
    return Throwables.anyCause(thrown, t -> t instanceof UnknownHostException || t instanceof UnresolvedAddressException);
  }

  /**
   * What was looked for, to be put behind a failure's message; empty for any other failure.
   *
   * @param where names the server
   */
  public static String advice(Throwable thrown, String where) {
    return !isUnknownHost(thrown) || !where.contains(FALLBACK) ? ""
        : advice(System.getenv("KUBECONFIG"), Config.getKubeconfigFilenames(), NoCluster::read);
  }

  static String advice(@Nullable String variable, Collection<String> files, Function<String, @Nullable String> read) {
    return "; that is the address that is left when no cluster is configured: "
        + (variable == null || variable.isBlank() ? "KUBECONFIG is not set" : "KUBECONFIG is " + variable)
        + files.stream().map(file -> ", " + file + found(read.apply(file))).collect(Collectors.joining())
        + ", and this is not a pod whose cluster's DNS knows the address";
  }

  private static String found(@Nullable String content) {
    if (content == null) {
      return " is not there or cannot be read";
    }
    Matcher current = CURRENT.matcher(content);
    return " is there, but is not valid YAML, or its current context" + (current.find() ? " \"" + current.group(1) + '"' : "")
        + " names no cluster";
  }

  private static @Nullable String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException | RuntimeException e) { // no text, or no name of a file
      return null;
    }
  }
}
