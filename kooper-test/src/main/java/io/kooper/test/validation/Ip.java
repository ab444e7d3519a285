package io.kooper.test.validation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An address of the internet protocol, as Go reads and prints it. */
final class Ip {

  private final byte[] bytes; // 4 or 16

  private Ip(byte[] bytes) {
    this.bytes = bytes;
  }

  /** @param sloppy whether numbers of IPv4 may begin with zeros; null is no address */
  static @Nullable Ip parse(String text, boolean sloppy) {
    byte[] bytes = text.indexOf(':') >= 0 ? six(text, sloppy) : four(text, sloppy);
    return bytes == null ? null : new Ip(bytes);
  }

  boolean isFour() {
    return bytes.length == 4;
  }

  boolean isMapped() {
    return bytes.length == 16 && bytes[10] == -1 && bytes[11] == -1 && isZero(0, 10);
  }

  boolean isUnspecified() {
    return isZero(0, bytes.length);
  }

  boolean isLoopback() {
    return isFour() ? bytes[0] == 127 : isZero(0, 15) && bytes[15] == 1;
  }

  boolean isMulticast() {
    return isFour() ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == -1;
  }

  boolean isLinkLocalMulticast() {
    return isFour() ? (bytes[0] & 0xff) == 224 && bytes[1] == 0 && bytes[2] == 0
        : bytes[0] == -1 && (bytes[1] & 0x0f) == 2;
  }

  boolean isLinkLocalUnicast() {
    return isFour() ? (bytes[0] & 0xff) == 169 && (bytes[1] & 0xff) == 254
        : (bytes[0] & 0xff) == 0xfe && (bytes[1] & 0xc0) == 0x80;
  }

  boolean isGlobalUnicast() {
    boolean broadcast = isFour() && Arrays.equals(bytes, new byte[] {-1, -1, -1, -1});
    return !isUnspecified() && !isLoopback() && !isMulticast() && !isLinkLocalUnicast() && !broadcast;
  }

  int bits() {
    return bytes.length * 8;
  }

  /** The same network, nothing in it. */
  Ip masked(int prefix) {
    byte[] masked = bytes.clone();
    for (int bit = prefix; bit < bits(); bit++) {
      masked[bit / 8] &= (byte) ~(0x80 >> bit % 8);
    }
    return new Ip(masked);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Ip ip && Arrays.equals(bytes, ip.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The canonical text. */
  @Override
  public String toString() {
    if (isFour()) {
      return (bytes[0] & 0xff) + "." + (bytes[1] & 0xff) + "." + (bytes[2] & 0xff) + "." + (bytes[3] & 0xff);
    }
    int best = -1;
    int length = 1; // one group of zeros alone is written out
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && group(end) == 0) {
        end++;
      }
      if (end - i > length) {
        best = i;
        length = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        text.append("::");
        i += length - 1;
      } else {
        text.append(text.length() > 0 && text.charAt(text.length() - 1) != ':' ? ":" : "")
            .append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }

  private int group(int index) {
    return (bytes[2 * index] & 0xff) << 8 | bytes[2 * index + 1] & 0xff;
  }

  private boolean isZero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static byte @Nullable [] four(String text, boolean sloppy) {
    String[] parts = text.split("\\.", -1);
    byte[] bytes = new byte[4];
    if (parts.length != 4) {
      return null;
    }
    for (int i = 0; i < 4; i++) {
      boolean digits = parts[i].matches("[0-9]{1,3}") && (sloppy || parts[i].equals("0") || !parts[i].startsWith("0"));
      if (!digits || Integer.parseInt(parts[i]) > 255) {
        return null;
      }
      bytes[i] = (byte) Integer.parseInt(parts[i]);
    }
    return bytes;
  }

  private static byte @Nullable [] six(String text, boolean sloppy) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    List<Integer> head = new ArrayList<>();
    List<Integer> tail = new ArrayList<>();
    boolean read = gap < 0 ? groups(text, head, sloppy)
        : groups(text.substring(0, gap), head, sloppy) && groups(text.substring(gap + 2), tail, sloppy);
    int given = head.size() + tail.size();
    if (!read || (gap < 0 ? given != 8 : given > 7)) {
      return null;
    }
    byte[] bytes = new byte[16];
    for (int i = 0; i < head.size(); i++) {
      bytes[2 * i] = (byte) (head.get(i) >> 8);
      bytes[2 * i + 1] = (byte) (int) head.get(i);
    }
    for (int i = 0; i < tail.size(); i++) {
      int at = 16 - 2 * (tail.size() - i);
      bytes[at] = (byte) (tail.get(i) >> 8);
      bytes[at + 1] = (byte) (int) tail.get(i);
    }
    return bytes;
  }

  private static boolean groups(String text, List<Integer> groups, boolean sloppy) {
    if (text.isEmpty()) {
      return true;
    }
    String[] parts = text.split(":", -1);
    for (int i = 0; i < parts.length; i++) {
      byte[] last = i == parts.length - 1 ? four(parts[i], sloppy) : null;
      if (last != null) {
        groups.add((last[0] & 0xff) << 8 | last[1] & 0xff);
        groups.add((last[2] & 0xff) << 8 | last[3] & 0xff);
      } else if (parts[i].matches("[0-9a-fA-F]{1,4}")) {
        groups.add(Integer.parseInt(parts[i], 16));
      } else {
        return false;
      }
    }
    return true;
  }
}
