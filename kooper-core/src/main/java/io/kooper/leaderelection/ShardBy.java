package io.kooper.leaderelection;

import java.nio.charset.StandardCharsets;

/**
 * What decides on the shard of a key.
 *
 * <p><b>Guarantees.</b> The function is a contract between versions of this library, since replicas of two of them may work at
 * once: FNV-1a with 64 bits over the UTF-8 bytes of the namespace, a byte 0 and the name, or of the namespace alone; then
 * MurmurHash3's finalizer, since FNV's high bits hardly differ between {@code team-00} and {@code team-99}; then the remainder
 * of the division by the number of shards, both taken as unsigned.
 */
public enum ShardBy {
  /** Namespace and name: an object that is created again under its name has the same shard. */
  NAME("name"),

  /** The namespace alone, that what belongs together stays together. All cluster-scoped objects are in one shard. */
  NAMESPACE("namespace");

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  final String word;

  ShardBy(String word) {
    this.word = word;
  }

  /**
   * The shard of a key.
   *
   * @param namespace empty for cluster-scoped objects
   * @param count of the shards
   * @return from 0 to {@code count - 1}
   */
  public int shard(String namespace, String name, int count) {
    return (int) Long.remainderUnsigned(hash(namespace, name), count);
  }

  long hash(String namespace, String name) {
    long hash = fnv(FNV_OFFSET, namespace);
    return mix(this == NAMESPACE ? hash : fnv(hash * FNV_PRIME, name)); // a byte 0 changes nothing but by the prime
  }

  private static long fnv(long seed, String text) {
    long hash = seed;
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (one & 0xff)) * FNV_PRIME;
    }
    return hash;
  }

  private static long mix(long hash) {
    long mixed = hash;
    mixed = (mixed ^ mixed >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
