package io.kooper.test.http;

import io.kooper.test.ApiRequest;
import io.kooper.test.admission.Admission;
import io.kooper.test.admission.Hooks;
import io.kooper.test.admission.Unanswered;
import io.kooper.test.admission.Webhooks;
import io.kooper.test.auth.Access;
import io.kooper.test.auth.Ask;
import io.kooper.test.auth.Caller;
import io.kooper.test.auth.Reviews;
import io.kooper.test.faults.Failure;
import io.kooper.test.json.Json;
import io.kooper.test.json.StatusException;
import io.kooper.test.json.Statuses;
import io.kooper.test.net.Loop;
import io.kooper.test.net.Request;
import io.kooper.test.patch.Apply;
import io.kooper.test.patch.FieldOwners;
import io.kooper.test.patch.Patches;
import io.kooper.test.store.ObjectStore;
import io.kooper.test.store.Registry;
import io.kooper.test.store.ResourceCollection;
import io.kooper.test.store.StoredObject;
import io.kooper.test.tables.Table;
import io.kooper.test.types.Resource;
import io.kooper.test.types.Shape;
import io.kooper.test.write.Actions;
import io.kooper.test.write.Deletes;
import io.kooper.test.write.WriteChecks;
import io.kooper.test.write.Writes;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** From a request to its answer. On the loop. */
public final class Router {

  private static final Logger LOG = LoggerFactory.getLogger("io.kooper.test.EmbeddedApiServer");
  private static final int MAX_BODY = 3 * 1024 * 1024; // the API server's limit

  private final Loop loop;
  private final Settings settings;
  private final ObjectStore store;
  private final Registry registry;
  private final Writes writes;
  private final Deletes deletes;
  private final Actions actions;
  private final Hooks hooks;
  private final Webhooks webhooks;
  private final Access access;
  private final Reviews reviews;
  private final Function<ApiRequest, @Nullable Failure> faults;
  private final RequestLog log;

  public Router(Loop loop, Settings settings, ObjectStore store, Registry registry, Writes writes,
      Deletes deletes, Actions actions, Hooks hooks, Webhooks webhooks, Function<ApiRequest, @Nullable Failure> faults,
      RequestLog log) {
    this.loop = loop;
    this.settings = settings;
    this.store = store;
    this.registry = registry;
    this.writes = writes;
    this.deletes = deletes;
    this.actions = actions;
    this.hooks = hooks;
    this.webhooks = webhooks;
    this.access = new Access(settings.tokens(), settings.rbac(), settings.permissions(), store, registry);
    this.reviews = new Reviews(access, settings.tokens());
    this.faults = faults;
    this.log = log;
  }

  public void handle(Request http) {
    if (http.connection().isFrozen()) {
      return;
    }
    Call call = Call.of(http, registry);
    RequestLog.Tracked tracked = log.add(call.request());
    http.response().onHead(() -> tracked.answered(http.response()));
    Caller caller;
    try {
      caller = access.admit(Ask.of(call.request()), http::header, () -> http.headers().all("Impersonate-Group"));
    } catch (StatusException e) {
      answer(call, 1).send(e);
      return;
    }
    Failure fault = faults.apply(call.request());
    if (fault == null) {
      execute(call, caller, tracked, 1);
      return;
    }
    switch (fault.kind()) {
      case STATUS -> answer(call, 1).send(fault.toStatus());
      case ERROR_EVENT -> {
        if (call.request().verb().equals("watch")) {
          EventSink sink = EventSink.of(http.response());
          sink.open();
          sink.send(Watch.error(fault.toStatus()));
          sink.end();
        } else {
          answer(call, 1).send(fault.toStatus());
        }
      }
      case DELAY -> loop.after(fault.delay(), () -> execute(call, caller, tracked, 1));
      case HANG -> LOG.debug("no answer to {}", call.request());
      case DISCONNECT -> http.connection().cut();
      case TRUNCATE -> execute(call, caller, tracked, 0.5);
      case LOSE_ANSWER -> execute(call, caller, tracked, 0);
      default -> throw new AssertionError(fault.kind());
    }
  }

  private void execute(Call call, Caller caller, RequestLog.Tracked tracked, double share) {
    Answer answer = answer(call, share);
    if (call.http().method().equals("GET")) {
      attempt(answer, () -> read(call, answer));
    } else {
      tracked.body(call.http().body());
      admit(call, caller, Options.admission(call, caller, hooks), answer);
    }
  }

  /** Writes; from the start again when webhooks had to be asked first, unless the client has gone meanwhile. */
  private void admit(Call call, Caller caller, Admission admission, Answer answer) {
    attempt(answer, () -> {
      try {
        write(call, caller, call.http().body(), admission, answer);
        hooks.written(call.request().group());
      } catch (Unanswered asked) {
        webhooks.ask(asked, loop::execute, () -> {
          if (!call.http().response().isClosed()) {
            admit(call, caller, admission, answer);
          }
        });
      }
    });
  }

  private Answer answer(Call call, double share) {
    return new Answer(call.http().response(), share);
  }

  private static void attempt(Answer answer, Runnable action) {
    try {
      action.run();
    } catch (StatusException e) {
      answer.send(e);
    } catch (RuntimeException e) {
      LOG.warn("a defect of the embedded API server", e);
      answer.send(new StatusException(Statuses.failure(500, "Internal error occurred: " + e)));
    }
  }

  private void read(Call call, Answer answer) {
    if (call.request().resource().isEmpty()) {
      byte[] text = SelfDescription.text(call);
      if (text != null) {
        call.http().response().header("Content-Type", "text/plain; charset=utf-8").end(text);
        return;
      }
      Discovery.answer(call, answer, registry.all());
      return;
    }
    Accept accept = Accept.of(call);
    Resource resource = accept.shown(Paths.resource(call));
    answer.deprecated(resource);
    Table table = accept.table(call, resource);
    answer.yaml(accept.yaml());
    ListOptions.check(call, settings.streamingLists());
    switch (call.request().verb()) {
      case "list" -> {
        Lists.Page page = Lists.page(store, resource, call);
        if (table == null && !accept.yaml()) {
          answer.send(resource, page);
        } else {
          answer.send(200, table == null ? page.whole(resource)
              : Json.bytes(table.of(page.objects(resource), page.metadata(), true)));
        }
      }
      case "watch" -> watch(call, resource, table);
      default -> {
        if ("log".equals(call.request().subresource()) && resource.is("pods")) {
          byte[] log = actions.log(resource, call.namespace(), Paths.name(call));
          call.http().response().status(log.length == 0 ? 204 : 200).end(log);
          return;
        }
        answer.send(200, get(call, resource, table));
      }
    }
  }

  private byte[] get(Call call, Resource resource, @Nullable Table table) {
    String name = Paths.name(call);
    return store.locked(() -> {
      StoredObject object = store.of(resource).get(call.namespace(), name);
      if (object == null) {
        throw Statuses.notFound(resource.type(), name);
      }
      Lists.requireReached(store, call.number("resourceVersion"));
      String subresource = call.request().subresource();
      if ("scale".equals(subresource) && resource.scale() != null) {
        resource.scale().requireReplicas(object.tree());
      }
      if (table != null) {
        ObjectNode metadata = Json.object().put("resourceVersion", Long.toString(object.version()));
        return Json.bytes(table.of(List.of(Json.parse(object.jsonFor(resource))), metadata, true));
      }
      return Writes.view(resource, subresource, object);
    });
  }

  private void watch(Call call, Resource resource, @Nullable Table table) {
    WatchOptions options = WatchOptions.of(call, resource, settings.streamingLists());
    ResourceCollection collection = store.locked(() -> {
      if (options.initialEvents()) {
        Lists.requireReached(store, options.version());
      }
      return store.of(resource);
    });
    if ("websocket".equalsIgnoreCase(call.http().header("Upgrade"))) {
      start(collection, resource, table, options, EventSink.of(call.http().response().upgrade()));
      return;
    }
    start(collection, resource, table, options, EventSink.of(call.http().response()));
  }

  private void start(ResourceCollection collection, Resource resource, @Nullable Table table, WatchOptions options,
      EventSink sink) {
    new Watch(loop, collection, new Shown(resource, table), options, sink, settings.history())
        .start(settings.bookmarkInterval());
  }

  private void write(Call call, Caller caller, byte[] body, Admission admission, Answer answer) {
    if (body.length > MAX_BODY) {
      throw new StatusException(Statuses.failure(413, "Request entity too large: limit is " + MAX_BODY));
    }
    Resource resource = Paths.resource(call);
    answer.deprecated(resource);
    answer.yaml(Accept.of(call).yaml());
    answer.warnToo(admission.warnings());
    String subresource = call.request().subresource();
    String type = call.http().header("Content-Type");
    Options.dryRun(call);
    switch (call.request().verb()) {
      case "create" -> {
        if (resource.type().namespaced() && call.request().namespace() == null) {
          throw Statuses.methodNotAllowed();
        }
        if (call.request().name() != null) {
          String action = subresource == null || !resource.allows(subresource, "create") ? "" : subresource;
          ObjectNode posted = body.length == 0 ? Json.object() : Json.readObject(Bodies.json(type, body));
          answer.send(201, actions.act(
              resource, call.namespace(), Paths.name(call), action, posted, call.manager(), call.dryRun(), admission));
          return;
        }
        Decoding decoding = Decoding.of(call);
        answer.warn(decoding.warnings());
        ObjectNode object = decoding.object(resource, Bodies.json(type, body));
        decoding.finalizers(resource, null, object);
        if (Reviews.isReview(resource)) {
          Writes.track(resource, object, manager(call, resource, null));
          answer.send(201, reviews.answer(resource, caller, call.request().namespace(), object));
          return;
        }
        answer.send(201,
            writes.create(resource, call.namespace(), object, call.dryRun(), manager(call, resource, null), admission));
      }
      case "update" -> {
        Decoding decoding = Decoding.of(call);
        answer.warn(decoding.warnings());
        byte[] json = Bodies.json(type, body);
        ObjectNode wanted = "scale".equals(subresource) ? Decoding.scale(json) : decoding.object(resource, json);
        WriteChecks.requireName(wanted, Paths.name(call));
        if (subresource == null && resource.createdByUpdate()
            && store.locked(() -> store.of(resource).get(call.namespace(), Paths.name(call)) == null)) {
          Json.metadata(wanted).remove("resourceVersion");
          answer.send(201, writes.create(resource, call.namespace(), Writes.named(wanted, Paths.name(call)), call.dryRun(),
              manager(call, resource, null), admission));
          return;
        }
        answer.send(200, update(call, resource, subresource, true, admission, current -> {
          if (subresource == null) {
            decoding.finalizers(resource, current, wanted);
          }
          return wanted;
        }));
      }
      case "patch" -> patch(call, resource, subresource, body, admission, answer);
      case "delete" -> {
        requireNoSubresource(subresource);
        ObjectNode options = Options.delete(call, body);
        answer.warn(Options.warnings(resource, options));
        Writes.Written deleted =
            deletes.delete(resource, call.namespace(), Paths.name(call), options, dryRun(call, options), admission);
        answer.send(deleted.code(), deleted.json());
      }
      case "deletecollection" -> {
        if (resource.type().namespaced() && call.request().namespace() == null) {
          throw Statuses.methodNotAllowed();
        }
        ListOptions.check(call, settings.streamingLists());
        ObjectNode options = Options.delete(call, body);
        answer.send(200, store.locked(() -> {
          Lists.Page page = Lists.page(store, resource, call);
          deletes.deleteCollection(resource, page.items(), options, dryRun(call, options), admission);
          return page.whole(resource);
        }));
      }
      default -> throw Statuses.methodNotAllowed();
    }
  }

  private void patch(
      Call call, Resource resource, @Nullable String subresource, byte[] body, Admission admission, Answer answer) {
    String name = Paths.name(call);
    String mediaType = Patches.mediaType(call.http().header("Content-Type"));
    Patches.requireKnown(resource, mediaType);
    if (mediaType.equals(Apply.MEDIA_TYPE)) {
      Apply apply = Apply.of(resource, subresource, body, call.applier(), call.isForced());
      Writes.Written written = writes.apply(resource, call.namespace(), name, apply, call.dryRun(), admission);
      answer.send(written.code(), written.json());
    } else {
      call.requireUnforced();
      Shape shape = resource.shapeAt(subresource);
      Decoding decoding = Decoding.of(call);
      answer.warn(decoding.warnings());
      answer.send(200, update(call, resource, subresource, false, admission, current -> {
        ObjectNode patched = Patches.apply(current, shape, mediaType, body);
        return decoding.patched(resource, subresource, current, patched);
      }));
    }
  }

  private byte[] update(Call call, Resource resource, @Nullable String subresource, boolean versionRequired,
      Admission admission, UnaryOperator<ObjectNode> change) {
    FieldOwners.Manager manager = manager(call, resource, subresource);
    return writes.update(
        resource, call.namespace(), Paths.name(call), manager, call.dryRun(), versionRequired, admission, change);
  }

  private static FieldOwners.Manager manager(Call call, Resource resource, @Nullable String subresource) {
    return new FieldOwners.Manager(call.manager(), false, resource.type().apiVersion(), subresource);
  }

  private static boolean dryRun(Call call, ObjectNode options) {
    return call.dryRun() || options.path("dryRun").valueStream().anyMatch(value -> value.asString("").equals("All"));
  }

  private static void requireNoSubresource(@Nullable String subresource) {
    if (subresource != null) {
      throw Statuses.methodNotAllowed();
    }
  }
}
