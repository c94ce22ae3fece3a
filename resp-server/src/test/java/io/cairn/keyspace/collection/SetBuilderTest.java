package io.cairn.keyspace.collection;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SetBuilderTest {
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

    private static List<String> order(SetBuilder set) {
        List<String> members = new ArrayList<>();
        try (SetReader reader = set.reader()) {
            while (reader.next()) {
                members.add(new String(
                        Memory.bytes(reader.member().address(), reader.member().length()),
                        StandardCharsets.ISO_8859_1));
            }
        }
        return members;
    }

    @Test
    void anIntsetIsASortedSetOfNumbers() {
        Random random = new Random(1);
        for (int round = 0; round < 300; round++) {
            TreeSet<Long> model = new TreeSet<>();
            try (IntsetBuilder set = new IntsetBuilder()) {
                for (int i = 0; i < 100; i++) {
                    long number = round % 3 == 0
                            ? random.nextInt(50) - 25
                            : random.nextLong() >> random.nextInt(round % 3 == 1 ? 64 : 60);
                    if (random.nextInt(3) > 0) {
                        assertThat(set.add(number)).isEqualTo(model.add(number));
                    } else {
                        assertThat(set.remove(number)).isEqualTo(model.remove(number));
                    }
                    assertThat(Intset.contains(set.address(), number)).isEqualTo(model.contains(number));
                    assertThat(set.count()).isEqualTo(model.size());
                }
                assertThat(Intset.valid(set.address(), set.bytes())).isEqualTo(!model.isEmpty());
                assertThat(Intset.valid(set.address(), set.bytes() - 1)).isFalse();
                int index = 0;
                for (long number : model) {
                    assertThat(Intset.get(set.address(), index)).isEqualTo(number);
                    assertThat(Intset.find(set.address(), number)).isEqualTo(index++);
                }
            }
        }
    }

    @Test
    void theOrderIsThatOfAnArrayOnceItIsNoIntset() {
        Random random = new Random(2);
        for (int round = 0; round < 60; round++) {
            List<String> model = new ArrayList<>();
            try (SetBuilder set = new SetBuilder(10)) {
                set.leaveIntset();
                for (int i = 0; i < 600; i++) {
                    String member =
                            random.nextInt(4) == 0 ? "" + random.nextInt(50) : "m" + random.nextInt(3 * round + 9);
                    int length = write(member);
                    if (random.nextInt(8) > 1) {
                        boolean added = !model.contains(member);
                        assertThat(set.add(scratch.address(), length)).isEqualTo(added);
                        if (added) {
                            model.add(member);
                        }
                    } else if (random.nextBoolean()) {
                        int index = model.indexOf(member);
                        assertThat(set.remove(scratch.address(), length)).isEqualTo(index >= 0);
                        remove(model, index);
                    } else if (!model.isEmpty()) {
                        int index = random.nextInt(model.size());
                        set.removeAt(index);
                        remove(model, index);
                    }
                    assertThat(set.size()).isEqualTo(model.size());
                }
                assertThat(order(set)).isEqualTo(model);
            }
        }
    }

    private static void remove(List<String> model, int index) {
        if (index >= 0) {
            Collections.swap(model, index, model.size() - 1);
            model.remove(model.size() - 1);
        }
    }
}
