package io.kooper.examples.echopod;

import java.io.PrintStream;

/** The domain logic: it knows nothing of Kubernetes, so that it can be tested, and replaced, without it. */
interface EchoService {

  void echo(String prefix, String name);

  /** Echoes as lines. */
  static EchoService to(PrintStream out) {
    return (prefix, name) -> out.println("[" + prefix + "] " + name);
  }
}
