package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.ListpackBuilder;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ziplists of an encoder of the format's description, whole and damaged. */
class ZiplistTest {
    private static final int BYTES = 1 << 20;

    private final long zl = Memory.allocate(BYTES);
    private final ListpackBuilder listpack = new ListpackBuilder();

    @AfterEach
    void free() {
        Memory.free(zl, BYTES);
        listpack.close();
    }

    @Test
    void everyEncoding() {
        List<Object> items = new ArrayList<>();
        for (long number = -2; number < 15; number++) {
            items.add(number);
        }
        for (int bits = 6; bits < 64; bits++) {
            items.add((1L << bits) - 1);
            items.add(-(1L << bits));
        }
        for (int length : new int[] {0, 1, 63, 64, 253, 254, 255, 16_383, 16_384, 20_000}) {
            items.add("x".repeat(length));
            items.add("after");
        }
        int length = put(encode(items));
        assertThat(Ziplist.valid(zl, length)).isTrue();
        assertThat(Ziplist.valid(zl, length - 1)).isFalse();
        assertThat(Ziplist.valid(zl, length + 1)).isFalse();
        assertThat(read()).isEqualTo(items);
        assertThat(Ziplist.count(zl)).isEqualTo(items.size());
        Ziplist.append(zl, listpack);
        long lp = listpack.address();
        assertThat(Listpack.valid(lp, listpack.bytes(), true)).isTrue();
        assertThat(listpack.count()).isEqualTo(items.size());
        int at = Listpack.first(lp);
        for (Object item : items) {
            byte[] text = item.toString().getBytes(ISO_8859_1);
            put(text);
            assertThat(Listpack.equals(lp, at, zl, text.length)).isTrue();
            at = Listpack.next(lp, at);
        }
    }

    @Test
    void none() {
        int length = put(encode(List.of()));
        assertThat(Ziplist.valid(zl, length)).isTrue();
        assertThat(Ziplist.first(zl)).isEqualTo(Ziplist.NONE);
        assertThat(Ziplist.valid(zl, 3)).isFalse();
    }

    @Test
    void moreThanTheHeaderCanSay() {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 70_000; i++) {
            items.add((long) i % 10);
        }
        assertThat(Ziplist.valid(zl, put(encode(items)))).isTrue();
        assertThat(Ziplist.count(zl)).isEqualTo(70_000);
    }

    /** What is taken for sound in spite of damage is read to its end, and within its bytes. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damageIsFoundOrHarmless(long seed) {
        Random random = new Random(seed);
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            items.add(random.nextBoolean() ? random.nextLong() >> random.nextInt(64) : "y".repeat(random.nextInt(300)));
        }
        byte[] sound = encode(items);
        int accepted = 0;
        for (int i = 0; i < 30_000; i++) {
            byte[] damaged = sound.clone();
            damaged[random.nextInt(random.nextBoolean() ? 60 : sound.length)] = (byte) random.nextInt();
            int length = put(damaged);
            if (Ziplist.valid(zl, length)) {
                accepted++;
                int count = 0;
                int at = Ziplist.first(zl);
                for (; at != Ziplist.NONE; at = Ziplist.next(zl, at)) {
                    assertThat(at).isLessThan(length);
                    if (!Ziplist.isNumber(zl, at)) {
                        assertThat(Ziplist.address(zl, at) + Ziplist.length(zl, at))
                                .isLessThan(zl + length);
                    }
                    count++;
                }
                assertThat(Ziplist.count(zl)).isEqualTo(count);
            }
        }
        assertThat(accepted).isPositive();
    }

    private int put(byte[] bytes) {
        Memory.copy(bytes, 0, zl, bytes.length);
        return bytes.length;
    }

    private List<Object> read() {
        List<Object> items = new ArrayList<>();
        for (int at = Ziplist.first(zl); at != Ziplist.NONE; at = Ziplist.next(zl, at)) {
            if (Ziplist.isNumber(zl, at)) {
                items.add(Ziplist.number(zl, at));
            } else {
                items.add(new String(Memory.bytes(Ziplist.address(zl, at), Ziplist.length(zl, at)), ISO_8859_1));
            }
        }
        return items;
    }

    /** Longs as numbers, everything else as its text. */
    static byte[] encode(List<?> items) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int before = 0;
        int last = 0;
        for (Object item : items) {
            last = out.size();
            if (before < 254) {
                out.write(before);
            } else {
                out.write(254);
                little(out, before, 4);
            }
            if (item instanceof Long number) {
                number(out, number);
            } else {
                text(out, item.toString().getBytes(ISO_8859_1));
            }
            before = out.size() - last;
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        little(whole, 11L + out.size(), 4);
        little(whole, 10L + last, 4);
        little(whole, Math.min(65_535, items.size()), 2);
        whole.writeBytes(out.toByteArray());
        whole.write(255);
        return whole.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, long number) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(number ^ (number >> 63)) + 1;
        if (number >= 0 && number <= 12) {
            out.write((int) (0xF1 + number));
        } else if (bits <= 8) {
            out.write(0xFE);
            little(out, number, 1);
        } else if (bits <= 16) {
            out.write(0xC0);
            little(out, number, 2);
        } else if (bits <= 24) {
            out.write(0xF0);
            little(out, number, 3);
        } else if (bits <= 32) {
            out.write(0xD0);
            little(out, number, 4);
        } else {
            out.write(0xE0);
            little(out, number, 8);
        }
    }

    private static void text(ByteArrayOutputStream out, byte[] text) {
        if (text.length < 64) {
            out.write(text.length);
        } else if (text.length < 16_384) {
            out.write(0x40 | (text.length >> 8));
            out.write(text.length);
        } else {
            out.write(0x80);
            little(out, Integer.reverseBytes(text.length), 4);
        }
        out.writeBytes(text);
    }

    private static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> (8 * i)));
        }
    }
}
