package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The conformance suite in memory, on the storage the crash tests use. */
final class CrashLogTest extends LogConformanceTest {
    private final CrashStorage storage = new CrashStorage(1);

    @Override
    protected Log open() throws LogException {
        return SegmentedLog.open(
                storage, Path.of("log"), new LogOptions("test", 8192, FsyncPolicy.ALWAYS, new Inline()));
    }

    @Override
    protected VoteStore openVote() throws LogException {
        return FileVoteStore.open(storage, Path.of("votes/vote"));
    }

    @Override
    protected void closeVote(VoteStore store) throws LogException {
        ((FileVoteStore) store).close();
    }

    @Test
    void suiteRunsOnTheCrashStorage() {
        assertThat(storage.files()).isNotEmpty();
    }
}
