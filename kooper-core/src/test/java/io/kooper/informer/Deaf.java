package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ConfigMap;

/** A listener that does nothing, but for what a test makes it do. */
class Deaf implements InformerListener<ConfigMap> {

  @Override
  public void added(ConfigMap object, boolean initial) {}

  @Override
  public void updated(ConfigMap before, ConfigMap after) {}

  @Override
  public void deleted(ConfigMap last) {}
}
