package io.kooper.test.http;

import io.kooper.test.ApiRequest;
import io.kooper.test.net.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest requests: no more than a number of them, nor more of their bodies than fit into some megabytes. */
public final class RequestLog {

  private static final long MOST_BYTES = 32L * 1024 * 1024;

  private final int most;
  private final Deque<Entry> entries = new ArrayDeque<>(); // guarded by itself
  private long bytes; // of the bodies; guarded by entries

  public RequestLog(int most) {
    this.most = most;
  }

  /** A request, and what becomes known of it later. */
  private final class Entry implements Tracked {

    private final ApiRequest request;
    private byte @Nullable [] body; // guarded by entries
    private int code; // guarded by entries

    private Entry(ApiRequest request) {
      this.request = request;
    }

    @Override
    public void body(byte[] sent) {
      synchronized (entries) {
        if (sent.length > 0 && entries.contains(this)) {
          body = sent;
          bytes += sent.length;
          trim();
        }
      }
    }

    @Override
    public void answered(Response response) {
      synchronized (entries) {
        code = response.status();
      }
    }

    private ApiRequest toRequest() {
      return new ApiRequest(request.verb(), request.path(), request.query(), request.group(), request.resource(),
          request.namespace(), request.name(), request.subresource(), request.userAgent(), request.time(),
          body == null ? null : new String(body, StandardCharsets.UTF_8), code);
    }
  }

  /** What is told of a request once it is known. */
  interface Tracked {

    void body(byte[] sent);

    void answered(Response response);
  }

  Tracked add(ApiRequest request) {
    Entry entry = new Entry(request);
    synchronized (entries) {
      entries.addLast(entry);
      trim();
    }
    return entry;
  }

  private void trim() {
    while (entries.size() > most || bytes > MOST_BYTES) {
      Entry oldest = entries.removeFirst();
      bytes -= oldest.body == null ? 0 : oldest.body.length;
    }
  }

  public List<ApiRequest> all() {
    synchronized (entries) {
      return entries.stream().map(Entry::toRequest).toList();
    }
  }

  public void clear() {
    synchronized (entries) {
      entries.clear();
      bytes = 0;
    }
  }
}
