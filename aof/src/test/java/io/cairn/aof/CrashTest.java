package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Power is lost in the middle of every single operation of a random run: what was acknowledged is there after it. */
final class CrashTest {
    private static final Path DIRECTORY = Path.of("log");
    private static final int STEPS = 40;

    private static SegmentedLog open(CrashStorage storage, FsyncPolicy policy) throws LogException {
        return SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 8192, policy, new Inline()));
    }

    /** Opens after a crash; the power may go again while the log recovers. */
    private static SegmentedLog reopen(CrashStorage storage, FsyncPolicy policy, Random random) throws LogException {
        for (int again = random.nextInt(3); again > 0; again--) {
            storage.crashAtOperation(1 + random.nextInt(12));
            try {
                return open(storage, policy);
            } catch (LogException e) {
                if (!storage.isDead()) {
                    throw e;
                }
                storage.restart();
            }
        }
        storage.crashAtOperation(Long.MAX_VALUE / 2);
        return open(storage, policy);
    }

    /** One life of a log that ends at its n-th operation; false when it ended before that. */
    private static boolean runUntilCrash(long seed, long crashAt, int tearBytes, boolean forceLies)
            throws LogException {
        CrashStorage storage = new CrashStorage(seed * 1_000_003 + crashAt);
        storage.tearInto(tearBytes);
        Random random = new Random(seed);
        LogModel model = new LogModel();
        boolean crashed = false;
        SegmentedLog log = open(storage, FsyncPolicy.ALWAYS);
        if (forceLies) {
            storage.forceLies();
        }
        storage.crashAtOperation(crashAt);
        try {
            for (int i = 0; i < STEPS; i++) {
                model.step(log, random);
            }
        } catch (LogException e) {
            crashed = storage.isDead();
            if (!crashed) {
                throw e;
            }
        }
        storage.crash();
        storage.restart();
        log = reopen(storage, FsyncPolicy.ALWAYS, random);
        model.accept(log);
        storage.crashAtOperation(Long.MAX_VALUE / 2);
        for (int i = 0; i < 6; i++) {
            model.step(log, random);
        }
        log.close();
        model.accept(open(storage, FsyncPolicy.ALWAYS));
        return crashed;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void crashAtEveryOperationKeepsWhatWasAcknowledged(long seed) throws LogException {
        for (int tearBytes : new int[] {CrashStorage.SECTOR_BYTES, 1}) {
            long crashAt = 1;
            boolean crashed = true;
            while (crashed) {
                try {
                    crashed = runUntilCrash(seed, crashAt, tearBytes, false);
                } catch (LogException | AssertionError e) {
                    throw new AssertionError(
                            "seed " + seed + ", crash at operation " + crashAt + ", torn into " + tearBytes, e);
                }
                crashAt++;
            }
            assertThat(crashAt).as("operations of the run").isGreaterThan(100);
        }
    }

    @Test
    void storageThatDoesNotForceIsCaught() {
        int caught = 0;
        int runs = 0;
        for (long crashAt = 20; crashAt < 120; crashAt += 5) {
            runs++;
            try {
                runUntilCrash(3, crashAt, CrashStorage.SECTOR_BYTES, true);
            } catch (LogException | AssertionError e) {
                caught++;
            }
        }
        assertThat(caught)
                .as("runs of %d in which the missing force was seen", runs)
                .isGreaterThan(runs / 2);
    }

    @Test
    void logThatDoesNotForceIsCaught() throws LogException {
        // The same by policy: what `no` acknowledges may be lost, and the test for `always` sees that.
        int caught = 0;
        for (int seed = 1; seed <= 20; seed++) {
            CrashStorage storage = new CrashStorage(seed);
            SegmentedLog log = open(storage, FsyncPolicy.NO);
            LogModel model = new LogModel();
            log.append(LogConformanceTest.entries(1, 30, 1, 200));
            model.entries.addAll(LogConformanceTest.entries(1, 30, 1, 200));
            storage.crash();
            storage.restart();
            try {
                model.accept(open(storage, FsyncPolicy.NO));
            } catch (AssertionError e) {
                caught++;
            }
        }
        assertThat(caught).isGreaterThan(5);
    }

    @ParameterizedTest
    @EnumSource(names = {"EVERYSEC", "NO"})
    void withoutAlwaysACrashLeavesAPrefixThatOpens(FsyncPolicy policy) throws LogException {
        for (int seed = 1; seed <= 150; seed++) {
            CrashStorage storage = new CrashStorage(seed);
            storage.tearInto(seed % 2 == 0 ? 1 : CrashStorage.SECTOR_BYTES);
            Random random = new Random(seed);
            SegmentedLog log = open(storage, policy);
            LogModel model = new LogModel();
            int steps = random.nextInt(30);
            for (int i = 0; i < steps; i++) {
                model.step(log, random);
                if (random.nextInt(6) == 0) {
                    log.sync();
                }
            }
            long durable = log.durableIndex();
            storage.crash();
            storage.restart();
            try {
                model.acceptPrefix(reopen(storage, policy, random), durable);
            } catch (LogException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void deathOfTheProcessLosesNothingWritten(FsyncPolicy policy) throws LogException {
        for (int seed = 1; seed <= 50; seed++) {
            CrashStorage storage = new CrashStorage(seed);
            Random random = new Random(seed);
            SegmentedLog log = open(storage, policy);
            LogModel model = new LogModel();
            for (int i = 0; i < 25; i++) {
                model.step(log, random);
            }
            storage.keepAllOnCrash(true);
            storage.crash();
            storage.restart();
            model.accept(open(storage, policy));
        }
    }

    @Test
    void voteIsOldOrNewAfterACrashAtEveryOperation() throws LogException {
        for (int tearBytes : new int[] {CrashStorage.SECTOR_BYTES, 1}) {
            for (long seed = 1; seed <= 20; seed++) {
                boolean crashed = true;
                for (long crashAt = 1; crashed; crashAt++) {
                    crashed = voteUntilCrash(seed, crashAt, tearBytes);
                }
            }
        }
    }

    private static boolean voteUntilCrash(long seed, long crashAt, int tearBytes) throws LogException {
        CrashStorage storage = new CrashStorage(seed * 1000 + crashAt);
        storage.tearInto(tearBytes);
        storage.crashAtOperation(crashAt);
        Path file = Path.of("vote/vote");
        long saved = 0;
        try {
            FileVoteStore votes = FileVoteStore.open(storage, file);
            for (long term = 1; term <= 10; term++) {
                votes.save(term, "candidate-" + term);
                saved = term;
            }
        } catch (LogException e) {
            assertThat(storage.isDead()).isTrue();
        }
        boolean crashed = storage.isDead();
        for (int again = 0; again < 2; again++) {
            storage.crash();
            storage.restart();
            FileVoteStore votes = FileVoteStore.open(storage, file);
            assertThat(votes.term()).isBetween(saved, saved + 1);
            assertThat(votes.votedFor()).isEqualTo(votes.term() == 0 ? "" : "candidate-" + votes.term());
            saved = votes.term();
        }
        return crashed;
    }

    @Test
    void rottenCopyOfAVoteIsHealed() throws LogException {
        Path file = Path.of("vote/vote");
        for (int at = 0; at < 2 * TwinFile.SLOT_BYTES; at += at % TwinFile.SLOT_BYTES < 60 ? 1 : 509) {
            CrashStorage storage = new CrashStorage(1);
            FileVoteStore votes = FileVoteStore.open(storage, file);
            votes.save(6, "old");
            votes.save(7, "n1");
            byte[] bytes = storage.bytes(file);
            bytes[at] ^= 8;
            storage.setBytes(file, bytes);
            FileVoteStore again = FileVoteStore.open(storage, file);
            assertThat(again.term()).isEqualTo(7);
            assertThat(again.votedFor()).isEqualTo("n1");
        }
    }

    @Test
    void voteWithBothCopiesRottenIsRefused() throws LogException {
        CrashStorage storage = new CrashStorage(1);
        Path file = Path.of("vote/vote");
        FileVoteStore.open(storage, file).save(7, "n1");
        byte[] bytes = storage.bytes(file);
        bytes[30] ^= 1;
        bytes[TwinFile.SLOT_BYTES + 30] ^= 1;
        storage.setBytes(file, bytes);
        try {
            FileVoteStore.open(storage, file);
            fail("opened");
        } catch (DamagedLogException e) {
            assertThat(e).hasMessageContaining("vote");
        }
    }
}
