package io.kooper.test.faults;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open connections, and the ways in which networks fail.
 *
 * <p>It works on Netty's channels, below TLS and HTTP, since that is where networks fail: a frozen connection answers
 * no WebSocket ping, and a cut one says no goodbye.
 */
public final class Connections {

  private final Map<HttpConnection, Channel> open = new ConcurrentHashMap<>();
  private volatile boolean blackhole;
  private volatile boolean refusing;

  public void opened(HttpConnection connection) {
    Channel channel = ((ConnectionBase) connection).channel();
    open.put(connection, channel);
    // the connection's own close handler is not called any more once it carries a WebSocket
    channel.closeFuture().addListener(closed -> open.remove(connection));
    if (refusing) {
      close(channel, true);
    } else if (blackhole) {
      swallow(channel); // right here on the event loop: the first request may follow in the same turn
    }
  }

  /** Whether what arrives from a connection was only on its way through TLS when it was frozen. */
  public boolean isFrozen(HttpConnection connection) {
    Channel channel = open.get(connection);
    return channel != null && channel.pipeline().get(Swallow.class) != null;
  }

  public int count() {
    return open.size();
  }

  /** Resets a connection: what the client has not read yet is lost, too. */
  public void cut(HttpConnection connection) {
    close(connection, true);
  }

  /** Ends a connection without a word to HTTP or TLS, behind everything that was written. */
  public void end(HttpConnection connection) {
    close(connection, false);
  }

  /** Whether new connections are cut at once: a server that stops cannot stop accepting in the same moment. */
  public void refuse(boolean on) {
    refusing = on;
  }

  /** Resets all open connections and returns when it is done. */
  public void cutAll() {
    List<Channel> channels = List.copyOf(open.values());
    channels.forEach(channel -> close(channel, true));
    channels.forEach(channel -> channel.closeFuture().awaitUninterruptibly());
  }

  /** Makes all open connections half-open and returns when it is done. */
  public void freezeAll() {
    CompletableFuture<?>[] frozen =
        open.values().stream().map(Connections::freeze).toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(frozen).join();
  }

  /** Whether connections are frozen from their beginning. */
  public void blackhole(boolean on) {
    blackhole = on;
    if (on) {
      freezeAll();
    }
  }

  private void close(HttpConnection connection, boolean reset) {
    Channel channel = open.get(connection);
    if (channel != null) {
      close(channel, reset);
    }
  }

  private static void close(Channel channel, boolean reset) {
    channel.eventLoop().execute(() -> {
      if (channel.isOpen()) {
        if (reset) {
          channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        // without the pipeline, so that neither TLS nor a WebSocket says goodbye
        channel.unsafe().close(channel.newPromise());
      }
    });
  }

  private static CompletableFuture<Void> freeze(Channel channel) {
    return CompletableFuture.runAsync(() -> swallow(channel), channel.eventLoop());
  }

  private static void swallow(Channel channel) {
    if (channel.isOpen() && channel.pipeline().get(Swallow.class) == null) {
      channel.pipeline().addFirst(new Swallow());
    }
  }

  /** Lets nothing through, neither way: what is written seems to be on its way for ever. */
  private static final class Swallow extends ChannelDuplexHandler {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
      // nothing was written
    }
  }
}
