package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BacklogTest {
    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void itGivesBackTheLastBytesAtWhateverSizes() {
        Random random = new Random(7);
        Backlog backlog = new Backlog(Backlog.MIN_BYTES, 101);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 500; i++) {
            byte[] part = bytes(random, random.nextInt(i % 50 == 0 ? 40_000 : 700));
            backlog.add(part);
            all.writeBytes(part);
            if (i % 60 == 59) {
                backlog.resize(Backlog.MIN_BYTES + random.nextInt(30_000));
            }
            long next = 101L + all.size();
            assertThat(backlog.first() + backlog.length()).isEqualTo(next);
            assertThat(backlog.length()).isLessThanOrEqualTo(backlog.capacity());
            long from = backlog.first() + (backlog.length() == 0 ? 0 : random.nextInt((int) backlog.length() + 1));
            assertThat(backlog.reachesBackTo(from)).isTrue();
            assertThat(backlog.from(from))
                    .isEqualTo(Arrays.copyOfRange(all.toByteArray(), (int) (from - 101), all.size()));
        }
    }

    @Test
    void itReachesBackToWhatItHasAndToTheNextByte() {
        Backlog backlog = new Backlog(0, 1);
        assertThat(backlog.capacity()).isEqualTo((int) Backlog.MIN_BYTES);
        assertThat(backlog.reachesBackTo(1)).isTrue();
        assertThat(backlog.reachesBackTo(2)).isFalse();
        assertThat(backlog.from(1)).isEmpty();
        backlog.add(new byte[(int) Backlog.MIN_BYTES + 5]);
        assertThat(backlog.reachesBackTo(5)).isFalse();
        assertThat(backlog.reachesBackTo(6)).isTrue();
        assertThat(backlog.reachesBackTo(Backlog.MIN_BYTES + 6)).isTrue();
        assertThat(backlog.reachesBackTo(Backlog.MIN_BYTES + 7)).isFalse();
    }
}
