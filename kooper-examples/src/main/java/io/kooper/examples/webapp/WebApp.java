package io.kooper.examples.webapp;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** A web application: a Deployment, a Service and a DNS record; its definition is {@code webapps.example.kooper.io-v1.yml}. */
@Group("example.kooper.io")
@Version("v1")
@Plural("webapps")
public class WebApp extends CustomResource<WebAppSpec, WebAppStatus> implements Namespaced {

  private static final long serialVersionUID = 1L;

  @Override
  protected WebAppStatus initStatus() {
    return new WebAppStatus();
  }
}
