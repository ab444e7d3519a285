package io.kooper.examples.webapp;

import java.io.PrintStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Prints what a name server would be told. */
public final class PrintedDns implements WebAppOperator.Dns {

  private final PrintStream out;
  private final Set<String> hosts = ConcurrentHashMap.newKeySet();

  public PrintedDns(PrintStream out) {
    this.out = out;
  }

  @Override
  public void put(String host) {
    if (hosts.add(host)) {
      out.println("DNS record added: " + host);
    }
  }

  @Override
  public void remove(String host) {
    hosts.remove(host);
    out.println("DNS record removed: " + host);
  }
}
