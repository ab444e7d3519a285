package io.kooper.crd;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where an existing definition stands.
 *
 * @param deleting it is on its way out
 * @param ready objects of its kind can be listed
 * @param words for people
 */
record CrdState(boolean deleting, boolean ready, String words) {

  static CrdState of(@Nullable Map<String, Object> definition) {
    if (definition == null) {
      return new CrdState(false, false, "it does not exist");
    }
    if (Trees.at(definition, "metadata", "deletionTimestamp") != null) {
      return new CrdState(true, false, "it is being deleted since " + Trees.at(definition, "metadata", "deletionTimestamp")
          + describe(definition, "; "));
    }
    boolean ready = isTrue(definition, "Established") && isTrue(definition, "NamesAccepted");
    String words = describe(definition, "");
    return new CrdState(false, ready, !words.isEmpty() ? words : "it exists but has no status conditions; if that"
        + " remains so, nothing establishes definitions there, as in fabric8's mock server");
  }

  private static boolean isTrue(Map<String, Object> definition, String type) {
    return conditions(definition).stream()
        .anyMatch(c -> Trees.text(c, "type").equals(type) && Trees.text(c, "status").equals("True"));
  }

  /** Such as {@code NamesAccepted=False (PluralConflict: "foos" is already in use), Established=False (NotAccepted: ..)}. */
  private static String describe(Map<String, Object> definition, String prefix) {
    StringBuilder words = new StringBuilder();
    for (Object condition : conditions(definition)) {
      words.append(words.isEmpty() ? prefix : ", ")
          .append(Trees.text(condition, "type")).append('=').append(Trees.text(condition, "status"));
      if (!Trees.text(condition, "status").equals("True")) {
        words.append(" (").append(Trees.text(condition, "reason")).append(": ").append(Trees.text(condition, "message"))
            .append(')');
      }
    }
    return words.toString();
  }

  private static List<Object> conditions(Map<String, Object> definition) {
    return Trees.list(definition, "status", "conditions");
  }
}
