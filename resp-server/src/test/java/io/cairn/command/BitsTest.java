package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bits by eight bytes at a time against one by one. */
class BitsTest {
    private static final int BYTES = 70;
    private static final int ROUNDS = 3000;

    private final Random random = new Random(8);

    /** Random bytes, but often runs of ones or zeros, and the same as a number. */
    private BigInteger fill(long address) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        int from = random.nextInt(BYTES);
        int to = from + random.nextInt(BYTES - from);
        byte run = (byte) (random.nextBoolean() ? 0 : -1);
        java.util.Arrays.fill(bytes, from, to, run);
        Memory.copy(bytes, 0, address, BYTES);
        return new BigInteger(1, bytes);
    }

    private static boolean bit(BigInteger bits, long at) {
        return at < BYTES * 8L && bits.testBit((int) (BYTES * 8L - 1 - at));
    }

    @Test
    void countAndFindAreThoseOfTheSingleBits() {
        NativeBlock block = NativeBlock.allocate(BYTES);
        for (int round = 0; round < ROUNDS; round++) {
            BigInteger bits = fill(block.address());
            int from = random.nextInt(BYTES * 8);
            int to = from + random.nextInt(BYTES * 8 - from);
            boolean wanted = random.nextBoolean();
            long count = 0;
            long first = -1;
            for (int i = from; i <= to; i++) {
                count += bit(bits, i) ? 1 : 0;
                first = first < 0 && bit(bits, i) == wanted ? i : first;
            }
            assertThat(Bits.count(block.address(), from, to)).isEqualTo(count);
            assertThat(Bits.find(block.address(), from, to, wanted)).isEqualTo(first);
            assertThat(Bits.get(block.address(), from) == 1).isEqualTo(bit(bits, from));
        }
        block.release();
    }

    @Test
    void fieldsAreNumbersAtAnyBit() {
        NativeBlock block = NativeBlock.allocate(BYTES);
        for (int round = 0; round < ROUNDS; round++) {
            BigInteger bits = fill(block.address());
            int width = 1 + random.nextInt(64);
            int offset = random.nextInt(BYTES * 8 + 20);
            long expected = 0;
            for (int i = 0; i < width; i++) {
                expected = expected << 1 | (bit(bits, offset + i) ? 1 : 0);
            }
            assertThat(Bits.field(block.address(), BYTES, offset, width)).isEqualTo(expected);
            if (offset + width > BYTES * 8) {
                continue;
            }
            long value = random.nextLong();
            Bits.setField(block.address(), offset, width, value);
            assertThat(Bits.field(block.address(), BYTES, offset, width))
                    .isEqualTo(width == 64 ? value : value & ((1L << width) - 1));
            for (int i = 0; i < BYTES * 8; i++) {
                if (i < offset || i >= offset + width) {
                    assertThat(Bits.get(block.address(), i) == 1).isEqualTo(bit(bits, i));
                }
            }
        }
        block.release();
    }
}
