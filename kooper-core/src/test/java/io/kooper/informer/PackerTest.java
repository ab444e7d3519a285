package io.kooper.informer;

import static org.assertj.core.api.Assertions.assertThat;

import io.kooper.informer.Packer.Packed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PackerTest {

  private final Packer packer = new Packer();

  @AfterEach
  void close() {
    packer.close();
  }

  private static byte[] pod(int i) {
    return ("{\"metadata\":{\"name\":\"web-" + i + "\"},\"spec\":{\"env\":[" + "{\"name\":\"SETTING\",\"value\":\"of the pod\"},"
        .repeat(40) + "{}]}}").getBytes(StandardCharsets.UTF_8);
  }

  private Packed pack(byte[] json) {
    return packer.pack(json, json.length);
  }

  @Test
  void unpacksWhatWasPacked() {
    List<byte[]> objects = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[random.nextInt(20_000)];
      random.nextBytes(noise);
      objects.add(i % 3 == 0 ? noise : i % 3 == 1 ? pod(i) : new byte[i % 5]);
    }
    List<Packed> packed = objects.stream().map(this::pack).toList();

    for (int i = 0; i < objects.size(); i++) {
      assertThat(packer.unpack(packed.get(i))).as("object %d", i).isEqualTo(objects.get(i));
    }
  }

  @Test
  void takesNoMoreOfTheBytesThanCount() {
    byte[] longer = Arrays.copyOf(pod(1), 10_000);
    Packed packed = packer.pack(longer, pod(1).length);

    assertThat(packer.unpack(packed)).isEqualTo(pod(1));
  }

  @Test
  void objectsThatAreAlikeTakeLittle() {
    for (int i = 0; i < 8; i++) {
      pack(pod(i));
    }

    assertThat(pack(pod(9)).bytes().length).isLessThan(pod(9).length / 30);
  }

  @Test
  void randomBytesInBase64TakeNoMoreThanTheirBytes() {
    byte[] secret = new byte[15_000];
    new Random(1).nextBytes(secret);
    byte[] json = ("{\"data\":{\"a\":\"" + Base64.getEncoder().encodeToString(secret) + "\"}}").getBytes(StandardCharsets.UTF_8);

    assertThat(pack(json).bytes().length).isLessThan((int) (secret.length * 1.05));
  }

  @Test
  void whatWasPackedCanBeReadAfterTheEnd() {
    Packed packed = pack(pod(1));
    packer.close();

    assertThat(packer.unpack(packed)).isEqualTo(pod(1));
  }

  @Test
  void manyThreadsUnpackAtOnce() throws Exception {
    List<Packed> packed = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      packed.add(pack(pod(i)));
    }
    ExecutorService threads = Executors.newFixedThreadPool(12);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 12; t++) {
        all.add(threads.submit(() -> {
          for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 100; i++) {
              assertThat(packer.unpack(packed.get(i))).isEqualTo(pod(i));
            }
          }
        }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
