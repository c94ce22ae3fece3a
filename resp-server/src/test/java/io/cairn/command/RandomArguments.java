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
    private static final Set<String> TIMES =
            Set.of("idle", "minidle", "seconds", "millis", "unix", "unixmillis", "badtime");
    /** Never senseless: there is one key, or one order. */
    private static final Set<String> UNTOUCHED = Set.of("single", "newid", "lkey", "gkey");
    /** Kinds of which a large number would make a large string. */
    private static final Set<String> BITS = Set.of("bitoffset", "fieldoffset");

    private static final String[] FLOATS = {
        "0", "1", "-1", "0.1", "0.2", "1.5", "-3.25", "5.0e3", "1e-5", "1e17", "3.14159265358979", "1e300", "1e23",
        "0x1p4", "1e5000", "inf", "-inf", "nan", "abc", "", " 1", "1e-30", "123456789.123456789", "0.3", "-0.0", "1e16",
        "9007199254740993", "18446744073709551615", "1e-4950", "+4.", ".5"
    };
    private static final String[] SCORES = {
        "inf",
        "-inf",
        "+Infinity",
        "nan",
        "abc",
        "",
        " 1",
        "1 ",
        "0.1",
        "1.5",
        "-2.25",
        "1e17",
        "12345678901234567",
        "1e23",
        "1e-7",
        "0x1p4",
        "1e400",
        "1e-400",
        "4.9e-324",
        "3.3333333333333335",
        "123456789.125",
        "1e15",
        "4611686018427387904",
        "5e18",
        ".5",
        "5.",
        "0x"
    };
    private static final String[] BOUNDS = {
        "-inf", "+inf", "inf", "1.5", "", "x", " 2", "2 ", "nan", "1e400", "0.1", "("
    };
    private static final String[] PATTERNS = {
        "*", "k*", "k?", "k[0-4]", "k[^1-3]", "\\k1", "?*", "*1*", "nokey", "k[", "", "**", "*[5-9]", "k\\", "[a-z]?"
    };

    private final Random random;
    private long newest = 1;
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
        if (!UNTOUCHED.contains(kind) && random.nextInt(150) == 0) {
            return text(
                    TIMES.contains(kind) || BITS.contains(kind)
                            ? pick("-7", "abc", "9223372036854775808", "")
                            : pick(NUMBERS));
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
            case "pfelement" -> text("e" + random.nextInt(300));
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
                                : pick("#", "#-1", "4294967296", "#4294967296", "#1152921504606846976", "x"));
            case "fieldvalue" ->
                text(
                        random.nextBoolean()
                                ? Integer.toString(random.nextInt(300) - 150)
                                : Long.toString(random.nextLong() >> random.nextInt(64)));
            case "hash" -> text(random.nextInt(5) > 0 ? "hash" + random.nextInt(3) : "k" + random.nextInt(keys));
            case "set" -> text(random.nextInt(5) > 0 ? "set" + random.nextInt(4) : "k" + random.nextInt(keys));
            case "single" -> text("single");
            case "field", "smember" -> element();
            case "stream" -> text(random.nextInt(30) > 0 ? "s" + random.nextInt(2) : "k" + random.nextInt(keys));
            case "group" -> text("g" + random.nextInt(2));
            case "consumer" -> text("c" + random.nextInt(3));
            case "sfield" -> random.nextInt(3) > 0 ? text(pick("f", "f2", "7", "")) : value();
            // Far from the times that pass between two commands.
            case "idle" -> text(pick("100000", "500000", "-1", "0"));
            case "minidle" -> text(pick("0", "50000", "300000", "-1", "x"));
            case "newid" -> text(newId());
            case "streamid" -> text(streamId());
            case "sbound" ->
                text(
                        switch (random.nextInt(6)) {
                            case 0 -> "-";
                            case 1 -> "+";
                            case 2 -> "(" + streamId();
                            default -> streamId();
                        });
            case "list" -> text(random.nextInt(8) > 0 ? "q" + random.nextInt(3) : "k" + random.nextInt(keys));
            case "numbers" -> text("q" + (3 + random.nextInt(2)));
            case "restored" -> text("q5");
            case "queue" -> text("q" + random.nextInt(3));
            case "members" -> text("set" + random.nextInt(4));
            case "sorted" -> text("y" + random.nextInt(2));
            case "element" -> text(pick("a", "b", "c", "7", "-70", "4096", "", "x", "y", "1.5"));
            case "text" -> bytes(random.nextInt(random.nextInt(20) == 0 ? 5000 : 300), 3);
            case "zkey" -> text(random.nextInt(8) > 0 ? "z" + random.nextInt(4) : "k" + random.nextInt(keys));
            case "lkey" -> text("l" + random.nextInt(2));
            // Other sorted sets have many members at one place, of which Redis finds some by chance.
            case "gkey" -> text(random.nextInt(30) > 0 ? "g" + random.nextInt(2) : "set" + random.nextInt(4));
            case "score" -> text(random.nextInt(3) > 0 ? Integer.toString(random.nextInt(20) - 5) : pick(SCORES));
            case "weight" -> text(pick("1", "2", "0.5", "3e5", "inf", "1.1"));
            case "bound" ->
                text((random.nextInt(3) == 0 ? "(" : "")
                        + (random.nextInt(3) > 0 ? Integer.toString(random.nextInt(20) - 5) : pick(BOUNDS)));
            case "lex" -> lex();
            case "member" -> member();
            case "rank" -> text(Integer.toString(random.nextInt(16) - 5));
            case "lon" -> text(random.nextInt(9) > 0 ? decimal(13, 2) : decimal(0, 179.9));
            case "lat" -> text(random.nextInt(9) > 0 ? decimal(38, 2) : decimal(0, 85));
            case "radius" ->
                text(
                        random.nextInt(12) > 0
                                ? Integer.toString(random.nextInt(400))
                                : pick("0", "-1", "x", "1e5", "20000"));
            case "unit" -> text(random.nextInt(20) > 0 ? pick("km", "KM", "mi") : pick("m", "ft", "x"));
            default -> throw new IllegalArgumentException("no such kind of argument: " + kind);
        };
    }

    /** An id for XADD: mostly the next one of its millisecond, which slowly grows. */
    private String newId() {
        if (random.nextInt(30) == 0) {
            return pick("0-0", "0-1", "5", "-", "+", "1-", "*-1", "x", "1-1-1", "(5", "0-*", "9-*", " 7-1", "1-+5");
        }
        newest += random.nextInt(3) == 0 ? 1 : 0;
        return newest + (random.nextInt(4) == 0 ? "" : random.nextInt(4) > 0 ? "-*" : "-" + random.nextInt(1000));
    }

    private String streamId() {
        if (random.nextInt(20) == 0) {
            return pick("0", "0-0", "18446744073709551615-18446744073709551615", "18446744073709551615", "-", "+", "x");
        }
        long ms = Math.max(0, newest - (random.nextInt(3) > 0 ? random.nextInt(8) : random.nextInt(300)));
        return ms + (random.nextInt(3) == 0 ? "" : "-" + random.nextInt(4));
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

    /** A field or member: of few, so that they meet again; some too long for a compact form. */
    private byte[] element() {
        return switch (random.nextInt(40)) {
            case 0 -> bytes(63 + random.nextInt(4), 2);
            case 1 -> text("");
            case 2 -> text(pick(NUMBERS));
            case 3, 4, 5, 6, 7, 8, 9, 10 -> text(Integer.toString(random.nextInt(20) - 5));
            default -> text("f" + random.nextInt(16));
        };
    }

    /** From a few, so that they meet again; some too long for a listpack. */
    private byte[] member() {
        return switch (random.nextInt(40)) {
            case 0 -> bytes(65, 2);
            case 1 -> text("");
            case 2, 3, 4, 5, 6, 7, 8 -> text(Integer.toString(random.nextInt(15) - 3));
            case 9 -> text(pick(NUMBERS));
            default -> text(Character.toString('a' + random.nextInt(20)));
        };
    }

    private byte[] lex() {
        String member = new String(member(), StandardCharsets.ISO_8859_1);
        return text(random.nextInt(4) == 0 ? pick("-", "+", "x", "", "+x") : pick("[", "(") + member);
    }

    private String decimal(double middle, double range) {
        return String.format(java.util.Locale.ROOT, "%.6f", middle + (random.nextDouble() * 2 - 1) * range);
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
