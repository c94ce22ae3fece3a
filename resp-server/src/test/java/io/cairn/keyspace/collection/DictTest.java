package io.cairn.keyspace.collection;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.KeyHash;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DictTest {
    private final NativeBlock scratch = NativeBlock.allocate(4096);

    @AfterEach
    void close() {
        scratch.release();
    }

    private int write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        Memory.copy(bytes, 0, scratch.address(), bytes.length);
        return bytes.length;
    }

    private long find(Dict dict, String key) {
        int length = write(key);
        return dict.find(scratch.address(), length);
    }

    private long insert(Dict dict, String key) {
        int length = write(key);
        return dict.insert(scratch.address(), length);
    }

    private static String text(long address, int length) {
        return new String(Memory.bytes(address, length), StandardCharsets.ISO_8859_1);
    }

    private static String key(Dict dict, long node) {
        return text(dict.key(node), dict.keyLength(node));
    }

    private static List<String> order(Dict dict) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < dict.size(); i++) {
            assertThat(dict.index(dict.at(i))).isEqualTo(i);
            keys.add(key(dict, dict.at(i)));
        }
        return keys;
    }

    /** The order as it is defined. */
    private static void removeFrom(List<String> order, String key) {
        int index = order.indexOf(key);
        Collections.swap(order, index, order.size() - 1);
        order.remove(order.size() - 1);
    }

    private static String randomKey(Random random, int keys) {
        int number = random.nextInt(keys);
        return number % 7 == 0 ? "x".repeat(number % 300) + number : "k" + number;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void itIsWhatAMapAndAListAre(long seed) {
        Random random = new Random(seed);
        Map<String, Long> model = new HashMap<>();
        List<String> order = new ArrayList<>();
        Dict dict = Dict.of(Long.BYTES);
        // Waves: it grows to thousands of nodes and goes back to few.
        for (int i = 0; i < 60_000; i++) {
            String key = randomKey(random, 3000);
            boolean growing = i / 10_000 % 2 == 0;
            long node = find(dict, key);
            assertThat(node != 0).isEqualTo(model.containsKey(key));
            if (node != 0) {
                assertThat(key(dict, node)).isEqualTo(key);
                assertThat(Memory.getLong(node + Dict.USER)).isEqualTo(model.get(key));
            }
            if (node == 0 && random.nextInt(10) < (growing ? 9 : 1)) {
                long value = random.nextLong();
                Memory.putLong(insert(dict, key) + Dict.USER, value);
                model.put(key, value);
                order.add(key);
            } else if (node != 0 && random.nextInt(10) < (growing ? 1 : 9)) {
                dict.remove(node);
                model.remove(key);
                removeFrom(order, key);
            }
            assertThat(dict.size()).isEqualTo(model.size());
            if (i % 1000 == 0) {
                assertThat(order(dict)).isEqualTo(order);
                Dict copy = dict.copy();
                assertThat(order(copy)).isEqualTo(order);
                copy.free();
            }
        }
        assertThat(order(dict)).isEqualTo(order);
        dict.free();
    }

    @Test
    void tailsChangeTheirLength() {
        Random random = new Random(5);
        Map<String, String> model = new HashMap<>();
        List<String> order = new ArrayList<>();
        Dict dict = Dict.withTails();
        for (int i = 0; i < 30_000; i++) {
            String key = randomKey(random, 500);
            String tail = "v".repeat(random.nextInt(random.nextInt(20) == 0 ? 2000 : 30));
            long node = find(dict, key);
            if (node == 0) {
                int length = write(key);
                node = dict.insert(scratch.address(), length, dict.hash(scratch.address(), length), tail.length());
                order.add(key);
            } else if (random.nextInt(3) == 0) {
                assertThat(text(dict.tail(node), dict.tailLength(node))).isEqualTo(model.remove(key));
                dict.remove(node);
                removeFrom(order, key);
                continue;
            } else {
                node = dict.resize(node, tail.length());
            }
            model.put(key, tail);
            Memory.copy(tail.getBytes(StandardCharsets.ISO_8859_1), 0, dict.tail(node), tail.length());
        }
        assertThat(order(dict)).isEqualTo(order);
        Dict copy = dict.copy();
        long bytes = 0;
        for (String key : order) {
            long node = find(copy, key);
            assertThat(text(copy.tail(node), copy.tailLength(node))).isEqualTo(model.get(key));
            bytes += Allocation.bytes(Dict.USER + Integer.BYTES + (long) copy.keyLength(node) + copy.tailLength(node));
        }
        assertThat(copy.usedBytes() - bytes).isBetween(2L * order.size() * Long.BYTES, 4L * order.size() * Long.BYTES);
        assertThat(dict.usedBytes()).isGreaterThan(bytes);
        for (String key : order) {
            copy.remove(find(copy, key));
        }
        assertThat(copy.usedBytes()).as("empty").isLessThan(1000);
        copy.free();
        dict.free();
    }

    @Test
    void theOrderSaysNothingOfTheSecret() {
        Random random = new Random(6);
        Dict one = Dict.of(0, new KeyHash());
        Dict two = Dict.of(0, new KeyHash());
        boolean hashesDiffer = false;
        for (int i = 0; i < 20_000; i++) {
            String key = randomKey(random, 1000);
            int length = write(key);
            hashesDiffer |= one.hash(scratch.address(), length) != two.hash(scratch.address(), length);
            if (find(one, key) == 0) {
                insert(one, key);
                insert(two, key);
            } else {
                one.remove(find(one, key));
                two.remove(find(two, key));
            }
        }
        assertThat(hashesDiffer).isTrue();
        assertThat(order(one)).isEqualTo(order(two));
        one.free();
        two.free();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aScanSeesWhatIsThereAllTheWhile(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Dict dict = Dict.of(0);
            Set<String> stays = new HashSet<>();
            for (int i = 0; i < random.nextInt(300); i++) {
                if (find(dict, "k" + i) == 0) {
                    insert(dict, "k" + i);
                    stays.add("k" + i);
                }
            }
            Set<String> seen = new HashSet<>();
            int steps = 0;
            int most = dict.size();
            long cursor = 0;
            do {
                int from = dict.scanFrom(cursor);
                int to = Math.max(0, from - 1 - random.nextInt(20));
                for (int i = from - 1; i >= to; i--) {
                    seen.add(key(dict, dict.at(i)));
                }
                cursor = to;
                for (int change = random.nextInt(30); change > 0; change--) {
                    String key = "k" + random.nextInt(400);
                    long node = find(dict, key);
                    if (node == 0) {
                        insert(dict, key);
                    } else {
                        dict.remove(node);
                        stays.remove(key);
                    }
                }
                steps++;
            } while (cursor != 0);
            assertThat(seen).containsAll(stays);
            assertThat(steps).isLessThanOrEqualTo(Math.max(1, most));
            dict.free();
        }
    }

    @Test
    void cursorsThatNobodyGaveAreTaken() {
        Dict dict = Dict.of(0);
        insert(dict, "a");
        insert(dict, "b");
        assertThat(dict.scanFrom(0)).isEqualTo(2);
        assertThat(dict.scanFrom(1)).isEqualTo(1);
        assertThat(dict.scanFrom(3)).isEqualTo(2);
        assertThat(dict.scanFrom(-1)).isEqualTo(2);
        dict.free();
        assertThat(dict.scanFrom(7)).isZero();
        assertThat(find(dict, "a")).isZero();
        insert(dict, "a");
        assertThat(order(dict)).containsExactly("a");
        dict.free();
    }

    @Test
    void randomPlacesAreEvenAndOfTheSeed() {
        int[] counts = new int[7];
        Chance chance = new Chance(9);
        Chance same = new Chance(9);
        for (int i = 0; i < 70_000; i++) {
            int place = chance.below(7);
            assertThat(same.below(7)).isEqualTo(place);
            counts[place]++;
        }
        for (int count : counts) {
            assertThat(count).isBetween(9_600, 10_400);
        }
        assertThat(new Chance(1).next()).isEqualTo(0x910A2DEC89025CC1L);
    }
}
