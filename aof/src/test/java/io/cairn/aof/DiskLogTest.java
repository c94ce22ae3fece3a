package io.cairn.aof;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The conformance suite on the real disk. */
final class DiskLogTest extends LogConformanceTest {
    @TempDir
    Path directory;

    @Override
    protected Log open() throws LogException {
        return SegmentedLog.open(directory.resolve("log"), LogOptions.of("test", 8192, FsyncPolicy.ALWAYS));
    }

    @Override
    protected VoteStore openVote() throws LogException {
        return FileVoteStore.open(directory.resolve("vote"));
    }

    @Override
    protected void closeVote(VoteStore store) throws LogException {
        ((FileVoteStore) store).close();
    }
}
