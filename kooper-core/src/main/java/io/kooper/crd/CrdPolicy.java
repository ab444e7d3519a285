package io.kooper.crd;

/** What to do with a definition that exists and is not as wanted. */
public enum CrdPolicy {

  /**
   * It is made as wanted; the default. What the wanted definition does not mention stays, and so does every version that it
   * does not name: one in which objects are stored must not be dropped, and others may be in use.
   */
  UPDATE,

  /** It stays as it is, as when Helm or a GitOps tool installs it; the differences are logged. */
  KEEP,

  /** It stays as it is, and that is an error which names the differences. */
  FAIL
}
