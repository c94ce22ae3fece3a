package io.cairn.keyspace.collection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** QuickList against a Java list. */
class QuickListTest {
    private static final int ARGUMENT_BYTES = 1 << 20;

    private final EncodingLimits limits = new EncodingLimits();
    private final long argument = Memory.allocate(ARGUMENT_BYTES);
    private final ListCursor cursor = new ListCursor();
    private QuickList list = new QuickList(limits);
    private final List<byte[]> model = new ArrayList<>();

    @AfterEach
    void free() {
        list.release();
        Memory.free(argument, ARGUMENT_BYTES);
    }

    @ParameterizedTest
    @CsvSource({
        "1, -2, 1073741824",
        "2, -1, 1073741824",
        "3, 3, 1073741824",
        "4, 1, 1073741824",
        "5, 128, 1073741824",
        "6, -1, 100",
        "7, 4, 10",
        "8, -1, 4",
        "9, -5, 1073741824",
    })
    void randomChangesAgainstAJavaList(long seed, int fill, long plain) {
        limits.listNode = fill;
        limits.listPlain = plain;
        Random random = new Random(seed);
        for (int step = 0; step < 6000; step++) {
            change(random, step % 2000 < 1000);
            if (step % 50 == 0) {
                check(random);
            }
            if (random.nextInt(800) == 0) {
                QuickList copy = (QuickList) list.copy();
                list.release();
                list = copy;
                check(random);
            }
        }
        check(random);
        list.removeRange(0, Long.MAX_VALUE);
        model.clear();
        check(random);
    }

    private void change(Random random, boolean growing) {
        byte[] item = item(random);
        int length = argument(item);
        int index = model.isEmpty() ? 0 : random.nextInt(model.size());
        switch (model.isEmpty() ? 0 : random.nextInt(growing ? 7 : 11)) {
            case 0, 1 -> {
                list.push(true, argument, length);
                model.add(item);
            }
            case 2, 3 -> {
                list.push(false, argument, length);
                model.add(0, item);
            }
            case 4, 5 -> {
                boolean after = random.nextBoolean();
                assertTrue(cursor.seek(list, index));
                list.insert(cursor, after, argument, length);
                model.add(after ? index + 1 : index, item);
            }
            case 6 -> {
                assertTrue(cursor.seek(list, random.nextBoolean() ? index : index - model.size()));
                list.replace(cursor, argument, length);
                model.set(index, item);
            }
            case 7 -> {
                boolean head = random.nextBoolean();
                list.removeRange(head ? 0 : -1, 1);
                model.remove(head ? 0 : model.size() - 1);
            }
            case 8, 9 -> {
                int count = random.nextInt(random.nextInt(20) == 0 ? 300 : 4);
                list.removeRange(index, count);
                model.subList(index, Math.min(model.size(), index + count)).clear();
            }
            default -> {
                if (random.nextInt(3) == 0) {
                    length = argument(model.get(index));
                    removeEqual(model.get(index), length, random.nextInt(4), random.nextBoolean());
                } else {
                    removeEqual(item, length, random.nextInt(4), random.nextBoolean());
                }
            }
        }
        assertEquals(model.size(), list.elements());
    }

    private void removeEqual(byte[] item, int length, int most, boolean fromTail) {
        if (fromTail) {
            Collections.reverse(model);
        }
        int removed = 0;
        for (int i = 0; i < model.size(); i++) {
            if (Arrays.equals(model.get(i), item) && (most == 0 || removed < most)) {
                model.remove(i--);
                removed++;
            }
        }
        if (fromTail) {
            Collections.reverse(model);
        }
        assertEquals(removed, list.removeEqual(argument, length, most, fromTail));
    }

    /** Order both ways, indexes, counts, account, and that every node is sound. */
    private void check(Random random) {
        assertEquals(model.size(), list.elements());
        long bytes = 0;
        long before = 0;
        int count = 0;
        for (long node = list.head; node != 0; node = ListNode.next(node)) {
            assertEquals(before, ListNode.previous(node));
            before = node;
            bytes += ListNode.usedBytes(node);
            count += ListNode.count(node);
            assertTrue(ListNode.count(node) > 0);
            if (!ListNode.isPlain(node)) {
                assertTrue(Listpack.valid(ListNode.body(node), Listpack.bytes(ListNode.body(node)), true));
                assertEquals(Listpack.count(ListNode.body(node)), ListNode.count(node));
                assertTrue(ListNode.usedBytes(node) > Listpack.bytes(ListNode.body(node)));
                assertTrue(ListNode.count(node) == 1
                        || ListNode.isAllowed(
                                Listpack.bytes(ListNode.body(node)), ListNode.count(node), limits.listNode));
            }
        }
        assertEquals(before, list.tail);
        assertEquals(model.size(), count);
        assertEquals(bytes + 64, list.usedBytes());
        boolean more = cursor.seek(list, 0);
        for (byte[] item : model) {
            assertTrue(more);
            same(item);
            more = cursor.next();
        }
        assertFalse(more);
        more = cursor.seek(list, -1);
        for (int i = model.size() - 1; i >= 0; i--) {
            assertTrue(more);
            same(model.get(i));
            more = cursor.previous();
        }
        assertFalse(more);
        for (int i = 0; i < 20 && !model.isEmpty(); i++) {
            int index = random.nextInt(model.size());
            assertTrue(cursor.seek(list, index));
            same(model.get(index));
            assertTrue(cursor.seek(list, index - model.size()));
            same(model.get(index));
        }
        assertFalse(cursor.seek(list, model.size()));
        assertFalse(cursor.seek(list, -1L - model.size()));
    }

    private void same(byte[] item) {
        int length = argument(item);
        assertTrue(cursor.equals(argument, length));
        assertEquals(length, cursor.textLength());
        Memory.zero(argument, length);
        cursor.copyText(argument);
        assertArrayEquals(item, Memory.bytes(argument, length));
    }

    /** A million elements take little more memory than their bytes, and pops give it back. */
    @Test
    void queue() {
        for (int i = 0; i < 1_000_000; i++) {
            int length = argument(("element-" + i).getBytes(ISO_8859_1));
            list.push(true, argument, length);
        }
        assertTrue(list.usedBytes() < 20_000_000, () -> "bytes: " + list.usedBytes());
        for (int i = 0; i < 999_999; i++) {
            list.removeRange(0, 1);
        }
        assertTrue(cursor.seek(list, 0));
        same("element-999999".getBytes(ISO_8859_1));
        assertTrue(list.usedBytes() < 1000, () -> "bytes: " + list.usedBytes());
    }

    private int argument(byte[] item) {
        Memory.copy(item, 0, argument, item.length);
        return item.length;
    }

    private static byte[] item(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> new byte[random.nextInt(random.nextInt(30) == 0 ? 10_000 : 300)];
            case 1, 2, 3 -> Integer.toString(random.nextInt(10)).getBytes(ISO_8859_1);
            case 4 -> Long.toString(random.nextLong()).getBytes(ISO_8859_1);
            default -> "x".repeat(random.nextInt(120)).getBytes(ISO_8859_1);
        };
    }
}
