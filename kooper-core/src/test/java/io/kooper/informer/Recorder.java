package io.kooper.informer;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.kooper.retrieve.ObjectKey;
import io.kooper.retrieve.RetrieveException;
import io.kooper.retrieve.SourceEvent;
import io.kooper.retrieve.Undecodable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A listener that writes down what it is told, rebuilds from that alone what there is, and notices news that does not fit
 * what it knows. Told by one thread at a time, read by any.
 */
class Recorder implements InformerListener<ConfigMap> {

  private final List<String> news = new ArrayList<>(); // guarded by itself
  private final List<String> misfits = new CopyOnWriteArrayList<>();
  private final List<RetrieveException> failures = new CopyOnWriteArrayList<>();
  private final Map<ObjectKey, ConfigMap> view = new HashMap<>(); // guarded by itself
  private final Map<ObjectKey, Long> newest = new HashMap<>(); // guarded by view
  private Consumer<String> before = line -> {};
  private Consumer<String> after = line -> {};

  /** Runs with each line of news before it counts as taken; what it throws, the informer sees. */
  Recorder before(Consumer<String> action) {
    before = action;
    return this;
  }

  /** Runs with each line of news after it was taken; what it throws, the informer sees. */
  Recorder after(Consumer<String> action) {
    after = action;
    return this;
  }

  /** A config map in the namespace "default". */
  static ConfigMap object(String name, String uid, Object version) {
    return new ConfigMapBuilder().withNewMetadata().withNamespace("default").withName(name).withUid(uid)
        .withResourceVersion(version.toString()).endMetadata().build();
  }

  /** An ADDED or MODIFIED event. */
  static void put(Cache<ConfigMap> cache, ConfigMap object) {
    Arrival<ConfigMap> arrival = cache.states.arrival(SourceEvent.added(object), cache::undecodable);
    if (arrival != null) {
      cache.put(arrival);
    }
  }

  /** A DELETED event. */
  static boolean delete(Cache<ConfigMap> cache, ConfigMap object) {
    Arrival<ConfigMap> arrival = cache.states.arrival(SourceEvent.deleted(object), cache::undecodable);
    return arrival != null && cache.delete(arrival);
  }

  static ObjectKey key(String name) {
    return new ObjectKey("default", name);
  }

  /** One line for each call, as {@code added a@1} with name and version. */
  List<String> news() {
    synchronized (news) {
      return List.copyOf(news);
    }
  }

  /** What was told so far, which is forgotten. */
  List<String> take() {
    synchronized (news) {
      List<String> taken = List.copyOf(news);
      news.clear();
      return taken;
    }
  }

  /** News that did not fit what was told before. */
  List<String> misfits() {
    return List.copyOf(misfits);
  }

  List<RetrieveException> failures() {
    return List.copyOf(failures);
  }

  /** What there is, by what was told. */
  Map<ObjectKey, ConfigMap> view() {
    synchronized (view) {
      return Map.copyOf(view);
    }
  }

  static String text(ConfigMap object) {
    return object.getMetadata().getName() + "@" + object.getMetadata().getResourceVersion();
  }

  @Override
  public void added(ConfigMap object, boolean initial) {
    told((initial ? "initial " : "added ") + text(object), () -> {
      ConfigMap known = view.put(ObjectKey.of(object), object);
      fits(known == null, "added what is there: " + text(object));
      checkAge(object);
    });
  }

  @Override
  public void updated(ConfigMap old, ConfigMap object) {
    told("updated " + text(old) + " to " + text(object), () -> {
      ConfigMap known = view.put(ObjectKey.of(object), object);
      fits(old.equals(known), "updated from what was not told: " + text(old));
      fits(sameObject(old, object), "updated to another uid: " + text(object));
      checkAge(object);
    });
  }

  @Override
  public void deleted(ConfigMap lastState) {
    told("deleted " + text(lastState), () -> {
      ConfigMap known = view.remove(ObjectKey.of(lastState));
      fits(known != null && sameObject(known, lastState), "deleted what was not told: " + text(lastState));
      checkAge(lastState);
    });
  }

  @Override
  public void synced() {
    told("synced", () -> {});
  }

  @Override
  public void undecodable(Undecodable object) {
    told("undecodable " + (object.key() == null ? "?" : object.key().name()), () -> {});
  }

  @Override
  public void failed(RetrieveException cause) {
    told("failed " + cause.reason(), () -> failures.add(cause));
  }

  private void told(String line, Runnable taken) {
    before.accept(line);
    synchronized (news) {
      news.add(line);
    }
    synchronized (view) {
      taken.run();
    }
    after.accept(line);
  }

  private void checkAge(ConfigMap object) {
    long version = Long.parseLong(object.getMetadata().getResourceVersion());
    Long last = newest.put(ObjectKey.of(object), version);
    fits(last == null || last <= version, "went back from " + last + " to " + text(object));
  }

  private void fits(boolean fits, String otherwise) {
    if (!fits) {
      misfit(otherwise);
    }
  }

  /** Notes news that does not fit. */
  final void misfit(String what) {
    misfits.add(what);
  }

  private static boolean sameObject(ConfigMap a, ConfigMap b) {
    return Objects.equals(a.getMetadata().getUid(), b.getMetadata().getUid());
  }
}
