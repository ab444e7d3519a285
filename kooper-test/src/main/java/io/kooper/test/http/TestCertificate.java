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

/** The key and certificate that every embedded server shows: public, hence for tests only (see the README beside). */
public final class TestCertificate {

  static final String PASSWORD = "kooper-test";

  private TestCertificate() {}

  static byte[] keyStore() {
    try (InputStream in = TestCertificate.class.getResourceAsStream("/io/kooper/test/server.p12")) {
      if (in == null) {
        throw new IllegalStateException("server.p12 is missing from the jar of kooper-test");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The certificate of the authority, in PEM. */
  static String authority() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(keyStore()), PASSWORD.toCharArray());
      Certificate[] chain = store.getCertificateChain("server");
      String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(chain[chain.length - 1].getEncoded());
      return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK cannot read PKCS12", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String authorityBase64() {
    return Base64.getEncoder().encodeToString(authority().getBytes(StandardCharsets.US_ASCII));
  }
}
