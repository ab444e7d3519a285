package io.kooper.crd;

import static io.kooper.crd.FakeCrdApi.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.kooper.fake.Logs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two releases of an operator, whose replicas start in any order: what either of them defined stays, what either of them
 * allowed is allowed, objects keep what they have, and there is an end to it.
 */
@DisplayName("K10: two releases of a definition")
class ReleasesTest {

  private final FakeCrdApi api = new FakeCrdApi();
  private final DefaultCrdClient client = new DefaultCrdClient(api, JSON, new LeapingClock(), () -> 0);

  private void start(String definition) throws InterruptedException {
    client.ensurePresent(Definitions.definition(definition), CrdPolicy.UPDATE, Duration.ofMinutes(1));
  }

  private List<String> updates() {
    return api.calls.stream().filter("update"::equals).toList();
  }

  /** Starts one, the other and both again; returns what the second start has led to, which the others must not change. */
  private String startAll(String first, String second) throws InterruptedException {
    api.calls.clear();
    api.stored = null;
    start(first);
    start(second);
    String after = JSON.asJson(Trees.map(api.stored, "spec"));
    int updates = updates().size();
    for (String again : List.of(first, second, first)) {
      start(again);
    }
    assertThat(JSON.asJson(Trees.map(api.stored, "spec"))).isEqualTo(after);
    assertThat(updates()).as("updates").hasSize(updates);
    return after;
  }

  private static String withSchema(String spec) {
    return """
        metadata: {name: foos.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Foo, plural: foos}
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: %s}}}}
        """.formatted(spec);
  }

  private Map<String, Object> schema() {
    return Trees.map(Trees.list(api.stored, "spec", "versions").get(0), "schema", "openAPIV3Schema", "properties", "spec");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> yaml(String yaml) {
    return JSON.unmarshal(yaml, Map.class);
  }

  private void keeps(String object) {
    Map<String, Object> stored = yaml("spec: " + object);
    assertThat(Stored.pruned(schema(), stored.get("spec"))).as("fields by " + schema()).isEqualTo(stored.get("spec"));
    assertThat(Stored.allows(schema(), stored.get("spec"))).as(schema() + " allows " + stored.get("spec")).isTrue();
  }

  @Nested
  class OfASchema {

    @ParameterizedTest(name = "{0}: {1} and {3}")
    @CsvSource(delimiter = '|', textBlock = """
        a field          | {type: object, properties: {a: {type: string}}} | {a: x} \
                         | {type: object, properties: {a: {type: string}, b: {type: string}}} | {a: x, b: y}
        other fields     | {type: object, properties: {a: {type: string}}} | {a: x} \
                         | {type: object, properties: {b: {type: string}}} | {b: y}
        first fields     | {type: object} | {} | {type: object, properties: {b: {type: string}}} | {b: y}
        a field in a list | {type: array, items: {type: object, properties: {a: {type: string}}}} | [{a: x}] \
                         | {type: array, items: {type: object, properties: {b: {type: string}}}} | [{b: y}]
        a field in a map | {type: object, additionalProperties: {type: object, properties: {a: {type: string}}}} | {k: {a: x}} \
                         | {type: object, additionalProperties: {type: object, properties: {b: {type: string}}}} | {k: {b: y}}
        a map            | {type: object} | {} | {type: object, additionalProperties: {type: string}} | {k: v}
        unknown fields   | {type: object, properties: {a: {type: string}}} | {a: x} \
                         | {type: object, x-kubernetes-preserve-unknown-fields: true} | {b: {c: 1}}
        known ones of many | {type: object, x-kubernetes-preserve-unknown-fields: true} | {b: {c: 1, d: {e: [{f: 1}]}}} \
                         | {type: object, required: [b], properties: {b: {type: object, required: [g], properties: \
                           {d: {type: object, properties: {e: {type: array, maxItems: 0, items: {type: object}}}}, g: {}}}}} \
                         | {b: {d: {}, g: 1}}
        enum values      | {type: string, enum: [A, B]} | A | {type: string, enum: [B, C]} | C
        no enum          | {type: string, enum: [A]} | A | {type: string} | Z
        a minimum        | {type: integer, minimum: 1} | 1 | {type: integer, minimum: 5} | 5
        a maximum        | {type: integer, maximum: 10} | 10 | {type: integer, maximum: 20} | 20
        no maximum       | {type: integer, maximum: 10} | 10 | {type: integer} | 20
        an excluded bound | {type: integer, maximum: 10, exclusiveMaximum: true} | 9 | {type: integer, maximum: 10} | 10
        another excluded | {type: integer, minimum: 1, exclusiveMinimum: true} | 2 \
                         | {type: integer, minimum: 5} | 5
        a length         | {type: string, minLength: 2, maxLength: 3} | ab | {type: string, minLength: 1, maxLength: 2} | a
        a list's length  | {type: array, maxItems: 1, items: {type: string}} | [a] \
                         | {type: array, minItems: 2, items: {type: string}} | [a, b]
        no pattern       | {type: string, pattern: a+} | aa | {type: string} | b
        required fields  | {type: object, required: [a], properties: {a: {type: string}, b: {type: string}}} | {a: x} \
                         | {type: object, required: [a, b], properties: {a: {type: string}, b: {type: string}}} | {a: x, b: y}
        a required field that the other has not | {type: object, required: [a], properties: {a: {type: string}}} | {a: x} \
                         | {type: object, properties: {b: {type: string}}} | {b: x}
        a nullable field | {type: object, properties: {a: {type: string}}} | {a: x} \
                         | {type: object, properties: {a: {type: string, nullable: true}}} | {a: null}
        a wider number   | {type: integer} | 1 | {type: number} | 1.5
        a number or text | {type: string} | a | {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]} | 1
        longer numbers   | {type: integer, format: int32} | 1 | {type: integer, format: int64} | 2
        a rule           | {type: object, properties: {a: {type: string}}} | {} \
                         | {type: object, properties: {a: {type: string}}, x-kubernetes-validations: [{rule: has(self.a)}]} \
                         | {a: x}
        a default        | {type: object, properties: {a: {type: string}}} | {a: x} \
                         | {type: object, properties: {a: {type: string, default: z}}} | {a: z}
        """)
    void allowsAndKeepsWhatEitherDoesInBothOrders(
        String what, String old, String oldObject, String young, String youngObject) throws Exception {
      for (List<String> order : List.of(List.of(old, young), List.of(young, old))) {
        startAll(withSchema(order.get(0)), withSchema(order.get(1)));
        keeps(oldObject);
        keeps(youngObject);
      }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        a type        | {type: string} | a | {type: integer} | 1 | spec.type
        an object     | {type: object, properties: {a: {type: string}}} | {a: x} | {type: array, items: {type: string}} | [a] \
                      | spec.type
        anything      | {x-kubernetes-preserve-unknown-fields: true} | [1] \
                      | {type: object, properties: {a: {type: string}}} | {a: x} | spec.type
        a pattern     | {type: string, pattern: a+} | aa | {type: string, pattern: b+} | bb | spec.pattern
        a default     | {type: string, default: a} | a | {type: string, default: b} | b | spec.default
        a list's kind | {type: array, x-kubernetes-list-type: set, items: {type: string}} | [a] \
                      | {type: array, items: {type: string}} | [b] | spec.x-kubernetes-list-type
        fields or map | {type: object, properties: {a: {type: string}}} | {a: x} \
                      | {type: object, additionalProperties: {type: string}} | {b: x} | spec.properties
        """)
    void staysAsTheFirstHadItWhereNothingIsForBothAndIsToldWithItsPath(
        String what, String old, String oldObject, String young, String youngObject, String path) throws Exception {
      for (List<String> order : List.of(List.of(old, oldObject, young), List.of(young, youngObject, old))) {
        startAll(withSchema(order.get(0)), withSchema(order.get(1).equals("") ? "" : order.get(2)));
        keeps(order.get(1));
        api.calls.clear();
        try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.INFO)) {
          start(withSchema(order.get(2)));
          assertThat(log.lines()).hasSizeLessThanOrEqualTo(1);
          if (!order.get(0).startsWith("{x-") && (!what.equals("a list's kind") || order.get(0).equals(old))) {
            assertThat(log.lines()).singleElement().asString().startsWith("WARN")
                .contains("schema.openAPIV3Schema.properties." + path, "use CrdPolicy.REPLACE");
          }
        }
        assertThat(updates()).isEmpty();
      }
    }

    @Test
    void keepsRequiredWhatTellsTheObjectsOfAListApart() throws Exception {
      startAll(withSchema("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k],"
          + " items: {type: object, required: [k, a], properties: {k: {type: string}, a: {type: string}}}}"),
          withSchema("{type: array, items: {type: object, properties: {k: {type: string}}}}"));
      assertThat(Trees.list(schema(), "items", "required")).containsExactly("k");
    }

    @Test
    void takesNoDefaultThatItWouldNotAllow() throws Exception {
      startAll(withSchema("{type: object, properties: {a: {type: string, pattern: a+}}}"),
          withSchema("{type: object, default: {a: b}, properties: {a: {type: string, pattern: b+, default: b}}}"));
      assertThat(schema()).doesNotContainKey("default");
      assertThat(Trees.map(schema(), "properties", "a")).doesNotContainKey("default");
    }

    @Test
    void tellsAChangedDescriptionWithoutAWarning() throws Exception {
      start(withSchema("{type: string, description: one}"));
      try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.INFO)) {
        start(withSchema("{type: string, description: two}"));
        assertThat(log.lines()).singleElement().asString().startsWith("INFO").contains("spec.description is \"one\"");
      }
    }

    @Test
    void isMadeAsWantedOnPurpose() throws Exception {
      start(withSchema("{type: object, properties: {a: {type: string}, b: {type: string}}}"));
      client.ensurePresent(Definitions.definition(withSchema("{type: object, properties: {a: {type: integer}}}")),
          CrdPolicy.REPLACE, Duration.ofMinutes(1));
      assertThat(Trees.map(schema(), "properties")).containsOnlyKeys("a");
      assertThat(Trees.text(schema(), "properties", "a", "type")).isEqualTo("integer");
    }
  }

  @Nested
  class OfTheRest {

    private static final String FOO = """
        metadata: {name: foos.example.com, labels: {app: a}}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Foo, plural: foos, shortNames: [fo], categories: [all]}
          conversion: {strategy: None}
          versions:
          - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {a: {}}}}}
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {a: {type: string}}}}
            subresources: {status: {}}
            additionalPrinterColumns:
            - {name: A, type: string, jsonPath: .a}
        """;

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
        shortNames: [fo]          | shortNames: [f]       | fo
        categories: [all]         | categories: [x, all]  | "x"
        , categories: [all]       | ''                    | all
        subresources: {status: {}} | subresources: {scale: {specReplicasPath: .spec.n, statusReplicasPath: .status.n}} | .status.n
        subresources: {status: {}} | subresources: {status: {}, scale: {specReplicasPath: .spec.n}} | .spec.n
        subresources: {status: {}} | deprecated: true | "status"
        - {name: A, type: string, jsonPath: .a} | - {name: B, type: string, jsonPath: .b} | .b
        subresources: {status: {}} | selectableFields: [{jsonPath: .a}] | "selectableFields":[{"jsonPath":".a"}]
        labels: {app: a}          | annotations: {x: y}   | foos
        {strategy: None}          | {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: \
                                    {url: 'https://x'}}} | https://x
        v1beta1, served: true     | v1beta1, served: false | "name":"v1beta1","schema"
        name: v1beta1             | name: v2beta1         | v2beta1
        properties: {a: {}}       | properties: {b: {}}   | "b"
        """)
    void keepsWhatEitherHasInBothOrders(String part, String replacement, String kept) throws Exception {
      assertThat(FOO).contains(part);
      String other = FOO.replace(part, replacement);
      for (List<String> order : List.of(List.of(FOO, other), List.of(other, FOO))) {
        String after = startAll(order.get(0), order.get(1));
        assertThat(after).contains(kept, "v1beta1", "\"status\":{}", "\"fo\"", "\"all\"", "\"a\":", "\"jsonPath\":\".a\"");
        assertThat(after).doesNotContain("\"served\":false");
      }
    }

    @ParameterizedTest
    @CsvSource({"v1,v2,v2", "v1beta1,v1,v1", "v1,v2alpha1,v1", "v1,v1,v1", "v2,v10,v10"})
    void storesInTheVersionOfHighestPriorityInBothOrders(String one, String other, String storage) throws Exception {
      String first = withSchema("{type: string}").replace("name: v1", "name: " + one);
      String second = withSchema("{type: string}").replace("name: v1", "name: " + other);
      for (List<String> order : List.of(List.of(first, second), List.of(second, first))) {
        startAll(order.get(0), order.get(1));
        assertThat(Trees.list(api.stored, "spec", "versions")).filteredOn(v -> Boolean.TRUE.equals(Trees.at(v, "storage")))
            .singleElement().extracting(v -> Trees.text(v, "name")).isEqualTo(storage);
      }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {type: object, properties: {a: {type: string}, b: {type: string}}} | v2
        {type: object, properties: {b: {type: string}}} | v1
        {type: object, x-kubernetes-preserve-unknown-fields: true} | v2
        {type: object, additionalProperties: {type: string}} | v2
        {type: object} | v1
        """)
    void movesTheStorageOnlyWhereAllThatIsStoredIsKept(String young, String storage) throws Exception {
      start(withSchema("{type: object, properties: {a: {type: string}}}"));
      start(withSchema(young).replace("name: v1", "name: v2"));
      assertThat(Trees.list(api.stored, "spec", "versions")).filteredOn(v -> Boolean.TRUE.equals(Trees.at(v, "storage")))
          .singleElement().extracting(v -> Trees.text(v, "name")).isEqualTo(storage);
    }

    @Test
    void neverStoresWithoutASchemaWhereThereWasOne() throws Exception {
      start(FOO);
      client.ensurePresent(Definitions.schemaless("v2", ""), CrdPolicy.UPDATE, Duration.ofMinutes(1));
      assertThat(Trees.list(api.stored, "spec", "versions")).filteredOn(v -> Boolean.TRUE.equals(Trees.at(v, "storage")))
          .singleElement().extracting(v -> Trees.text(v, "name")).isEqualTo("v1");
    }

    @Test
    void leavesALabelThatIsContradictedAndSaysSoWithoutAWarning() throws Exception {
      start(FOO);
      try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.INFO)) {
        start(FOO.replace("app: a", "app: b"));
        assertThat(log.lines()).singleElement().asString().startsWith("INFO").contains("metadata.labels.app is \"a\"");
      }
    }

    @Test
    void tellsAnOldReplicaWhatItDoesNotKnow() throws Exception {
      start(FOO);
      try (Logs log = new Logs(DefaultCrdClient.class.getName(), Level.INFO)) {
        start(FOO.replace(", properties: {a: {type: string}}", "").replace("subresources: {status: {}}", "deprecated: false"));
        assertThat(log.lines()).singleElement().asString().startsWith("WARN").contains(
            "spec.versions[v1].schema.openAPIV3Schema.properties is", "spec.versions[v1].subresources is {status={}}"
                + " instead of missing", "CrdPolicy.REPLACE");
      }
    }
  }

  /** Any two schemas, and objects that they allow. */
  @Nested
  class OfAnySchemas {

    static Stream<Integer> seeds() {
      return IntStream.range(0, 200).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void comeToAnEndAndLoseNothing(int seed) throws Exception {
      Random random = new Random(seed);
      Map<String, Object> one = schema(random, 3, true);
      Map<String, Object> other = schema(random, 3, true);
      startAll(withSchema(JSON.asJson(one)), withSchema(JSON.asJson(other)));
      for (int i = 0; i < 20; i++) {
        Object object = Stored.pruned(one, object(random, one, 3));
        if (Stored.allows(one, object)) {
          keeps(JSON.asJson(object));
        }
      }
    }

    private static Map<String, Object> schema(Random random, int depth, boolean object) {
      Map<String, Object> schema = new LinkedHashMap<>();
      String type = object ? "object"
          : List.of("string", "integer", "number", "object", "array", "any", "both").get(random.nextInt(depth > 0 ? 7 : 3));
      switch (type) {
        case "any" -> schema.put(SchemaUnion.PRESERVE, true);
        case "both" -> schema.put("x-kubernetes-int-or-string", true);
        default -> schema.put("type", type);
      }
      sometimes(random, schema, "description", "" + random.nextInt(2));
      switch (type) {
        case "object" -> {
          if (!object && random.nextInt(4) == 0) {
            schema.put("additionalProperties", schema(random, depth - 1, false));
            break;
          }
          Map<String, Object> properties = new LinkedHashMap<>();
          for (String name : List.of("a", "b", "c")) {
            if (random.nextBoolean()) {
              properties.put(name, schema(random, depth - 1, false));
            }
          }
          schema.put("properties", properties);
          sometimes(random, schema, SchemaUnion.PRESERVE, true);
          sometimes(random, schema, "required", List.of(random.nextBoolean() ? "a" : "b"));
          sometimes(random, schema, "x-kubernetes-validations", List.of(Map.of("rule", "has(self.a)")));
        }
        case "array" -> {
          schema.put("items", schema(random, depth - 1, false));
          sometimes(random, schema, "maxItems", random.nextInt(3));
        }
        case "string" -> {
          sometimes(random, schema, "pattern", random.nextBoolean() ? "[xy]*" : "x?");
          sometimes(random, schema, "maxLength", random.nextInt(4));
          sometimes(random, schema, "enum", random.nextBoolean() ? List.of("x", "y") : List.of("y", "xy"));
          sometimes(random, schema, "nullable", true);
        }
        case "integer", "number" -> {
          sometimes(random, schema, "minimum", random.nextInt(4));
          sometimes(random, schema, "maximum", random.nextInt(9));
          sometimes(random, schema, "default", random.nextInt(9));
          sometimes(random, schema, "format", random.nextBoolean() ? "int32" : "int64");
        }
        default -> { }
      }
      return schema;
    }

    private static void sometimes(Random random, Map<String, Object> schema, String name, Object value) {
      if (random.nextInt(3) == 0) {
        schema.put(name, value);
      }
    }

    private static @Nullable Object object(Random random, Map<String, Object> schema, int depth) {
      String type = Trees.text(schema, "type");
      return switch (type.isEmpty() ? List.of("string", "integer").get(random.nextInt(2)) : type) {
        case "integer" -> random.nextInt(9);
        case "number" -> random.nextInt(9) + 0.5;
        case "string" -> List.of("x", "y", "xy", "").get(random.nextInt(4));
        case "array" -> {
          List<@Nullable Object> items = new ArrayList<>();
          for (int i = random.nextInt(3); i > 0; i--) {
            items.add(object(random, Trees.map(schema, "items"), depth - 1));
          }
          yield items;
        }
        default -> {
          Map<String, @Nullable Object> fields = new LinkedHashMap<>();
          for (String name : List.of("a", "b", "c", "d")) {
            Object property = Trees.at(schema, "properties", name);
            Object of = property != null ? property : schema.get("additionalProperties");
            if (random.nextInt(4) > 0) {
              fields.put(name, of != null ? object(random, Trees.map(of), depth - 1)
                  : depth == 0 ? "x" : object(random, Map.of("type", "object"), depth - 1));
            }
          }
          yield fields;
        }
      };
    }
  }
}
