package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link Log} and {@link VoteStore} must do. A subclass says how one is opened on a place that outlives it.
 * Segments, if the log has any, should be small (8 KiB), so that these few entries fill several.
 */
public abstract class LogConformanceTest {
    private Log log;

    /** Opens the log of this test, the same one each time. */
    protected abstract Log open() throws LogException;

    /** Opens the vote store of this test, the same one each time. */
    protected abstract VoteStore openVote() throws LogException;

    protected abstract void closeVote(VoteStore store) throws LogException;

    @BeforeEach
    void openLog() throws LogException {
        log = open();
    }

    @AfterEach
    void closeLog() throws LogException {
        log.close();
    }

    private void reopen() throws LogException {
        log.close();
        log = open();
    }

    private void reopenIf(boolean restart) throws LogException {
        if (restart) {
            reopen();
        }
    }

    /** An entry whose payload can be told from every other's. */
    public static Entry entry(long index, long term, int payloadBytes) {
        byte[] payload = new byte[payloadBytes];
        new Random(index * 31 + term).nextBytes(payload);
        return new Entry(index, term, (byte) (index % 5), ByteBuffer.wrap(payload));
    }

    /** Entries {@code from} to {@code to} of one term. */
    public static List<Entry> entries(long from, long to, long term, int payloadBytes) {
        List<Entry> list = new ArrayList<>();
        for (long i = from; i <= to; i++) {
            list.add(entry(i, term, payloadBytes));
        }
        return list;
    }

    private void assertHolds(long from, long to, long term, int payloadBytes) throws LogException {
        for (long i = from; i <= to; i++) {
            assertThat(log.read(i)).as("entry %d", i).isEqualTo(entry(i, term, payloadBytes));
            assertThat(log.term(i)).isEqualTo(term);
        }
    }

    private void assertBounds(long first, long last) throws LogException {
        assertThat(log.firstIndex()).as("first index").isEqualTo(first);
        assertThat(log.lastIndex()).as("last index").isEqualTo(last);
        assertThat(log.read(first - 1)).isNull();
        assertThat(log.read(last + 1)).isNull();
        assertThat(log.term(first - 1)).isZero();
        assertThat(log.term(last + 1)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void newLogIsEmptyAndStartsWithOne(boolean restart) throws LogException {
        reopenIf(restart);
        assertBounds(1, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, false",
        "1, 0, true",
        "1, 1, true",
        "1, 100, false",
        "1, 100, true",
        "300, 100, false",
        "300, 100, true",
        "50, 0, true",
        "7, 4000, true",
        "5, 8192, false",
        "5, 8192, true",
        "3, 100000, false",
        "3, 100000, true",
        "1, 3000000, true"
    })
    void whatIsAppendedIsRead(int count, int payloadBytes, boolean restart) throws LogException {
        log.append(entries(1, count, 3, payloadBytes));
        reopenIf(restart);
        assertBounds(1, count);
        assertHolds(1, count, 3, payloadBytes);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void appendsOneByOneAreRead(boolean restart) throws LogException {
        for (int i = 1; i <= 200; i++) {
            log.append(List.of(entry(i, 1, 90)));
        }
        reopenIf(restart);
        assertBounds(1, 200);
        assertHolds(1, 200, 1, 90);
    }

    @Test
    void emptyBatchChangesNothing() throws LogException {
        log.append(List.of());
        assertBounds(1, 0);
    }

    @Test
    void batchOfMixedSizesIsRead() throws LogException {
        List<Entry> batch = new ArrayList<>();
        int[] sizes = {0, 5, 9000, 1, 70_000, 200, 8166, 8165, 8167, 4070, 0, 2_000_000, 3};
        for (int i = 0; i < sizes.length; i++) {
            batch.add(entry(i + 1, 1, sizes[i]));
        }
        log.append(batch);
        reopen();
        for (int i = 0; i < sizes.length; i++) {
            assertThat(log.read(i + 1)).isEqualTo(entry(i + 1, 1, sizes[i]));
        }
    }

    @Test
    void payloadIsTakenFromPositionToLimitAndNotMoved() throws LogException {
        ByteBuffer payload = ByteBuffer.wrap("xxhelloyy".getBytes(StandardCharsets.US_ASCII));
        payload.position(2).limit(7);
        log.append(List.of(new Entry(1, 1, (byte) 0, payload)));
        assertThat(payload.position()).isEqualTo(2);
        assertThat(payload.limit()).isEqualTo(7);
        Entry read = log.read(1);
        assertThat(read).isNotNull();
        assertThat(read.payload()).isEqualTo(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void directPayloadIsRead() throws LogException {
        ByteBuffer payload = ByteBuffer.allocateDirect(3000);
        for (int i = 0; i < 3000; i++) {
            payload.put(i, (byte) i);
        }
        log.append(List.of(new Entry(1, 1, (byte) 7, payload)));
        assertThat(log.read(1)).isEqualTo(new Entry(1, 1, (byte) 7, payload));
    }

    @Test
    void readPayloadBelongsToTheReader() throws LogException {
        log.append(entries(1, 2, 1, 50));
        Entry first = log.read(1);
        assertThat(first).isNotNull();
        Arrays.fill(first.payload().array(), (byte) 0);
        assertHolds(1, 2, 1, 50);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 3})
    void indexThatDoesNotContinueTheLogIsRefused(long index) throws LogException {
        log.append(entries(1, 1, 1, 10));
        assertThatThrownBy(() -> log.append(List.of(entry(index, 1, 10)))).isInstanceOf(IllegalArgumentException.class);
        log.append(entries(2, 2, 1, 10));
        assertBounds(1, 2);
    }

    @Test
    void termThatDecreasesIsRefused() throws LogException {
        log.append(entries(1, 1, 5, 10));
        assertThatThrownBy(() -> log.append(entries(2, 2, 4, 10))).isInstanceOf(IllegalArgumentException.class);
        log.append(entries(2, 2, 5, 10));
        assertBounds(1, 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void termsAreKept(boolean restart) throws LogException {
        for (int i = 1; i <= 60; i++) {
            log.append(List.of(entry(i, i / 7, 300)));
        }
        reopenIf(restart);
        for (int i = 1; i <= 60; i++) {
            assertThat(log.term(i)).isEqualTo(i / 7);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "100, 99, 100, false", "100, 99, 100, true", "100, 50, 100, true", "100, 1, 100, true", "100, 0, 100, false",
        "100, 0, 100, true", "10, 6, 5000, true", "3, 1, 100000, true", "3, 2, 100000, false", "90, 78, 78, true"
    })
    void truncatedSuffixIsGone(int count, int lastKept, int payloadBytes, boolean restart) throws LogException {
        log.append(entries(1, count, 1, payloadBytes));
        log.truncateSuffix(lastKept);
        reopenIf(restart);
        assertBounds(1, lastKept);
        assertHolds(1, lastKept, 1, payloadBytes);
    }

    @ParameterizedTest
    @CsvSource({"100, 20", "20, 100", "100, 100", "100, 0", "9000, 3"})
    void truncatedSuffixNeverComesBackBehindANewOne(int oldBytes, int newBytes) throws LogException {
        log.append(entries(1, 80, 1, oldBytes));
        log.truncateSuffix(40);
        log.append(entries(41, 41, 2, newBytes));
        reopen();
        assertBounds(1, 41);
        assertHolds(1, 40, 1, oldBytes);
        assertHolds(41, 41, 2, newBytes);
        log.append(entries(42, 120, 2, newBytes));
        reopen();
        assertHolds(41, 120, 2, newBytes);
    }

    @Test
    void truncatingBehindTheEndChangesNothing() throws LogException {
        log.append(entries(1, 5, 1, 10));
        log.truncateSuffix(5);
        log.truncateSuffix(9);
        assertBounds(1, 5);
    }

    @Test
    void truncatingBeforeTheStartIsRefused() throws LogException {
        log.append(entries(1, 50, 1, 500));
        log.truncatePrefix(20);
        assertThatThrownBy(() -> log.truncateSuffix(18)).isInstanceOf(IllegalArgumentException.class);
        assertBounds(20, 50);
    }

    @ParameterizedTest
    @CsvSource({
        "100, 2, 100, true",
        "100, 50, 100, false",
        "100, 50, 100, true",
        "100, 100, 100, true",
        "100, 101, 100, false",
        "100, 101, 100, true",
        "5, 3, 9000, true"
    })
    void purgedPrefixIsGone(int count, int firstKept, int payloadBytes, boolean restart) throws LogException {
        log.append(entries(1, count, 1, payloadBytes));
        log.truncatePrefix(firstKept);
        reopenIf(restart);
        assertBounds(firstKept, count);
        assertHolds(firstKept, count, 1, payloadBytes);
    }

    @Test
    void purgeNeverGoesBack() throws LogException {
        log.append(entries(1, 50, 1, 100));
        log.truncatePrefix(30);
        log.truncatePrefix(10);
        assertBounds(30, 50);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void purgeBehindTheEndEmptiesTheLog(boolean restart) throws LogException {
        log.append(entries(1, 50, 1, 100));
        log.truncatePrefix(1000);
        reopenIf(restart);
        assertBounds(1000, 999);
        log.append(entries(1000, 1010, 4, 100));
        reopenIf(restart);
        assertHolds(1000, 1010, 4, 100);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void purgedEmptyLogGoesOnWhereItStood(boolean restart) throws LogException {
        log.append(entries(1, 70, 1, 300));
        log.truncatePrefix(71);
        reopenIf(restart);
        log.append(entries(71, 75, 1, 300));
        reopenIf(restart);
        assertBounds(71, 75);
        assertHolds(71, 75, 1, 300);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothEndsTruncatedMeet(boolean restart) throws LogException {
        log.append(entries(1, 100, 1, 200));
        log.truncatePrefix(60);
        log.truncateSuffix(59);
        reopenIf(restart);
        assertBounds(60, 59);
        log.append(entries(60, 61, 2, 200));
        reopenIf(restart);
        assertHolds(60, 61, 2, 200);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, false", "0, 500, true", "100, 1, true", "100, 50, true", "100, 101, false", "100, 9000, true"})
    void resetLogIsEmptyAtTheNextIndex(int count, long nextIndex, boolean restart) throws LogException {
        log.append(entries(1, count, 7, 200));
        log.reset(nextIndex);
        reopenIf(restart);
        assertBounds(nextIndex, nextIndex - 1);
        log.append(entries(nextIndex, nextIndex + 80, 2, 200));
        reopenIf(restart);
        assertBounds(nextIndex, nextIndex + 80);
        assertHolds(nextIndex, nextIndex + 80, 2, 200);
    }

    @Test
    void closedLogRefuses() throws LogException {
        log.append(entries(1, 1, 1, 10));
        log.close();
        assertThatThrownBy(() -> log.append(entries(2, 2, 1, 10))).isInstanceOf(LogException.class);
        assertThatThrownBy(() -> log.read(1)).isInstanceOf(LogException.class);
        log.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesFromAnIndexAreCountedAlsoAfterARestart(boolean restart) throws LogException {
        int payload = 100;
        for (long index = 1; index <= 300; index++) {
            log.append(List.of(entry(index, 1, payload)));
        }
        reopenIf(restart);
        long all = log.bytesFrom(1);
        assertThat(all).isBetween(300L * payload, 300L * (payload + 64));
        assertThat(log.bytesFrom(151)).isBetween(all / 2, all / 2 + 8_192);
        assertThat(log.bytesFrom(301)).isZero();
        log.truncateSuffix(200);
        log.truncatePrefix(101);
        assertThat(log.bytesFrom(101)).isBetween(all / 3, all / 3 + 8_192);
    }

    @Test
    void statsCountEntriesAndBytes() throws LogException {
        log.append(entries(1, 10, 1, 100));
        assertThat(log.stats().appendedEntries()).isEqualTo(10);
        assertThat(log.stats().appendedBytes()).isBetween(1000L, 2000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomOperationsAgreeWithAModel(long seed) throws LogException {
        Random random = new Random(seed);
        List<Entry> model = new ArrayList<>();
        long first = 1;
        long term = 1;
        for (int step = 0; step < 120; step++) {
            long next = first + model.size();
            switch (random.nextInt(10)) {
                case 0 -> {
                    long kept = first - 1 + random.nextInt(model.size() + 1);
                    log.truncateSuffix(kept);
                    model.subList((int) (kept - first + 1), model.size()).clear();
                    term++;
                }
                case 1 -> {
                    long kept = first + random.nextInt(model.size() + 1);
                    log.truncatePrefix(kept);
                    model.subList(0, (int) (kept - first)).clear();
                    first = kept;
                }
                case 2 -> reopen();
                case 3 -> {
                    if (random.nextInt(8) == 0) {
                        first = next + random.nextInt(50);
                        model.clear();
                        log.reset(first);
                    }
                }
                default -> {
                    List<Entry> batch = new ArrayList<>();
                    for (int i = 0; i < 1 + random.nextInt(20); i++) {
                        batch.add(entry(next + i, term, random.nextInt(random.nextInt(12) == 0 ? 20_000 : 400)));
                    }
                    log.append(batch);
                    model.addAll(batch);
                }
            }
            assertBounds(first, first + model.size() - 1);
        }
        reopen();
        for (int i = 0; i < model.size(); i++) {
            assertThat(log.read(first + i)).isEqualTo(model.get(i));
            assertThat(log.term(first + i)).isEqualTo(model.get(i).term());
        }
    }

    @Test
    void newVoteStoreHasNoTermAndNoVote() throws LogException {
        VoteStore votes = openVote();
        assertThat(votes.term()).isZero();
        assertThat(votes.votedFor()).isEmpty();
        closeVote(votes);
    }

    @ParameterizedTest
    @CsvSource({"1, ''", "5, n1", "9223372036854775807, 127.0.0.1:7001", "3, Zürich"})
    void savedVoteIsThereAfterRestart(long term, String candidate) throws LogException {
        VoteStore votes = openVote();
        votes.save(term - 1, "other");
        votes.save(term, candidate);
        assertThat(votes.votedFor()).isEqualTo(candidate);
        closeVote(votes);
        votes = openVote();
        assertThat(votes.term()).isEqualTo(term);
        assertThat(votes.votedFor()).isEqualTo(candidate);
        closeVote(votes);
    }
}
