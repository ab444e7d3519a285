package io.kooper.test.validation;

import org.jspecify.annotations.Nullable;

/** A range of addresses, as Go reads it. */
record Cidr(Ip address, int prefix) {

  /** Null is no range. */
  static @Nullable Cidr parse(String text, boolean sloppy) {
    int slash = text.indexOf('/');
    Ip address = slash < 0 ? null : Ip.parse(text.substring(0, slash), sloppy);
    String length = text.substring(slash + 1);
    boolean digits = length.matches("[0-9]{1,3}") && (length.equals("0") || !length.startsWith("0"));
    return address == null || !digits || Integer.parseInt(length) > address.bits() ? null
        : new Cidr(address, Integer.parseInt(length));
  }

  boolean contains(Ip ip) {
    return ip.bits() == address.bits() && ip.masked(prefix).equals(address.masked(prefix));
  }

  boolean contains(Cidr other) {
    return prefix <= other.prefix && contains(other.address);
  }

  Cidr masked() {
    return new Cidr(address.masked(prefix), prefix);
  }

  @Override
  public String toString() {
    return address + "/" + prefix;
  }
}
