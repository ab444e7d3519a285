package io.kooper.internal;

import java.util.regex.Pattern;

/** Addresses as they may be shown. All methods may be called from any thread. */
public final class Urls {

  private static final Pattern USER_INFORMATION = Pattern.compile("(?<=://)[^/?#\\s\"]*@");

  private Urls() {}

  /** Any text without the user information of the URLs in it: a name and a password before the host. */
  public static String withoutUser(String text) {
    return text.indexOf('@') < 0 ? text : USER_INFORMATION.matcher(text).replaceAll("");
  }

  /** The scheme, host and port alone of a URL. */
  public static String server(String url) {
    return withoutUser(url.replaceFirst("^([a-z]+://[^/?#]+).*", "$1"));
  }
}
