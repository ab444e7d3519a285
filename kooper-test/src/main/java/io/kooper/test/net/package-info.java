/**
 * HTTP, WebSockets and TLS over plain sockets, and the ways in which networks fail. Internal: nobody else's library decides how
 * the server of the test kit behaves, and faults happen where they happen in a network, below TLS and HTTP.
 */
@NullMarked
package io.kooper.test.net;

import org.jspecify.annotations.NullMarked;
