package io.kooper.test.kinds;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The files beside these classes. */
final class Data {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Data() {}

  /** The lines of a file, without empty ones and comments. */
  static List<String> lines(String file) {
    try (InputStream in = Data.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the test kit lacks its file " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The objects of a file, one a line. */
  static List<ObjectNode> objects(String file) {
    return lines(file).stream().map(line -> (ObjectNode) JSON.readTree(line)).toList();
  }
}
