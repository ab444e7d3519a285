package com.example;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

@Group("example.com")
@Version("v1")
public class Site extends CustomResource<Site.Spec, Site.Status> implements Namespaced {

  private static final long serialVersionUID = 1L;

  public static class Spec {
    public String text;
  }

  public static class Status {
    public String page;
  }
}
