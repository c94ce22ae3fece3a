package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import io.cairn.aof.DiskFullException;
import io.cairn.aof.Entry;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.Log;
import io.cairn.aof.LogException;
import io.cairn.aof.LogOptions;
import io.cairn.aof.LogStats;
import io.cairn.aof.SegmentedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AofLogStorageTest {
    @TempDir
    Path root;

    private final Health health = new Health();

    private static final class Health implements GroupHealth {
        private final AtomicReference<@Nullable Throwable> cause = new AtomicReference<>();
        private final List<Boolean> full = new ArrayList<>();

        @Override
        public void broken(Throwable why) {
            cause.set(why);
        }

        @Override
        public void diskFull(boolean now) {
            if (full.isEmpty() || full.get(full.size() - 1) != now) {
                full.add(now);
            }
        }

        @Override
        public void term(long term) {
            throw new AssertionError("not of a log");
        }
    }

    private SegmentedLog openLog() throws IOException {
        return SegmentedLog.open(root.resolve("log"), LogOptions.of("t", 64 * 1024, FsyncPolicy.ALWAYS));
    }

    private AofLogStorage open(Log log, ConfigurationManager configurations) {
        AofLogStorage storage = new AofLogStorage(log, root.resolve("snapshots"), health);
        LogStorageOptions options = new LogStorageOptions();
        options.setConfigurationManager(configurations);
        options.setLogEntryCodecFactory(LogEntryV2CodecFactory.getInstance());
        assertThat(storage.init(options)).isTrue();
        return storage;
    }

    @Test
    void whatIsDurableFollowsTheLog() throws IOException {
        Log log = openLog();
        AofLogStorage storage = open(log, new ConfigurationManager());
        assertThat(storage.durableIndex()).isZero();
        storage.appendEntries(List.of(data(1, 1, "a"), data(2, 1, "b"), data(3, 1, "c")));
        assertThat(storage.durableIndex()).isEqualTo(3);
        // The log is ahead as long as an append is under way.
        log.append(List.of(new Entry(4, 1, AofLogStorage.DATA, ByteBuffer.wrap(new byte[] {1}))));
        assertThat(storage.durableIndex()).isEqualTo(3);
        assertThat(storage.truncateSuffix(2)).isTrue();
        assertThat(storage.durableIndex()).isEqualTo(2);
        assertThat(storage.reset(9)).isTrue();
        assertThat(storage.durableIndex()).isEqualTo(8);
        log.close();
        Log again = openLog();
        assertThat(open(again, new ConfigurationManager()).durableIndex()).isEqualTo(8);
        again.close();
    }

    private static LogEntry data(long index, long term, String text) {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        entry.setId(new LogId(index, term));
        entry.setData(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        return entry;
    }

    private static LogEntry configuration(long index, long term, String voters, String old, String learners) {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setId(new LogId(index, term));
        entry.setPeers(Peers.of(TestCluster.ids(voters)));
        entry.setLearners(Peers.of(TestCluster.ids(learners)));
        if (!old.isEmpty()) {
            entry.setOldPeers(Peers.of(TestCluster.ids(old)));
        }
        return entry;
    }

    private static String text(@Nullable LogEntry entry) {
        return StandardCharsets.UTF_8
                .decode(Objects.requireNonNull(entry).getData().duplicate())
                .toString();
    }

    @Test
    void dataIsStoredAsItIs() throws Exception {
        try (SegmentedLog log = openLog()) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            assertThat(storage.getFirstLogIndex()).isEqualTo(1);
            assertThat(storage.getLastLogIndex()).isZero();
            assertThat(storage.appendEntries(List.of(data(1, 1, "one"), data(2, 1, "two"), data(3, 2, ""))))
                    .isEqualTo(3);
            Entry raw = Objects.requireNonNull(log.read(2));
            assertThat(raw.kind()).isEqualTo(AofLogStorage.DATA);
            assertThat(raw.payload()).isEqualTo(ByteBuffer.wrap("two".getBytes(StandardCharsets.UTF_8)));
            assertThat(text(storage.getEntry(1))).isEqualTo("one");
            assertThat(text(storage.getEntry(3))).isEmpty();
            assertThat(Objects.requireNonNull(storage.getEntry(3)).getId()).isEqualTo(new LogId(3, 2));
            assertThat(storage.getEntry(4)).isNull();
        }
    }

    @Test
    void theLogOfAReplicaCostsWhatAStandaloneLogCosts() throws Exception {
        int payloadBytes = 1_000;
        try (SegmentedLog log = openLog()) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            for (int i = 1; i <= 100; i++) {
                storage.appendEntry(data(i, 1, "x".repeat(payloadBytes)));
            }
            // Only the log's own frame header (26 bytes) comes on top.
            assertThat(log.stats().appendedBytes()).isLessThan(100L * (payloadBytes + 32));
        }
    }

    @Test
    void configurationsAreFoundWhenTheLogIsOpenedAgain() throws Exception {
        try (SegmentedLog log = openLog()) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            storage.appendEntries(List.of(
                    configuration(1, 1, "abc", "", ""),
                    data(2, 1, "x"),
                    configuration(3, 1, "abd", "abc", "e"),
                    configuration(4, 2, "abd", "", "e")));
        }
        try (SegmentedLog log = openLog()) {
            ConfigurationManager found = new ConfigurationManager();
            AofLogStorage storage = open(log, found);
            Members last = Members.of(found.getLastConfiguration());
            assertThat(last.index()).isEqualTo(4);
            assertThat(TestCluster.names(last.voters())).isEqualTo("abd");
            assertThat(TestCluster.names(last.learners())).isEqualTo("e");
            assertThat(Members.of(found.get(3)).isJoint()).isTrue();
            LogEntry joint = Objects.requireNonNull(storage.getEntry(3));
            assertThat(TestCluster.names(Peers.nodeIds(joint.getOldPeers()))).isEqualTo("abc");
            assertThat(joint.getType()).isEqualTo(EntryType.ENTRY_TYPE_CONFIGURATION);
        }
    }

    @Test
    void bothEndsCanBeTruncatedAndTheLogReset() throws Exception {
        try (SegmentedLog log = openLog()) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            for (int i = 1; i <= 10; i++) {
                storage.appendEntry(data(i, 1, "entry " + i));
            }
            assertThat(storage.truncateSuffix(8)).isTrue();
            assertThat(storage.getLastLogIndex()).isEqualTo(8);
            assertThat(storage.truncatePrefix(4)).isTrue();
            // The library may have looked whether it is there, and read it only now.
            storage.tick(System.nanoTime());
            assertThat(text(storage.getEntry(3))).isEqualTo("entry 3");
            storage.tick(System.nanoTime() + LatePurge.LATER_NANOS);
            assertThat(storage.getFirstLogIndex()).isEqualTo(4);
            assertThat(storage.getEntry(3)).isNull();
            storage.appendEntry(data(9, 2, "again"));
            assertThat(text(storage.getEntry(9))).isEqualTo("again");
            // A snapshot from elsewhere may be beyond the end of the log.
            assertThat(storage.truncatePrefix(100)).isTrue();
            assertThat(storage.getFirstLogIndex()).isEqualTo(100);
            assertThat(storage.getLastLogIndex()).isEqualTo(99);
            storage.appendEntry(data(100, 3, "next"));
            assertThat(storage.reset(500)).isTrue();
            assertThat(storage.getFirstLogIndex()).isEqualTo(500);
            assertThat(health.cause.get()).isNull();
        }
    }

    @Test
    void whatIsGivenUpGoesFiveSecondsLaterHoweverOftenMoreIsAskedFor() throws Exception {
        try (SegmentedLog log = openLog()) {
            LatePurge purge = new LatePurge(log);
            AofLogStorage storage = open(log, new ConfigurationManager());
            for (int i = 1; i <= 20; i++) {
                storage.appendEntry(data(i, 1, "entry " + i));
            }
            long second = LatePurge.LATER_NANOS / 5;
            List<Long> first = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                purge.ask(i + 2, i * second);
                purge.tick(i * second);
                first.add(log.firstIndex());
            }
            assertThat(first).containsExactly(1L, 1L, 1L, 1L, 1L, 2L, 2L, 2L, 2L, 2L, 7L, 7L);
            assertThat(purge.now()).isTrue();
            assertThat(log.firstIndex()).isEqualTo(13);
            assertThat(purge.now()).isFalse();
        }
    }

    @Test
    void aFullDiskIsGivenWhatWaitsToBePurgedAtOnce() throws Exception {
        try (SegmentedLog log = openLog()) {
            Stubborn stubborn = new Stubborn(log, 0);
            AofLogStorage storage = open(stubborn, new ConfigurationManager());
            for (int i = 1; i <= 10; i++) {
                storage.appendEntry(data(i, 1, "entry " + i));
            }
            assertThat(storage.truncatePrefix(4)).isTrue();
            stubborn.refusals = 1;
            storage.appendEntry(data(11, 1, "late"));
            assertThat(log.firstIndex()).isEqualTo(4);
            assertThat(text(storage.getEntry(11))).isEqualTo("late");
        }
    }

    /** Refuses some appends. */
    private static final class Stubborn implements Log {
        private final Log log;
        private int refusals;
        private @Nullable LogException failure;

        Stubborn(Log log, int refusals) {
            this.log = log;
            this.refusals = refusals;
        }

        @Override
        public void append(List<Entry> entries) throws LogException {
            if (failure != null) {
                throw failure;
            }
            if (refusals-- > 0) {
                throw new DiskFullException("full", new IOException("no space"));
            }
            log.append(entries);
        }

        @Override
        public long firstIndex() {
            return log.firstIndex();
        }

        @Override
        public long lastIndex() {
            return log.lastIndex();
        }

        @Override
        public long term(long index) throws LogException {
            return log.term(index);
        }

        @Override
        public @Nullable Entry read(long index) throws LogException {
            return log.read(index);
        }

        @Override
        public void sync() throws LogException {
            log.sync();
        }

        @Override
        public void truncatePrefix(long firstKept) throws LogException {
            log.truncatePrefix(firstKept);
        }

        @Override
        public void truncateSuffix(long lastKept) throws LogException {
            log.truncateSuffix(lastKept);
        }

        @Override
        public void reset(long nextIndex) throws LogException {
            log.reset(nextIndex);
        }

        @Override
        public long bytesFrom(long index) {
            return log.bytesFrom(index);
        }

        @Override
        public LogStats stats() {
            return log.stats();
        }

        @Override
        public void close() throws LogException {
            log.close();
        }
    }

    @Test
    void aFullDiskIsWaitedOut() throws Exception {
        try (Stubborn log = new Stubborn(openLog(), 2)) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            assertThat(storage.appendEntries(List.of(data(1, 1, "x")))).isEqualTo(1);
            assertThat(health.full).containsExactly(true, false);
            assertThat(health.cause.get()).isNull();
        }
    }

    @Test
    void aFailedWriteBreaksTheReplica() throws Exception {
        try (Stubborn log = new Stubborn(openLog(), 0)) {
            AofLogStorage storage = open(log, new ConfigurationManager());
            log.failure = new LogException("the disk is gone");
            assertThat(storage.appendEntries(List.of(data(1, 1, "x")))).isZero();
            assertThat(health.cause.get()).isSameAs(log.failure);
        }
    }
}
