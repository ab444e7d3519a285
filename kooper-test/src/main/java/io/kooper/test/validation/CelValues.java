package io.kooper.test.validation;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.projectnessie.cel.common.types.BytesT;
import org.projectnessie.cel.common.types.DurationT;
import org.projectnessie.cel.common.types.NullT;
import org.projectnessie.cel.common.types.TimestampT;
import tools.jackson.databind.JsonNode;

/** The values of rules' variables, from an object and its schema. */
final class CelValues {

  private static final String HIDDEN = "\0"; // a member that no rule can name, for what the schema does not know

  private CelValues() {}

  static Object of(SchemaNode schema, JsonNode value, boolean resource) {
    if (value.isNull()) {
      return NullT.NullValue;
    }
    if (schema.intOrString) {
      return value.isString() ? value.stringValue() : value.longValue();
    }
    return switch (schema.type) {
      case "object" -> object(schema, value, resource);
      case "array" -> list(schema, value);
      case "string" -> text(schema, value.asString(""));
      case "number" -> value.doubleValue();
      case "integer" -> value.longValue();
      case "boolean" -> value.booleanValue();
      default -> new CelOpaque("unknown", value);
    };
  }

  private static Object object(SchemaNode schema, JsonNode value, boolean resource) {
    Map<String, Object> members = new LinkedHashMap<>();
    Map<String, JsonNode> hidden = new LinkedHashMap<>();
    Map<String, SchemaNode> known = CelTypes.members(schema, resource);
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      SchemaNode property = known.get(member.getKey());
      if (schema.additional != null && !resource) {
        members.put(member.getKey(), of(schema.additional, member.getValue(), schema.additional.embedded));
      } else if (property == null) {
        hidden.put(member.getKey(), member.getValue());
      } else if (!member.getValue().isNull()) {
        members.put(Objects.requireNonNullElse(CelNames.escape(member.getKey()), HIDDEN + member.getKey()),
            of(property, member.getValue(), property.embedded));
      }
    }
    if (!hidden.isEmpty()) {
      members.put(HIDDEN, new CelOpaque("unknown", hidden));
    }
    return members;
  }

  private static Object list(SchemaNode schema, JsonNode value) {
    List<Object> items = new ArrayList<>(value.size());
    for (JsonNode item : value) {
      items.add(schema.items == null ? new CelOpaque("unknown", item) : of(schema.items, item, schema.items.embedded));
    }
    return items;
  }

  private static Object text(SchemaNode schema, String text) {
    return switch (schema.format) {
      case "duration" -> {
        Duration duration = Formats.duration(text);
        yield DurationT.durationOf(duration == null ? Duration.ZERO : duration);
      }
      case "date" -> TimestampT.timestampOf(LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC));
      case "date-time" -> TimestampT.timestampOf(instant(text));
      case "byte" -> BytesT.bytesOf(Base64.getDecoder().decode(text));
      default -> text;
    };
  }

  private static Instant instant(String text) {
    return OffsetDateTime.parse(text.toUpperCase(Locale.ROOT)).toInstant();
  }
}
