package io.kooper.test.junit;

import io.fabric8.kubernetes.client.Config;
import io.kooper.test.EmbeddedApiServer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The server that tests run on. */
interface Target extends AutoCloseable {

  /** Which one, as the system property says. */
  String PROPERTY = "kooper.test.target";

  Config config();

  /** Null on other servers. */
  @Nullable EmbeddedApiServer embedded();

  @Override
  void close();

  static Target start() {
    String wanted = System.getProperty(PROPERTY, "embedded");
    if (wanted.equals("embedded")) {
      return new Embedded(EmbeddedApiServer.start());
    }
    Path path = Path.of(wanted);
    if (Files.isDirectory(path)) {
      try {
        return BareApiServer.start(path);
      } catch (IOException e) {
        throw new IllegalStateException("no kube-apiserver can be run in " + path, e);
      }
    }
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(PROPERTY
          + " must be embedded, a folder with kube-apiserver and etcd, or a kubeconfig file,"
          + " not " + wanted);
    }
    return new Given(Config.fromKubeconfig(new File(wanted)));
  }

  /** The kit's own. */
  record Embedded(EmbeddedApiServer server) implements Target {

    @Override
    public Config config() {
      return server.config();
    }

    @Override
    public EmbeddedApiServer embedded() {
      return server;
    }

    @Override
    public void close() {
      server.close();
    }
  }

  /** A cluster that somebody else runs. */
  record Given(Config config) implements Target {

    @Override
    public @Nullable EmbeddedApiServer embedded() {
      return null;
    }

    @Override
    public void close() {}
  }
}
