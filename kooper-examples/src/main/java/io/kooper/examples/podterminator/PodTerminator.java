package io.kooper.examples.podterminator;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Says which pods are to be terminated now and then; its definition is {@code podterminators.chaos.kooper.io-v1.yml}. */
@Group("chaos.kooper.io")
@Version("v1alpha1")
@Plural("podterminators")
@ShortNames("pt")
public class PodTerminator extends CustomResource<PodTerminatorSpec, Void> {

  private static final long serialVersionUID = 1L;
}
