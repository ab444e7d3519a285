package io.kooper.crd;

/** What to do with a definition that exists and is not as wanted. */
public enum CrdPolicy {

  /**
   * The wanted definition's additions are made; the default. It only adds and widens: no field, version, enum value,
   * subresource, column or name is removed, and no type or constraint is narrowed. So a replica of an older release takes
   * nothing away from a newer one, and objects keep what they have. What this leaves otherwise than wanted is logged with its
   * path; where two releases contradict each other, the existing definition counts. Objects are stored in another version only
   * if its schema keeps all their fields, or a webhook converts them.
   */
  UPDATE,

  /**
   * It is made as wanted, <b>which may lose data</b>: the API server drops what the new schema does not know, with the next
   * write of an object. Labels, annotations and a webhook that the wanted definition does not mention stay, and so does a
   * version in which objects are stored. Every start of another release replaces it again: for one release at a time.
   */
  REPLACE,

  /** It stays as it is, as when Helm or a GitOps tool installs it; the differences are logged. */
  KEEP,

  /** It stays as it is, and that is an error which names the differences. */
  FAIL
}
