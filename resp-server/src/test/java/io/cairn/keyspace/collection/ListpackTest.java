package io.cairn.keyspace.collection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cairn.keyspace.Memory;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Listpacks against a Java list, and their bytes against an encoder of the format's description. */
class ListpackTest {
    private static final int ARGUMENT_BYTES = 1 << 20;
    private static final int[] LENGTHS = {0, 1, 5, 63, 64, 125, 126, 127, 128, 300, 4095, 4096, 16_377, 16_378, 16_379};
    private static final String[] TEXTS = {
        "", "-", "+1", "01", "-0", "1.0", "9223372036854775808", "-9223372036854775809", "abc"
    };

    private final ListpackBuilder builder = new ListpackBuilder();
    private final long argument = Memory.allocate(ARGUMENT_BYTES);

    @AfterEach
    void free() {
        builder.close();
        Memory.free(argument, ARGUMENT_BYTES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void randomChangesAgainstAJavaList(long seed) {
        Random random = new Random(seed);
        List<byte[]> model = new ArrayList<>();
        for (int step = 0; step < 3000; step++) {
            int index = model.isEmpty() ? 0 : random.nextInt(model.size());
            byte[] item = item(random);
            int length = argument(item);
            switch (model.isEmpty() ? 0 : random.nextInt(7)) {
                case 0, 1 -> {
                    builder.append(argument, length);
                    model.add(item);
                }
                case 2, 3 -> {
                    builder.insert(position(index), argument, length);
                    model.add(index, item);
                }
                case 4 -> {
                    builder.replace(position(index), argument, length);
                    model.set(index, item);
                }
                case 5 -> {
                    int after = builder.remove(position(index));
                    model.remove(index);
                    assertEquals(index < model.size(), after != Listpack.NONE);
                }
                default -> {
                    int count = random.nextInt(4);
                    builder.removeRange(position(index), count);
                    model.subList(index, Math.min(model.size(), index + count)).clear();
                }
            }
            if (step % 16 == 0) {
                check(model);
            }
            if (random.nextInt(500) == 0) {
                try (ListpackBuilder copy = new ListpackBuilder()) {
                    copy.load(builder.address());
                    builder.begin();
                    assertEquals(0, builder.count());
                    builder.load(copy.address());
                }
            }
        }
        check(model);
    }

    /** Every number at the edge of its encoding. */
    @Test
    void numbers() {
        List<byte[]> model = new ArrayList<>();
        for (int bits = 0; bits < 64; bits++) {
            for (long number : new long[] {(1L << bits) - 1, 1L << bits, -(1L << bits), -(1L << bits) - 1}) {
                if (bits % 2 == 0) {
                    builder.append(number);
                } else {
                    builder.append(argument, argument(Long.toString(number).getBytes(ISO_8859_1)));
                }
                model.add(Long.toString(number).getBytes(ISO_8859_1));
            }
        }
        check(model);
        builder.replace(builder.insert(position(3), 5), -70_000);
        model.add(3, "-70000".getBytes(ISO_8859_1));
        check(model);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 07000000 0000 ff",
        "7, 09000000 0100 0701 ff",
        "-1, 0a000000 0100 dfff02 ff",
        "4095, 0a000000 0100 cfff02 ff",
        "4096, 0b000000 0100 f1001003 ff",
        "a, 0a000000 0100 816102 ff",
        "-40000, 0c000000 0100 f2c063ff04 ff",
    })
    void bytesOfOne(String item, String hex) {
        if (!item.isEmpty()) {
            builder.append(argument, argument(item.getBytes(ISO_8859_1)));
        }
        assertEquals(hex.replace(" ", ""), HexFormat.of().formatHex(Memory.bytes(builder.address(), builder.bytes())));
    }

    @Test
    void moreElementsThanTheHeaderCanSay() {
        for (int i = 0; i < 70_000; i++) {
            builder.append(i);
        }
        long lp = builder.address();
        assertEquals(70_000, builder.count());
        assertTrue(Listpack.valid(lp, builder.bytes(), true));
        assertEquals(69_999, Listpack.number(lp, Listpack.seek(lp, -1)));
        assertEquals(66_000, Listpack.number(lp, Listpack.seek(lp, 66_000)));
        assertEquals(Listpack.NONE, Listpack.seek(lp, 70_000));
        assertEquals(Listpack.NONE, Listpack.seek(lp, -70_001));
        builder.removeRange(Listpack.first(lp), 69_000);
        assertEquals(1000, builder.count());
        assertTrue(Listpack.valid(lp, builder.bytes(), true));
        assertEquals(69_000, Listpack.number(builder.address(), Listpack.first(builder.address())));
    }

    @Test
    void findsInSteps() {
        for (String item : new String[] {"f", "v", "v", "17", "17", "f"}) {
            builder.append(argument, argument(item.getBytes(ISO_8859_1)));
        }
        long lp = builder.address();
        int first = Listpack.first(lp);
        assertEquals(Listpack.seek(lp, 2), Listpack.find(lp, first, argument, argument("v".getBytes(ISO_8859_1)), 1));
        assertEquals(Listpack.seek(lp, 1), Listpack.find(lp, first, argument, argument("v".getBytes(ISO_8859_1)), 0));
        assertEquals(Listpack.seek(lp, 4), Listpack.find(lp, first, argument, argument("17".getBytes(ISO_8859_1)), 1));
        assertEquals(Listpack.NONE, Listpack.find(lp, first, argument, argument("18".getBytes(ISO_8859_1)), 0));
        assertFalse(Listpack.equals(lp, Listpack.seek(lp, 3), argument, argument("017".getBytes(ISO_8859_1))));
    }

    /** Nothing that was damaged is taken for sound and then read beyond its bytes; the checks below would run into foreign memory. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void damageIsFoundOrHarmless(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            builder.append(argument, argument(item(random)));
        }
        int length = builder.bytes();
        byte[] sound = Memory.bytes(builder.address(), length);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = sound.clone();
            damaged[random.nextInt(random.nextBoolean() ? 200 : length)] = (byte) random.nextInt();
            argument(damaged);
            if (Listpack.valid(argument, length, true)) {
                accepted++;
                int count = 0;
                int at = Listpack.first(argument);
                for (; at != Listpack.NONE; at = Listpack.next(argument, at)) {
                    count++;
                    assertTrue(at < length);
                }
                assertEquals(count, Listpack.count(argument));
            }
        }
        assertTrue(accepted > 0);
        assertFalse(Listpack.valid(builder.address(), length - 1, true));
        assertFalse(Listpack.valid(builder.address(), 6, false));
    }

    @Test
    void tooLarge() {
        builder.append(argument, argument(new byte[] {'x'}));
        assertThrows(OutOfMemoryError.class, () -> builder.append(argument, Listpack.MAX_BYTES));
        assertEquals(1, builder.count());
    }

    private void check(List<byte[]> model) {
        long lp = builder.address();
        assertTrue(Listpack.valid(lp, builder.bytes(), true));
        assertEquals(model.size(), builder.count());
        assertArrayEquals(encode(model), Memory.bytes(lp, builder.bytes()));
        int at = Listpack.first(lp);
        for (int i = 0; i < model.size(); i++) {
            int length = argument(model.get(i));
            assertTrue(Listpack.equals(lp, at, argument, length));
            assertEquals(length, Listpack.textLength(lp, at));
            assertEquals(length, Listpack.copyText(lp, at, argument));
            assertArrayEquals(model.get(i), Memory.bytes(argument, length));
            assertEquals(at, Listpack.seek(lp, i));
            assertEquals(at, Listpack.seek(lp, i - model.size()));
            at = Listpack.next(lp, at);
        }
        assertEquals(Listpack.NONE, at);
        at = Listpack.last(lp);
        for (int i = model.size() - 1; i >= 0; i--) {
            assertEquals(Listpack.seek(lp, i), at);
            at = Listpack.previous(lp, at);
        }
        assertEquals(Listpack.NONE, at);
        assertEquals(Listpack.NONE, Listpack.seek(lp, model.size()));
        assertEquals(Listpack.NONE, Listpack.seek(lp, -1 - model.size()));
    }

    private int position(int index) {
        return Listpack.seek(builder.address(), index);
    }

    private int argument(byte[] item) {
        Memory.copy(item, 0, argument, item.length);
        return item.length;
    }

    private static byte[] item(Random random) {
        switch (random.nextInt(4)) {
            case 0 -> {
                return Long.toString(random.nextLong() >> random.nextInt(64)).getBytes(ISO_8859_1);
            }
            case 1 -> {
                byte[] bytes = new byte[LENGTHS[random.nextInt(random.nextInt(8) == 0 ? LENGTHS.length : 8)]];
                random.nextBytes(bytes);
                return bytes;
            }
            case 2 -> {
                return TEXTS[random.nextInt(TEXTS.length)].getBytes(ISO_8859_1);
            }
            default -> {
                return Integer.toString(random.nextInt(200) - 50).getBytes(ISO_8859_1);
            }
        }
    }

    /** The format as its description has it, apart from the code under test. */
    private static byte[] encode(List<byte[]> items) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] item : items) {
            ByteArrayOutputStream one = new ByteArrayOutputStream();
            encode(one, item);
            out.writeBytes(one.toByteArray());
            int size = one.size();
            int parts = size <= 127 ? 1 : size < 16_383 ? 2 : 3;
            for (int i = parts - 1; i >= 0; i--) {
                out.write(((size >> (7 * i)) & 127) | (i == parts - 1 ? 0 : 128));
            }
        }
        out.write(0xFF);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        little(whole, out.size() + 6, 4);
        little(whole, items.size(), 2);
        whole.writeBytes(out.toByteArray());
        return whole.toByteArray();
    }

    private static void encode(ByteArrayOutputStream out, byte[] item) {
        String text = new String(item, ISO_8859_1);
        if (text.matches("0|-?[1-9][0-9]{0,18}") && Long.toString(parse(text)).equals(text)) {
            long number = parse(text);
            if (number >= 0 && number < 128) {
                out.write((int) number);
            } else if (number >= -4096 && number < 4096) {
                out.write(0b1100_0000 | ((int) (number >> 8) & 31));
                out.write((int) number);
            } else {
                int[] bytes = {2, 3, 4, 8};
                int kind = 0;
                while (bytes[kind] < 8 && number >> (8 * bytes[kind] - 1) != number >> 63) {
                    kind++;
                }
                out.write(0xF1 + kind);
                little(out, number, bytes[kind]);
            }
            return;
        }
        if (item.length < 64) {
            out.write(0x80 | item.length);
        } else if (item.length < 4096) {
            out.write(0xE0 | (item.length >> 8));
            out.write(item.length);
        } else {
            out.write(0xF0);
            little(out, item.length, 4);
        }
        out.writeBytes(item);
    }

    private static long parse(String text) {
        return new java.math.BigInteger(text).longValue();
    }

    private static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> (8 * i)));
        }
    }
}
