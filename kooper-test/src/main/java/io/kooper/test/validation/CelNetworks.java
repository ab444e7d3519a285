package io.kooper.test.validation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.projectnessie.cel.checker.Decls;
import org.projectnessie.cel.common.types.IntT;
import org.projectnessie.cel.common.types.ref.TypeAdapter;
import org.projectnessie.cel.common.types.ref.Val;
import org.projectnessie.cel.relocated.com.google.api.expr.v1alpha1.Type;

/** {@code url}, {@code ip} and {@code cidr}, and what can be asked of them. */
final class CelNetworks {

  private static final String IP = "net.IP";
  private static final String CIDR = "net.CIDR";
  private static final String URL = "kubernetes.URL";
  private static final Type IP_TYPE = Decls.newAbstractType(IP, List.of());
  private static final Type CIDR_TYPE = Decls.newAbstractType(CIDR, List.of());
  private static final Type URL_TYPE = Decls.newAbstractType(URL, List.of());

  private interface OfIp {
    boolean test(Ip ip);
  }

  private CelNetworks() {}

  static void declare(CelFunctions functions, TypeAdapter adapter) {
    addresses(functions);
    ranges(functions);
    urls(functions, adapter);
  }

  private static void addresses(CelFunctions functions) {
    List<Type> text = List.of(Decls.String);
    functions.global("ip", "string_to_ip", IP_TYPE, text, a -> new CelOpaque(IP, ip(CelLibrary.text(a[0]))));
    functions.global("isIP", "is_ip", Decls.Bool, text, a -> CelLibrary.bool(find(CelLibrary.text(a[0])) != null));
    functions.global("ip.isCanonical", "ip_is_canonical", Decls.Bool, text,
        a -> CelLibrary.bool(ip(CelLibrary.text(a[0])).toString().equals(CelLibrary.text(a[0]))));
    functions.method("family", "ip_family", Decls.Int, List.of(IP_TYPE),
        a -> IntT.intOf(((Ip) a[0].value()).isFour() ? 4 : 6));
    functions.signature("string", "ip_to_string", Decls.String, IP_TYPE);
    is(functions, "isUnspecified", "ip_is_unspecified", Ip::isUnspecified);
    is(functions, "isLoopback", "ip_is_loopback", Ip::isLoopback);
    is(functions, "isLinkLocalMulticast", "ip_is_link_local_multicast", Ip::isLinkLocalMulticast);
    is(functions, "isLinkLocalUnicast", "ip_is_link_local_unicast", Ip::isLinkLocalUnicast);
    is(functions, "isGlobalUnicast", "ip_is_global_unicast", Ip::isGlobalUnicast);
  }

  private static void is(CelFunctions functions, String name, String id, OfIp test) {
    functions.method(name, id, Decls.Bool, List.of(IP_TYPE), a -> CelLibrary.bool(test.test((Ip) a[0].value())));
  }

  private static void ranges(CelFunctions functions) {
    List<Type> range = List.of(CIDR_TYPE);
    functions.global("cidr", "string_to_cidr", CIDR_TYPE, List.of(Decls.String),
        a -> new CelOpaque(CIDR, cidr(CelLibrary.text(a[0]))));
    functions.global("isCIDR", "is_cidr", Decls.Bool, List.of(Decls.String),
        a -> CelLibrary.bool(Cidr.parse(CelLibrary.text(a[0]), false) != null));
    functions.method("containsIP", "cidr_contains_ip_string", Decls.Bool, List.of(CIDR_TYPE, Decls.String),
        a -> CelLibrary.bool(range(a[0]).contains(ip(CelLibrary.text(a[1])))));
    functions.method("containsIP", "cidr_contains_ip_ip", Decls.Bool, List.of(CIDR_TYPE, IP_TYPE),
        a -> CelLibrary.bool(range(a[0]).contains((Ip) a[1].value())));
    functions.method("containsCIDR", "cidr_contains_cidr_string", Decls.Bool, List.of(CIDR_TYPE, Decls.String),
        a -> CelLibrary.bool(range(a[0]).contains(cidr(CelLibrary.text(a[1])))));
    functions.method("containsCIDR", "cidr_contains_cidr", Decls.Bool, List.of(CIDR_TYPE, CIDR_TYPE),
        a -> CelLibrary.bool(range(a[0]).contains(range(a[1]))));
    functions.method("ip", "cidr_ip", IP_TYPE, range, a -> new CelOpaque(IP, range(a[0]).address()));
    functions.method("prefixLength", "cidr_prefix_length", Decls.Int, range, a -> IntT.intOf(range(a[0]).prefix()));
    functions.method("masked", "cidr_masked", CIDR_TYPE, range, a -> new CelOpaque(CIDR, range(a[0]).masked()));
    functions.signature("string", "cidr_to_string", Decls.String, CIDR_TYPE);
  }

  private static void urls(CelFunctions functions, TypeAdapter adapter) {
    List<Type> url = List.of(URL_TYPE);
    functions.global("url", "string_to_url", URL_TYPE, List.of(Decls.String), a -> {
      Url parsed = Url.parse(CelLibrary.text(a[0]));
      if (parsed == null) {
        throw new IllegalArgumentException("URL parse error during conversion from string: parse "
            + Go.quote(CelLibrary.text(a[0])) + ": invalid URI for request");
      }
      return new CelOpaque(URL, parsed);
    });
    functions.global("isURL", "is_url_string", Decls.Bool, List.of(Decls.String),
        a -> CelLibrary.bool(Url.parse(CelLibrary.text(a[0])) != null));
    functions.method("getScheme", "url_get_scheme", Decls.String, url, a -> CelLibrary.text(url(a[0]).scheme()));
    functions.method("getHost", "url_get_host", Decls.String, url, a -> CelLibrary.text(url(a[0]).host()));
    functions.method("getHostname", "url_get_hostname", Decls.String, url, a -> CelLibrary.text(url(a[0]).hostname()));
    functions.method("getPort", "url_get_port", Decls.String, url, a -> CelLibrary.text(url(a[0]).port()));
    functions.method("getEscapedPath", "url_get_escaped_path", Decls.String, url,
        a -> CelLibrary.text(url(a[0]).escapedPath()));
    functions.method("getQuery", "url_get_query",
        Decls.newMapType(Decls.String, Decls.newListType(Decls.String)), url,
        a -> adapter.nativeToValue(url(a[0]).parameters()));
  }

  private static Cidr range(Val value) {
    return (Cidr) value.value();
  }

  private static Url url(Val value) {
    return (Url) value.value();
  }

  private static @Nullable Ip find(String text) {
    Ip ip = Ip.parse(text, false);
    return ip == null || ip.isMapped() ? null : ip;
  }

  private static Ip ip(String text) {
    Ip ip = find(text);
    if (ip == null) {
      throw new IllegalArgumentException("IP Address " + Go.quote(text)
          + " parse error during conversion from string: ParseAddr(" + Go.quote(text) + "): unable to parse IP");
    }
    return ip;
  }

  private static Cidr cidr(String text) {
    Cidr cidr = Cidr.parse(text, false);
    if (cidr == null) {
      throw new IllegalArgumentException("network address parse error during conversion from string: network address "
          + "parse error during conversion from string: netip.ParsePrefix(" + Go.quote(text) + "): no prefix");
    }
    return cidr;
  }
}
