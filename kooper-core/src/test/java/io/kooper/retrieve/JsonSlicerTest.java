package io.kooper.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kooper.retrieve.JsonSlicer.Slice;
import io.kooper.retrieve.RetrieveException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Invariants: however the body is cut into chunks, the pieces are what a JSON parser sees, less what each object's own
 * managedFields list; a list that is cut off or damaged is refused, or else yields no sound item that is not in the original.
 */
class JsonSlicerTest {

  private static final JsonMapper STRICT = JsonMapper.builder()
      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .build();

  /** More of them by {@code -Dkooper.seeds=20000}. */
  private static final int SEEDS = Integer.getInteger("kooper.seeds", 500);

  /** What a slicer told. */
  private static final class Told {
    final List<String> pieces = new ArrayList<>();
    final List<byte[]> rawItems = new ArrayList<>();
    private final Slice small = new Slice();
    private final Slice object = new Slice();

    /** Whether the list came to its end. */
    boolean list(JsonSlicer.Chunks chunks) throws Exception {
      JsonSlicer body = new JsonSlicer("cannot list", chunks);
      return isWhole(() -> {
        if (!body.begins()) {
          return false;
        }
        for (String name; (name = body.name()) != null; ) {
          if (name.equals("items")) {
            for (boolean more = body.array(); more && body.element(); ) {
              body.object(object);
              rawItems.add(Arrays.copyOf(object.bytes(), object.size()));
              add(name, object);
            }
          } else if (name.equals("metadata") || name.equals("kind")) {
            add(name, body.value(small));
          } else {
            body.skip();
          }
        }
        body.end();
        pieces.add("end");
        return true;
      });
    }

    /** Whether the watch ended between two events. */
    boolean watch(JsonSlicer.Chunks chunks) throws Exception {
      JsonSlicer body = new JsonSlicer("cannot watch", chunks);
      return isWhole(() -> {
        while (body.begins()) {
          for (String name; (name = body.name()) != null; ) {
            if (name.equals("object")) {
              add(name, body.object(object));
            } else if (name.equals("type")) {
              add(name, body.value(small));
            } else {
              body.skip();
            }
          }
          pieces.add("end");
        }
        return true;
      });
    }

    private void add(String name, Slice slice) {
      pieces.add(name + " " + new String(slice.bytes(), 0, slice.size(), StandardCharsets.UTF_8));
    }

    private static boolean isWhole(Callable<Boolean> reading) throws Exception {
      try {
        return reading.call();
      } catch (RetrieveException e) {
        if (e.reason() == Reason.CONNECTION_LOST) {
          return false;
        }
        throw e;
      }
    }

    List<String> items() {
      return pieces.stream().filter(piece -> piece.startsWith("items ")).map(piece -> piece.substring(6)).toList();
    }
  }

  private static JsonSlicer.Chunks chunks(byte[] body, Random random) {
    return new JsonSlicer.Chunks() {
      private int at;
      private byte[] last = {};

      @Override
      public ByteBuffer next() {
        Arrays.fill(last, (byte) '"'); // chunks are buffers that are used again: nothing may be left behind in them
        if (at == body.length) {
          return null;
        }
        int most = random.nextInt(4) == 0 ? 3 : 400;
        int length = Math.min(body.length - at, random.nextInt(most + 1));
        last = new byte[length + 7];
        System.arraycopy(body, at, last, 3, length);
        at += length;
        ByteBuffer buffer = ByteBuffer.wrap(last, 3, length);
        return random.nextInt(8) == 0 ? buffer.asReadOnlyBuffer() : buffer; // which hides its array
      }
    };
  }

  private static JsonSlicer.Chunks one(byte[] body, int length) {
    Iterator<ByteBuffer> chunks = List.of(ByteBuffer.wrap(body, 0, length)).iterator();
    return () -> chunks.hasNext() ? chunks.next() : null;
  }

  private static String items(String body) throws Exception {
    Told told = new Told();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    assertThat(told.list(one(bytes, bytes.length))).isTrue();
    return String.join("|", told.items());
  }

  private static String withoutManagedFields(JsonNode object) {
    JsonNode copy = object.deepCopy();
    if (copy.path("metadata") instanceof ObjectNode metadata && metadata.path("managedFields").isArray()) {
      metadata.putArray("managedFields");
    }
    return copy.toString();
  }

  private static String normal(String json) {
    return STRICT.readTree(json).toString();
  }

  @Nested
  class EmptiesManagedFields {

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
      "{\"metadata\":{\"managedFields\":[1]}}; {\"metadata\":{\"managedFields\":[]}}",
      "{\"metadata\":{\"managedFields\" : [ ] }}; {\"metadata\":{\"managedFields\" : [] }}",
      "{\"metadata\":{\"managedFields\":[{}],\"b\":1}}; {\"metadata\":{\"managedFields\":[],\"b\":1}}",
      "{\"metadata\":{\"a\":1,\"managedFields\":[[\"x\"]],\"b\":1}}; {\"metadata\":{\"a\":1,\"managedFields\":[],\"b\":1}}",
      "{\"metadata\":{\"a\":1,\"managedFields\":[null]},\"b\":[1]}; {\"metadata\":{\"a\":1,\"managedFields\":[]},\"b\":[1]}",
      "{\"metadata\":{\"managedFields\":[1],\"managedFields\":[2]}}; {\"metadata\":{\"managedFields\":[],\"managedFields\":[]}}",
      "{\"metadata\":{\"a\":[\",\",{}],\"managedFields\":[{\"x\":\"}],\\\\\\\"\"}],\"b\":[{}]}};"
          + " {\"metadata\":{\"a\":[\",\",{}],\"managedFields\":[],\"b\":[{}]}}",
    })
    void inEveryPosition(String item, String expected) throws Exception {
      assertThat(items("{\"items\":[" + item + "]}")).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "\"[1]\"", "{\"x\":[1]}"})
    void leavesWhatIsNoListToTheBinding(String value) throws Exception {
      String item = "{\"metadata\":{\"managedFields\":" + value + ",\"b\":[1]}}";

      assertThat(items("{\"items\":[" + item + "]}")).isEqualTo(item);
    }

    @ParameterizedTest
    @ValueSource(strings = {
      "{\"spec\":{\"metadata\":{\"managedFields\":[1]}}}",
      "{\"spec\":{\"template\":{\"metadata\":{\"managedFields\":[1]}}}}",
      "{\"managedFields\":[1]}",
      "{\"metadata\":{\"annotations\":{\"managedFields\":\"x\"}}}",
      "{\"metadata\":{\"a\":\"managedFields\",\"b\":\"\\\"managedFields\\\":1\"}}",
      "{\"metadata\":[{\"managedFields\":[1]}]}",
      "{\"data\":{\"a\":\"\\\"metadata\\\":{\\\"managedFields\\\":1}\"}}",
      "{\"a\":\"metadata\",\"b\":{\"managedFields\":1}}",
    })
    void ofTheObjectItselfOnly(String item) throws Exception {
      assertThat(items("{\"items\":[" + item + "]}")).isEqualTo(item);
    }

    @ParameterizedTest
    @ValueSource(strings = {
      "{\"a\":1,}", "{,\"a\":1}", "{\"managedFields\":1,}", "{,\"managedFields\":1}", "{\"a\":1,,\"b\":1}",
      "{\"managedFields\":1 \"b\":1}", "{\"managedFields\"}", "{\"managedFields\":}", "{\"managedFields\" 1}",
      "{\"managedFields\":[]\"b\":1}", "{\"managedFields\":[] 1,\"b\":1}", "{\"a\":1,\"managedFields\":1,}",
      "{\"managedFields\":1,,\"b\":1}", "{\"a\":1 \"managedFields\":1}", "{\"a\":1,{\"b\":1}}", "{\"managedFields\":\"\"\"\"}",
      "{\"a\":1,2\"managedFields\":1}", "{\"managedFields\":1,2\"b\":1}", "{1\"managedFields\":1}", "{\"managedFields\":1,}",
      "{\"managedFields\":1,\"managedFields\":2,}", "{\"managedFields\":1 1}", "{\"managedFields\"::1}",
      "{\"managedFields\":[1],}", "{,\"managedFields\":[1]}", "{\"managedFields\":[1] \"b\":1}", "{\"managedFields\" [1]}",
      "{\"managedFields\":[1] 1,\"b\":1}", "{\"managedFields\":1[1]}", "{\"managedFields\":[1][1]}",
      "{1\"managedFields\":[1]}",
      "{\"a\":1 \"managedFields\":[1]}", "{\"managedFields\"::[1]}", "{\"managedFields\":[1]:1}",
      "{\"a\":1,,\"managedFields\":[1]}",
    })
    void withoutHealingWhatIsBroken(String metadata) throws Exception {
      String item = items("{\"items\":[{\"metadata\":" + metadata + "}]}");

      assertThatThrownBy(() -> STRICT.readTree(item)).as(item).isInstanceOf(JacksonException.class);
    }
  }

  @Nested
  class OnGeneratedLists {

    @Test
    void givesWhatAParserSees() throws Exception {
      for (int seed = 0; seed < SEEDS; seed++) {
        Random random = new Random(seed);
        String body = new JsonBodies(random).list();
        JsonNode parsed = STRICT.readTree(body);
        Told told = new Told();

        boolean complete = told.list(chunks(body.getBytes(StandardCharsets.UTF_8), random));

        assertThat(complete).as("seed %d", seed).isTrue();
        List<String> expected = new ArrayList<>();
        parsed.path("items").forEach(item -> expected.add(withoutManagedFields(item)));
        assertThat(told.items().stream().map(JsonSlicerTest::normal)).as("seed %d", seed).isEqualTo(expected);
        String meta = told.pieces.stream().filter(piece -> piece.startsWith("metadata ")).findFirst().orElseThrow();
        assertThat(normal(meta.substring(9))).isEqualTo(parsed.path("metadata").toString());
        assertThat(told.pieces).endsWith("end");
      }
    }

    @Test
    void givesOnlyWholeItemsOfABodyThatEndsEarly() throws Exception {
      for (int seed = 0; seed < 12; seed++) {
        byte[] body = new JsonBodies(new Random(seed)).list().getBytes(StandardCharsets.UTF_8);
        Told all = new Told();
        all.list(one(body, body.length));
        for (int end = 0; end < body.length; end++) {
          Told told = new Told();
          assertThat(told.list(one(body, end))).as("seed %d, byte %d", seed, end).isEqualTo(told.pieces.contains("end"));
          assertThat(all.pieces.subList(0, told.pieces.size())).isEqualTo(told.pieces);
        }
      }
    }

    @Test
    void neverMakesUpAnItemOutOfADamagedBody() throws Exception {
      int sound = 0;
      for (int seed = 0; seed < 5 * SEEDS; seed++) {
        Random random = new Random(seed % 50);
        byte[] body = new JsonBodies(random).list().getBytes(StandardCharsets.UTF_8);
        byte[] damaged = damage(body, new Random(seed));
        JsonNode parsed = parsedOrNull(damaged);
        Told told = new Told();
        boolean complete;
        try {
          complete = told.list(chunks(damaged, random));
        } catch (RetrieveException e) {
          assertThat(parsed).as("seed %d: %s", seed, e.getMessage()).isNull();
          complete = false;
        }
        if (parsed != null && parsed.isObject()) {
          List<String> expected = new ArrayList<>();
          parsed.path("items").forEach(item -> expected.add(withoutManagedFields(item)));
          assertThat(complete).isTrue();
          assertThat(told.items().stream().map(JsonSlicerTest::normal)).as("seed %d", seed).isEqualTo(expected);
        } else if (complete) { // else the list does not count
          List<String> originals = new ArrayList<>();
          STRICT.readTree(body).path("items").forEach(item -> originals.add(withoutManagedFields(item)));
          for (byte[] item : told.rawItems) {
            JsonNode object = parsedOrNull(item);
            if (object != null && object.path("metadata").path("name").isString()) {
              sound++;
              assertThat(originals).as("seed %d", seed).contains(object.toString());
            }
          }
        }
      }
      assertThat(sound).as("the test sees something").isGreaterThan(20);
    }

    private byte[] damage(byte[] body, Random random) {
      byte[] marks = "\"{}[],:\\ 1n".getBytes(StandardCharsets.US_ASCII);
      int at = random.nextInt(body.length);
      byte mark = marks[random.nextInt(marks.length)];
      byte[] damaged = switch (random.nextInt(3)) {
        case 0 -> {
          byte[] longer = new byte[body.length + 1];
          System.arraycopy(body, 0, longer, 0, at);
          System.arraycopy(body, at, longer, at + 1, body.length - at);
          longer[at] = mark;
          yield longer;
        }
        case 1 -> {
          byte[] shorter = Arrays.copyOf(body, body.length - 1);
          System.arraycopy(body, at + 1, shorter, at, body.length - 1 - at);
          yield shorter;
        }
        default -> {
          byte[] same = body.clone();
          same[at] = mark;
          yield same;
        }
      };
      return damaged;
    }

    private JsonNode parsedOrNull(byte[] json) {
      try {
        return STRICT.readTree(json);
      } catch (JacksonException e) {
        return null;
      }
    }
  }

  @Nested
  class OnGeneratedWatches {

    @Test
    void givesEveryEventOnceItIsComplete() throws Exception {
      for (int seed = 0; seed < SEEDS; seed++) {
        Random random = new Random(seed);
        List<String> events = new JsonBodies(random).events();
        String body = String.join("", events);
        Told told = new Told();

        assertThat(told.watch(chunks(body.getBytes(StandardCharsets.UTF_8), random))).isTrue();

        List<String> given = new ArrayList<>();
        String type = "";
        String object = "";
        for (String piece : told.pieces) {
          if (piece.equals("end")) {
            given.add(type + " " + object);
          } else if (piece.startsWith("type ")) {
            type = normal(piece.substring(5));
          } else {
            object = normal(piece.substring(7));
          }
        }
        assertThat(given).as("seed %d", seed).isEqualTo(events.stream().map(STRICT::readTree)
            .map(event -> event.path("type") + " " + withoutManagedFields(event.path("object"))).toList());
      }
    }

    @Test
    void isAtAnEndBetweenEventsOnly() throws Exception {
      List<String> events = new JsonBodies(new Random(7)).events();
      byte[] body = String.join("", events).getBytes(StandardCharsets.UTF_8);
      int depth = 0;
      boolean inString = false;
      for (int i = 0; i < body.length; i++) {
        if (inString && body[i] == '\\') {
          i++;
        } else if (body[i] == '"') {
          inString = !inString;
        } else if (!inString) {
          depth += body[i] == '{' ? 1 : body[i] == '}' ? -1 : 0;
        }
        assertThat(new Told().watch(one(body, i + 1))).as("byte %d", i).isEqualTo(depth == 0);
      }
      Told told = new Told();
      told.watch(one(body, body.length));
      assertThat(told.pieces.stream().filter("end"::equals)).hasSameSizeAs(events);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "<html>", "[]", "\"x\"", "{]", "{\"items\":{}}", "{\"items\":[1,]}", "{\"items\":[],}", "{\"a\"1}", "{\"a\":1}x",
    "{\"items\":[{]}]}", "{\"items\":[{}{}]}", "{\"a\":'x'}", "{\"a\":1 2}", "{\"items\":\"x\"}", "{\"items\":[{}]]}",
  })
  void refusesWhatIsNotAList(String body) {
    assertThatThrownBy(() -> items(body)).isInstanceOfSatisfying(RetrieveException.class,
        e -> assertThat(e.reason()).isEqualTo(Reason.UNDECODABLE));
  }

  @Test
  void takesNullForAnEmptyList() throws Exception {
    assertThat(items("{\"items\":null}")).isEmpty();
  }

  @Test
  void takesVeryDeepNesting() throws Exception {
    String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";

    assertThat(items("{\"items\":[" + deep + "]}")).isEqualTo(deep);
  }
}
