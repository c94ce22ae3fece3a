package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the disk did to a log: torn tails are cut, anything else stops the start, says where, and can be repaired. */
final class DamageTest {
    private static final Path DIRECTORY = Path.of("log");
    private static final int PAYLOAD = 60;
    private static final int FRAME = Frame.HEADER_BYTES + PAYLOAD;

    private final CrashStorage storage = new CrashStorage(1);

    private SegmentedLog open() throws LogException {
        return SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 8192, FsyncPolicy.ALWAYS, new Inline()));
    }

    /** A log of entries appended one by one, as after kill -9: not closed. */
    private void write(int entries) throws LogException {
        SegmentedLog log = open();
        for (int i = 1; i <= entries; i++) {
            log.append(List.of(LogConformanceTest.entry(i, 1, PAYLOAD)));
        }
    }

    private static Path segment(long first) {
        return SegmentHeader.path(DIRECTORY, first);
    }

    private static int offset(int entry) {
        return SegmentHeader.BYTES + (entry - 1) * FRAME;
    }

    private void flip(Path file, int at, int bit) {
        byte[] bytes = storage.bytes(file);
        bytes[at] ^= (byte) (1 << bit);
        storage.setBytes(file, bytes);
    }

    private void assertHolds(int last) throws LogException {
        SegmentedLog log = open();
        assertThat(log.lastIndex()).isEqualTo(last);
        assertThat(LogModel.held(log)).isEqualTo(LogConformanceTest.entries(log.firstIndex(), last, 1, PAYLOAD));
        log.append(List.of(LogConformanceTest.entry(last + 1, 1, PAYLOAD)));
        log.close();
        SegmentedLog again = open();
        assertThat(again.read(last + 1)).isEqualTo(LogConformanceTest.entry(last + 1, 1, PAYLOAD));
        again.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"__raft_snapshot_meta", "data.rdb"})
    void snapshotWithAFileOfTheSameNameIsNoLog(String name) throws IOException {
        write(10);
        storage.setBytes(DIRECTORY.resolve(name), new byte[] {1});
        assertThatThrownBy(() -> LogCheck.of(storage, DIRECTORY))
                .isInstanceOf(LogException.class)
                .hasMessageContaining("holds a snapshot, not a log");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void logCutAtEveryByteOfItsLastEntryOpensWithoutIt(boolean closedBefore) throws LogException {
        write(10);
        if (closedBefore) {
            open().close();
        }
        byte[] whole = storage.bytes(segment(1));
        for (int cut = 0; cut < FRAME; cut++) {
            storage.setBytes(segment(1), Arrays.copyOf(whole, offset(10) + cut));
            assertHolds(9);
        }
        storage.setBytes(segment(1), Arrays.copyOf(whole, offset(10) + FRAME));
        assertHolds(10);
    }

    @Test
    void lastEntryZeroedFromEveryByteOnIsCut() throws LogException {
        write(10);
        byte[] whole = storage.bytes(segment(1));
        for (int cut = 0; cut < FRAME; cut++) {
            byte[] torn = whole.clone();
            Arrays.fill(torn, offset(10) + cut, offset(10) + FRAME, (byte) 0);
            storage.setBytes(segment(1), torn);
            assertHolds(Arrays.equals(torn, whole) ? 10 : 9);
        }
    }

    @Test
    void bitFlippedAtEveryByteOfTheLastEntryCutsIt() throws LogException {
        write(10);
        byte[] whole = storage.bytes(segment(1));
        for (int at = 0; at < FRAME; at++) {
            storage.setBytes(segment(1), whole);
            flip(segment(1), offset(10) + at, at % 8);
            assertHolds(9);
        }
    }

    @Test
    void bitFlippedAtEveryByteOfAMiddleEntryStopsTheStartAndIsRepaired() throws IOException {
        write(10);
        byte[] whole = storage.bytes(segment(1));
        for (int at = 0; at < FRAME; at++) {
            storage.setBytes(segment(1), whole);
            flip(segment(1), offset(5) + at, at % 8);
            byte[] damaged = storage.bytes(segment(1));
            DamagedLogException e = catchThrowableOfType(DamagedLogException.class, this::open);
            assertThat(e).as("flipped byte %d", at).isNotNull();
            assertThat(e.offset()).isEqualTo(offset(5));
            assertThat(e)
                    .hasMessageContaining(segment(1).toString())
                    .hasMessageContaining("offset " + offset(5))
                    .hasMessageContaining("cairn log repair");
            assertThat(storage.bytes(segment(1))).isEqualTo(damaged);
            LogReport report = LogCheck.of(storage, DIRECTORY).check();
            assertThat(report.opens()).isFalse();
            assertThat(report.lastIndex()).isEqualTo(4);
            assertThat(report.damage().get(0).offset()).isEqualTo(offset(5));
            List<String> lines = LogCheck.of(storage, DIRECTORY).repair();
            assertThat(String.join("\n", lines)).contains("offset " + offset(5), ".damaged-", "lost: entry 5");
            Path saved = Path.of(segment(1) + ".damaged-" + (at + 1));
            assertThat(storage.bytes(saved)).isEqualTo(Arrays.copyOfRange(damaged, offset(5), offset(11)));
            assertThat(LogCheck.of(storage, DIRECTORY).check().damage()).isEmpty();
            assertHolds(4);
        }
    }

    @Test
    void bitFlippedInABatchThatWasForcedOnceStopsTheStart() throws LogException {
        SegmentedLog log = open();
        log.append(LogConformanceTest.entries(1, 10, 1, PAYLOAD));
        log.close();
        flip(segment(1), offset(5) + 40, 2);
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class);
    }

    @Test
    void damageInAnEarlierSegmentStopsTheStartAndRepairKeepsTheRestAside() throws IOException {
        write(120);
        assertThat(storage.files().stream().filter(f -> f.toString().endsWith(".log")))
                .hasSizeGreaterThan(2);
        flip(segment(1), offset(20) + 30, 1);
        assertThatThrownBy(this::open).hasMessageContaining("offset " + offset(20));
        List<String> lines = LogCheck.of(storage, DIRECTORY).repair();
        assertThat(String.join("\n", lines)).contains("lost: entries 20 to 120");
        assertHolds(19);
    }

    @Test
    void missingSegmentStopsTheStart() throws IOException {
        write(120);
        List<Path> segments = storage.files().stream()
                .filter(f -> f.toString().endsWith(".log"))
                .toList();
        storage.delete(segments.get(1));
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class).hasMessageContaining("next segment");
        int last = (int) SegmentHeader.indexOf(String.valueOf(segments.get(1).getFileName())) - 1;
        LogCheck.of(storage, DIRECTORY).repair();
        assertHolds(last);
    }

    @Test
    void missingFirstSegmentStopsTheStart() throws IOException {
        write(120);
        storage.delete(segment(1));
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class).hasMessageContaining("are missing");
        LogCheck.of(storage, DIRECTORY).repair();
        assertHolds(0);
    }

    @Test
    void oneCopyOfTheSegmentHeaderIsEnough() throws LogException {
        write(10);
        flip(segment(1), 10, 3);
        assertHolds(10);
    }

    @Test
    void segmentWithoutAHeaderStopsTheStart() throws IOException {
        write(10);
        flip(segment(1), 13, 3);
        flip(segment(1), 1024 + 13, 3);
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class).hasMessageContaining("header");
        LogCheck.of(storage, DIRECTORY).repair();
        assertHolds(0);
    }

    @Test
    void lostStateStopsTheStart() throws IOException {
        write(120);
        storage.delete(DIRECTORY.resolve(LogState.FILE));
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class).hasMessageContaining("state");
        LogCheck.of(storage, DIRECTORY).repair();
        assertHolds(120);
    }

    @Test
    void rottenStateStopsTheStart() throws IOException {
        write(30);
        flip(DIRECTORY.resolve(LogState.FILE), 20, 0);
        flip(DIRECTORY.resolve(LogState.FILE), TwinFile.SLOT_BYTES + 20, 0);
        assertThatThrownBy(this::open).isInstanceOf(DamagedLogException.class);
        LogCheck.of(storage, DIRECTORY).repair();
        assertHolds(30);
    }

    @Test
    void newerFormatStopsTheStart() throws LogException {
        write(10);
        byte[] bytes = storage.bytes(segment(1));
        byte[] newer =
                new SegmentHeader(1, 8192, 77).encode(SegmentHeader.VERSION + 1).array();
        System.arraycopy(newer, 0, bytes, 0, newer.length);
        storage.setBytes(segment(1), bytes);
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .isNotInstanceOf(DamagedLogException.class)
                .hasMessageContaining("newer Cairn");
        assertThatThrownBy(() -> LogCheck.of(storage, DIRECTORY).repair()).hasMessageContaining("newer Cairn");
        assertThat(storage.bytes(segment(1))).isEqualTo(bytes);
    }

    @Test
    void bytesBehindTheEndOfTheLogAreCut() throws LogException {
        write(10);
        flip(segment(1), offset(12), 3);
        assertHolds(10);
    }

    @Test
    void payloadThatLooksLikeAFrameIsNotTakenForOne() throws LogException {
        write(10);
        byte[] bytes = storage.bytes(segment(1));
        byte[] frames = Arrays.copyOfRange(bytes, offset(2), offset(10));
        SegmentedLog log = open();
        log.reset(1);
        log.append(LogConformanceTest.entries(1, 1, 1, 3));
        log.append(List.of(new Entry(2, 1, (byte) 0, java.nio.ByteBuffer.wrap(frames))));
        // The entry that holds old frames of entries 2 to 9 is torn in its header.
        flip(segment(1), SegmentHeader.BYTES + Frame.HEADER_BYTES + 3 + 1, 3);
        SegmentedLog again = open();
        assertThat(again.lastIndex()).isEqualTo(1);
    }

    @Test
    void reportAndDumpArePrinted() throws IOException {
        write(60);
        flip(segment(1), offset(30) + 30, 1);
        StringBuilder out = new StringBuilder();
        LogCheck check = LogCheck.of(storage, DIRECTORY);
        check.check().print(out);
        assertThat(out).contains("entries 1..29", "DAMAGED", "offset " + offset(30), "cairn log repair");
        StringBuilder dump = new StringBuilder();
        check.dump(28, 31, dump);
        assertThat(dump.toString().lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith("index=28 term=1 kind=3 bytes=60 \"");
    }

    @Test
    void repairOfAWholeLogChangesNothing() throws IOException {
        write(20);
        byte[] bytes = storage.bytes(segment(1));
        assertThat(LogCheck.of(storage, DIRECTORY).repair()).hasSize(1);
        assertThat(storage.bytes(segment(1))).isEqualTo(bytes);
    }

    @Test
    void checkOfNoLogSaysSo() {
        assertThatThrownBy(() -> LogCheck.of(storage, Path.of("nowhere"))).hasMessageContaining("no log");
    }
}
