package io.kooper.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that says to another process how to reach an API server. */
final class Kubeconfig {

  private Kubeconfig() {}

  static Path write(Config config, String namespace, Path folder) throws IOException {
    var kubeconfig = new io.fabric8.kubernetes.api.model.ConfigBuilder()
        .addNewCluster().withName("cluster").withNewCluster().withServer(config.getMasterUrl())
        .withCertificateAuthority(config.getCaCertFile()).withCertificateAuthorityData(config.getCaCertData())
        .withInsecureSkipTlsVerify(config.isTrustCerts()).endCluster().endCluster()
        .addNewUser().withName("user").withNewUser().withToken(config.getOauthToken())
        .withClientCertificate(config.getClientCertFile()).withClientCertificateData(config.getClientCertData())
        .withClientKey(config.getClientKeyFile()).withClientKeyData(config.getClientKeyData()).endUser().endUser()
        .addNewContext().withName("test").withNewContext().withCluster("cluster").withUser("user").withNamespace(namespace)
        .endContext().endContext().withCurrentContext("test").build();
    return Files.writeString(folder.resolve("kubeconfig"), Serialization.asYaml(kubeconfig));
  }

  static Config read(String file) {
    return Config.fromKubeconfig(new File(file));
  }
}
