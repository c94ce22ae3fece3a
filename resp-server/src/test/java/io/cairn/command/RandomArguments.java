package io.cairn.command;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Random arguments by kind: mostly sensible, sometimes at an edge, sometimes senseless. */
final class RandomArguments {
    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "7",
        "10",
        "42",
        "9999",
        "10000",
        "-10000",
        "2147483647",
        "-2147483648",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "4611686018427387904",
        "12345678901234567890",
        "01",
        "+1",
        " 1",
        "1 ",
        "",
        "-0",
        "abc",
        "1.5"
    };
    private static final Set<String> TIMES = Set.of("seconds", "millis", "unix", "unixmillis", "badtime");
    /** Kinds of which a large number would make a large string. */
    private static final Set<String> BITS = Set.of("bitoffset", "fieldoffset");
    private static final String[] FLOATS = {
        "0", "1", "-1", "0.1", "0.2", "1.5", "-3.25", "5.0e3", "1e-5", "1e17", "3.14159265358979", "1e300", "1e23",
        "0x1p4", "1e5000", "inf", "-inf", "nan", "abc", "", " 1", "1e-30", "123456789.123456789", "0.3", "-0.0", "1e16",
        "9007199254740993", "18446744073709551615", "1e-4950", "+4.", ".5"
    };
    private static final String[] PATTERNS = {
        "*", "k*", "k?", "k[0-4]", "k[^1-3]", "\\k1", "?*", "*1*", "nokey", "k[", "", "**", "*[5-9]", "k\\", "[a-z]?"
    };

    private final Random random;
    private final int keys;
    private final List<byte[]> payloads;

    /** {@code payloads} are what RESTORE is given. */
    RandomArguments(Random random, int keys, List<byte[]> payloads) {
        this.random = random;
        this.keys = keys;
        this.payloads = payloads;
    }

    byte[] get(String kind) {
        // Senseless now and then, whatever was asked for. Times stay such that no key expires by itself meanwhile: the
        // two servers would see it at different moments.
        if (random.nextInt(150) == 0) {
            return text(TIMES.contains(kind) || BITS.contains(kind) ? pick("-7", "abc", "9223372036854775808", "") : pick(NUMBERS));
        }
        return switch (kind) {
            case "key" -> text("k" + random.nextInt(keys));
            case "value" -> value();
            case "integer" -> text(random.nextInt(3) > 0 ? Integer.toString(random.nextInt(200) - 100) : pick(NUMBERS));
            case "number" -> text(random.nextInt(3) > 0 ? Integer.toString(random.nextInt(200) - 100) : pick(FLOATS));
            case "float" -> text(random.nextBoolean() ? pick(FLOATS) : randomDecimal());
            case "index" -> text(Integer.toString(random.nextInt(60) - 30));
            case "offset" ->
                text(random.nextInt(10) > 0 ? Integer.toString(random.nextInt(100)) : pick("-1", "536870912", "6000"));
            case "seconds" -> text(Integer.toString(1000 + random.nextInt(10_000_000)));
            case "millis" -> text(Long.toString(1_000_000 + random.nextInt(1_000_000_000)));
            case "unix" -> text(Long.toString(2_000_000_000L + random.nextInt(1_000_000_000)));
            case "unixmillis" -> text(Long.toString(2_000_000_000_000L + random.nextInt(1_000_000_000)));
            case "badtime" ->
                text(pick("0", "-1", "9223372036854775807", "9223372036854776", "-9223372036854775808", "x"));
            case "past" -> text(pick("1", "0", "-1", "1000000000"));
            case "pattern" -> text(pick(PATTERNS));
            case "count" -> text(pick("1", "2", "10", "1000", "0", "-1", "x"));
            case "database" -> text(pick("0", "1", "2", "15", "16", "-1", "x", "99999999999"));
            case "payload" -> payloads.get(random.nextInt(payloads.size()));
            case "digit" -> text(Integer.toString(random.nextInt(4)));
            // A key of its own: PFCOUNT of one key changes what Redis keeps in it.
            case "sketch" -> text("h" + random.nextInt(3));
            case "element" -> text("e" + random.nextInt(300));
            case "bitoffset" ->
                text(
                        random.nextInt(20) > 0
                                ? Integer.toString(random.nextInt(500))
                                : pick("4294967296", "-1", "40000", "#1"));
            case "fieldtype" ->
                text(
                        random.nextInt(20) > 0
                                ? (random.nextBoolean()
                                        ? "i" + (1 + random.nextInt(64))
                                        : "u" + (1 + random.nextInt(63)))
                                : pick("i65", "u64", "i0", "x8", "i", "", "u08", "I8"));
            case "fieldoffset" ->
                text(
                        random.nextInt(20) > 0
                                ? (random.nextBoolean()
                                        ? "#" + random.nextInt(8)
                                        : Integer.toString(random.nextInt(300)))
                                : pick(
                                        "#",
                                        "#-1",
                                        "4294967296",
                                        "#4294967296",
                                        "#1152921504606846976",
                                        "x"));
            case "fieldvalue" ->
                text(
                        random.nextBoolean()
                                ? Integer.toString(random.nextInt(300) - 150)
                                : Long.toString(random.nextLong() >> random.nextInt(64)));
            default -> throw new IllegalArgumentException("no such kind of argument: " + kind);
        };
    }

    private byte[] value() {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> text(Integer.toString(random.nextInt(20_000) - 5000));
            case 3 -> text(pick(NUMBERS));
            case 4 -> text(pick(FLOATS));
            case 5 -> bytes(42 + random.nextInt(5), 256);
            case 6 -> random.nextInt(10) == 0 ? bytes(4090 + random.nextInt(2000), 256) : bytes(300, 4);
            case 7 -> bytes(random.nextInt(20), 256);
            default -> bytes(random.nextInt(40), 3);
        };
    }

    private byte[] bytes(int length, int kinds) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(kinds));
        }
        return bytes;
    }

    private String randomDecimal() {
        long digits = random.nextLong() >> random.nextInt(63);
        int scale = random.nextInt(25);
        return new java.math.BigDecimal(java.math.BigInteger.valueOf(digits), scale).toPlainString();
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
