package io.kooper.test.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/** The key and certificate that every embedded server shows: public, hence for tests only (see the README beside). */
public final class TestCertificate {

  private static final String PASSWORD = "kooper-test";

  private TestCertificate() {}

  private static byte[] keyStore() {
    try (InputStream in = TestCertificate.class.getResourceAsStream("/io/kooper/test/server.p12")) {
      if (in == null) {
        throw new IllegalStateException("server.p12 is missing from the jar of kooper-test");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sockets that show the certificate. */
  static SSLSocketFactory sockets() {
    return Sockets.FACTORY;
  }

  /** Made once: that takes longer than the start of a server. */
  private static final class Sockets {

    static final SSLSocketFactory FACTORY = create();

    private static SSLSocketFactory create() {
      try {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(), PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context.getSocketFactory();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the JDK has no TLS", e);
      }
    }
  }

  private static KeyStore load() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(keyStore()), PASSWORD.toCharArray());
      return store;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK cannot read PKCS12", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The certificate of the authority, in PEM. */
  static String authority() {
    try {
      Certificate[] chain = load().getCertificateChain("server");
      String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(chain[chain.length - 1].getEncoded());
      return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK cannot read PKCS12", e);
    }
  }

  public static String authorityBase64() {
    return Base64.getEncoder().encodeToString(authority().getBytes(StandardCharsets.US_ASCII));
  }
}
