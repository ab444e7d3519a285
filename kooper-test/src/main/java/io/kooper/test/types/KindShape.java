package io.kooper.test.types;

import io.kooper.test.kinds.KindPlace;
import io.kooper.test.kinds.ValueType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.StringNode;

/** Goes by what the API server says of its own kinds. */
record KindShape(KindPlace place) implements Shape {

  /** The metadata of any object. */
  static final Shape METADATA = new KindShape(KindPlace.metadata());

  @Override
  public Shape member(String member) {
    return new KindShape(place.member(member));
  }

  @Override
  public boolean isField(String name) {
    return place.isField(name);
  }

  @Override
  public boolean isClosed() {
    return place.isClosed();
  }

  @Override
  public ValueType type() {
    return place.type();
  }

  @Override
  public boolean isAlwaysThere(String name) {
    return place.isAlwaysThere(name);
  }

  @Override
  public Shape items() {
    return new KindShape(place.items());
  }

  @Override
  public boolean isAtomic() {
    return place.isAtomic();
  }

  @Override
  public boolean isSet() {
    return place.listType().equals("set");
  }

  @Override
  public List<String> keys() {
    return place.listType().equals("map") ? place.keys() : List.of();
  }

  @Override
  public boolean isMergedByPatches() {
    return place.isMergedByPatches();
  }

  @Override
  public @Nullable String patchKey() {
    return place.patchKey();
  }

  @Override
  public @Nullable JsonNode keyDefault(String key) {
    Shape part = items();
    return key.equals("protocol") ? StringNode.valueOf("TCP")
        : !part.isAlwaysThere(key) ? null // or else what Go has where nothing was said
        : part.member(key).type() == ValueType.NUMERIC ? IntNode.valueOf(0) : StringNode.valueOf("");
  }
}
