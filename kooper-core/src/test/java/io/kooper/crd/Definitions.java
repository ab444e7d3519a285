package io.kooper.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;

/** Definitions in YAML, for tests. */
final class Definitions {

  static final String NAME = "foos.example.com";

  /** Foo as its author writes it. */
  static final String FOO = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: foos.example.com
        labels: {app: foo}
      spec:
        group: example.com
        scope: Namespaced
        names: {kind: Foo, plural: foos, shortNames: [fo]}
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              required: [spec]
              properties:
                spec:
                  type: object
                  properties:
                    size: {type: integer, minimum: 0, default: 1}
                    active: {type: boolean, default: false, nullable: false}
                  x-kubernetes-validations:
                  - {rule: self.size < 10}
          additionalPrinterColumns:
          - {name: Size, type: integer, jsonPath: .spec.size, priority: 0}
      """;

  /** The same as an API server gives it back: with defaults, without zeros, and with what others have added. */
  static final String FOO_AS_SERVED = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: foos.example.com
        labels: {app: foo, app.kubernetes.io/managed-by: Helm}
        annotations: {cert-manager.io/inject-ca-from: a/b}
        generation: 1
        resourceVersion: '7'
        uid: u
      spec:
        conversion: {strategy: None}
        group: example.com
        names: {kind: Foo, listKind: FooList, plural: foos, shortNames: [fo], singular: foo}
        scope: Namespaced
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              required: [spec]
              properties:
                spec:
                  type: object
                  properties:
                    size: {type: integer, minimum: 0, default: 1}
                    active: {type: boolean, default: false}
                  x-kubernetes-validations:
                  - {rule: self.size < 10}
          additionalPrinterColumns:
          - {name: Size, type: integer, jsonPath: .spec.size}
      """;

  private Definitions() {}

  static CustomResourceDefinition definition(String yaml) {
    return FakeCrdApi.JSON.unmarshal(yaml, CustomResourceDefinition.class);
  }

  static CustomResourceDefinition foo() {
    return definition(FOO);
  }

  /** One version that says nothing of fields, and more lines of that version. */
  static CustomResourceDefinition schemaless(String version, String more) {
    return definition("""
        metadata: {name: foos.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Foo, plural: foos}
          versions:
          - name: %s
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            %s
        """.formatted(version, more));
  }
}
