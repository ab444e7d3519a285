package io.kooper.test.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The schema's walk alone; the words of a real server are in the recorded answers. */
class SchemaWalkTest {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** JSON with single quotes. */
  private static JsonNode json(String text) {
    return MAPPER.readTree(text.replace('\'', '"'));
  }

  private static String problems(String schema, String value) {
    return problems(schema, value, null);
  }

  private static String problems(String schema, String value, String old) {
    return Problem.join(SchemaWalk.walk(SchemaNode.of(json(schema)), "spec", json(value), old == null ? null : json(old))
        .problems(""));
  }

  @Nested
  class AValue {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {'type':'string'} | 'a'
        {'type':'integer'} | 3
        {'type':'number'} | 3
        {'type':'number'} | 3.5
        {'type':'boolean'} | false
        {'type':'array','items':{'type':'string'}} | ['a']
        {'type':'object'} | {'any':1}
        {'type':'string','nullable':true} | null
        {'x-kubernetes-int-or-string':true} | 8080
        {'x-kubernetes-int-or-string':true} | 'http'
        {'type':'string','enum':['a','b']} | 'b'
        {'type':'number','enum':[1]} | 1.0
        {'type':'string','minLength':1,'maxLength':2} | 'äö'
        {'type':'string','pattern':'^a+$'} | 'aa'
        {'type':'integer','minimum':1,'maximum':1} | 1
        {'type':'integer','multipleOf':5} | 10
        {'type':'array','maxItems':1,'items':{'type':'string'}} | []
        {'type':'object','maxProperties':1,'additionalProperties':{'type':'string'}} | {'a':'b'}
        {'oneOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {'a':1}
        {'anyOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {'a':1,'b':1}
        {'allOf':[{'required':['a']}],'type':'object'} | {'a':1}
        {'not':{'required':['a']},'type':'object'} | {'b':1}
        """, quoteCharacter = '`')
    void thatItsSchemaAllows(String schema, String value) {
      assertThat(SchemaWalk.walk(SchemaNode.of(json(schema)), "spec", json(value), null).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {'type':'string'} | 3 | spec in body must be of type string
        {'type':'integer'} | 3.5 | spec in body must be of type integer
        {'type':'string'} | null | spec in body must be of type string
        {'x-kubernetes-int-or-string':true} | true | spec in body must be of type integer,string
        {'type':'string','enum':['a','b']} | 'c' | supported values: "a", "b"
        {'type':'string','maxLength':1} | 'ab' | may not be more than 1 byte
        {'type':'string','minLength':2} | 'a' | should be at least 2 chars long
        {'type':'string','pattern':'^a+$'} | 'b' | spec in body should match '^a+$'
        {'type':'integer','minimum':5} | 4 | should be greater than or equal to 5
        {'type':'integer','maximum':5,'exclusiveMaximum':true} | 5 | should be less than 5
        {'type':'integer','multipleOf':5} | 4 | should be a multiple of 5
        {'type':'string','format':'date-time'} | 'now' | spec in body must be of type date-time
        {'type':'array','items':{'type':'string'}} | ['a',1] | spec[1]: Invalid value: "integer"
        {'type':'array','minItems':1,'items':{'type':'string'}} | [] | should have at least 1 items
        {'type':'array','maxItems':1,'items':{'type':'string'}} | ['a','b'] | must have at most 1 item
        {'type':'object','required':['a']} | {} | spec.a: Required value
        {'type':'object','minProperties':1} | {} | should have at least 1 properties
        {'type':'object','additionalProperties':{'type':'string'}} | {'k':1} | spec.k: Invalid value
        {'oneOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {'a':1,'b':1} | Found 2 valid alternatives
        {'oneOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {} | Found none valid
        {'anyOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {} | must validate at least one schema (anyOf)
        {'allOf':[{'required':['a']},{'required':['b']}],'type':'object'} | {'a':1} | must validate all the schemas (allOf)
        {'not':{'required':['a']},'type':'object'} | {'a':1} | must not validate the schema (not)
        """, quoteCharacter = '`')
    void thatItsSchemaRefuses(String schema, String value, String why) {
      assertThat(problems(schema, value)).contains(why);
    }
  }

  @Nested
  class AnUpdate {

    private static final String SCHEMA = """
        {'type':'object','properties':{'size':{'type':'integer','maximum':5},'name':{'type':'string'},
         'list':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],
          'items':{'type':'object','properties':{'k':{'type':'string'},'v':{'type':'integer','maximum':5}}}}}}""";

    @Test
    void mayKeepWhatIsWrongAlready() {
      assertThat(problems(SCHEMA, "{'size':9,'name':'b'}", "{'size':9,'name':'a'}")).isEqualTo("[]");
      assertThat(problems(SCHEMA, "{'size':8}", "{'size':9}")).contains("spec.size");
    }

    @Test
    void knowsTheItemsOfAMapByTheirKeys() {
      String old = "{'list':[{'k':'a','v':9},{'k':'b','v':1}]}";
      assertThat(problems(SCHEMA, "{'list':[{'k':'b','v':1},{'k':'a','v':9}]}", old)).isEqualTo("[]");
      assertThat(problems(SCHEMA, "{'list':[{'k':'b','v':9}]}", old)).contains("spec.list[0].v");
    }
  }

  @Nested
  class Shaping {

    private static ObjectNode shaped(String properties, String object) {
      ObjectNode shaped = (ObjectNode) json(object);
      new CustomSchema(json("{'type':'object','properties':{" + properties + "}}"), json("null")).shape(shaped);
      return shaped;
    }

    @Test
    void dropsWhatIsUnknownAndKeepsWhatEveryObjectHas() {
      assertThat(shaped("'spec':{'type':'object'}",
          "{'apiVersion':'a/v1','kind':'A','metadata':{'name':'a','owner':'b'},'spec':{'x':1},'other':1}"))
          .isEqualTo(json("{'apiVersion':'a/v1','kind':'A','metadata':{'name':'a'},'spec':{}}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'type':'object','x-kubernetes-preserve-unknown-fields':true}",
        "{'type':'object','additionalProperties':true}", "{'type':'object','additionalProperties':{'type':'integer'}}"})
    void keepsWhatMayBeThere(String spec) {
      assertThat(shaped("'spec':" + spec, "{'spec':{'x':1}}")).isEqualTo(json("{'spec':{'x':1}}"));
    }

    @Test
    void setsDefaultsInWhatIsThere() {
      String spec = "'spec':{'type':'object','properties':{'size':{'type':'integer','default':3}}}";
      assertThat(shaped(spec, "{'spec':{}}")).isEqualTo(json("{'spec':{'size':3}}"));
      assertThat(shaped(spec, "{'spec':{'size':null}}")).isEqualTo(json("{'spec':{'size':3}}"));
      assertThat(shaped(spec, "{}")).isEqualTo(json("{}"));
    }
  }
}
