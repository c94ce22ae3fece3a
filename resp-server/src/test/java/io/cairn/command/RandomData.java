package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Commands that fill a server with keys of every type, small and large, of text, numbers and noise. */
final class RandomData {
    private static final long FAR = 4_000_000_000_000L;
    private static final int[] SIZES = {1, 2, 5, 30, 127, 128, 129, 512, 513, 1500};

    private final SplittableRandom random;
    private final List<List<byte[]>> commands = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private int made;

    private RandomData(long seed) {
        random = new SplittableRandom(seed);
    }

    /** What to run, and the keys that are there then. */
    record Data(List<List<byte[]>> commands, List<String> keys) {}

    static Data of(long seed) {
        RandomData data = new RandomData(seed);
        for (int size : SIZES) {
            for (int kind = 0; kind < 3; kind++) {
                Function<Integer, byte[]> element = data.elements(kind);
                data.strings(size, kind);
                data.collection("list", "RPUSH", size, i -> List.of(element.apply(i)));
                data.collection("set", "SADD", size, i -> List.of(element.apply(i)));
                data.collection("hash", "HSET", size, i -> List.of(element.apply(i), element.apply(-i)));
                data.collection("zset", "ZADD", size, i -> List.of(data.score(), element.apply(i)));
                data.stream(size, element);
            }
        }
        data.special();
        return new Data(data.commands, data.keys);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private void run(Object... words) {
        List<byte[]> command = new ArrayList<>();
        for (Object word : words) {
            command.add(word instanceof byte[] raw ? raw : bytes(word.toString()));
        }
        commands.add(command);
    }

    private String key(String type) {
        String key = type + ':' + made++;
        keys.add(key);
        return key;
    }

    private void mayExpire(String key) {
        if (random.nextInt(3) == 0) {
            run("PEXPIREAT", key, FAR + random.nextInt(1_000_000));
        }
    }

    private byte[] noise(int length) {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        return noise;
    }

    /** Numbers of all widths, short text, or bytes of any kind, some too long for a compact form. */
    private Function<Integer, byte[]> elements(int kind) {
        return switch (kind) {
            case 0 -> i -> bytes(Long.toString(random.nextLong() >> random.nextInt(64)));
            case 1 -> i -> bytes("element " + i);
            default -> i -> random.nextInt(20) == 0 ? noise(random.nextInt(300)) : noise(random.nextInt(1, 20));
        };
    }

    private byte[] score() {
        return switch (random.nextInt(5)) {
            case 0 -> bytes(Integer.toString(random.nextInt(-1000, 1000)));
            case 1 -> bytes(Double.toString(random.nextDouble(-1e6, 1e6)));
            case 2 -> bytes(random.nextBoolean() ? "inf" : "-inf");
            case 3 -> bytes(Double.toString(random.nextDouble() * 1e-300));
            default -> bytes(Long.toString(random.nextLong() >> 11));
        };
    }

    private void strings(int size, int kind) {
        String key = key("string");
        byte[] value = switch (kind) {
            case 0 -> bytes(Long.toString(random.nextLong() >> random.nextInt(64)));
            case 1 -> bytes("compress me ".repeat(size));
            default -> noise(size * 7);
        };
        run("SET", key, value);
        mayExpire(key);
    }

    private void collection(String type, String command, int size, Function<Integer, List<byte[]>> element) {
        String key = key(type);
        List<byte[]> words = new ArrayList<>();
        for (int i = 1; i <= size; i++) {
            if (words.isEmpty()) {
                words.add(bytes(command));
                words.add(bytes(key));
            }
            words.addAll(element.apply(i));
            if (words.size() > 200 || i == size) {
                commands.add(List.copyOf(words));
                words.clear();
            }
        }
        mayExpire(key);
    }

    private void stream(int size, Function<Integer, byte[]> element) {
        String key = key("stream");
        boolean sameFields = random.nextBoolean();
        for (int i = 1; i <= size; i++) {
            String field = sameFields ? "field" : "field" + random.nextInt(4);
            run("XADD", key, 1_000_000 + i / 3 + "-" + (i % 3 + 1), field, element.apply(i), "n", i);
        }
        run("XGROUP", "CREATE", key, "group", "0");
        run("XGROUP", "CREATE", key, "end", "$");
        run("XGROUP", "CREATECONSUMER", key, "end", "nobody");
        run("XREADGROUP", "GROUP", "group", "one", "COUNT", size / 2 + 1, "STREAMS", key, ">");
        run("XREADGROUP", "GROUP", "group", "two", "COUNT", size / 4 + 1, "STREAMS", key, ">");
        run("XACK", key, "group", "1000000-2", "1000001-1");
        if (size > 2) {
            run("XDEL", key, "1000000-3");
        }
        mayExpire(key);
    }

    private void special() {
        String bits = key("bitmap");
        for (int i = 0; i < 50; i++) {
            run("SETBIT", bits, random.nextInt(20_000), 1);
        }
        String few = key("hll");
        String many = key("hll");
        for (int i = 0; i < 30; i++) {
            run("PFADD", few, "e" + i);
        }
        for (int i = 0; i < 5000; i += 50) {
            List<byte[]> words = new ArrayList<>(List.of(bytes("PFADD"), bytes(many)));
            for (int j = 0; j < 50; j++) {
                words.add(noise(8));
            }
            commands.add(words);
        }
        String geo = key("geo");
        for (int i = 0; i < 200; i++) {
            run("GEOADD", geo, random.nextDouble(-180, 180), random.nextDouble(-85, 85), "place" + i);
        }
        run("SET", key("string"), "compress me, too ".repeat(100_000));
        run("SET", key("string"), noise(1_500_000));
        run("SET", key("string"), "");
        String list = key("list");
        run("RPUSH", list, "small", noise(20_000), "x".repeat(100_000), "small again");
        String hash = key("hash");
        for (int i = 0; i < 40; i++) {
            run("HSET", hash, "field" + i, noise(50_000));
        }
        run("SET", new String(new byte[] {0, 1, (byte) 0xff, '\r', '\n'}, ISO_8859_1), "odd key");
        keys.add(new String(new byte[] {0, 1, (byte) 0xff, '\r', '\n'}, ISO_8859_1));
    }
}
