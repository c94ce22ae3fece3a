package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.DirectoryLock;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LogCommandTest {
    @TempDir
    private Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return new CommandLine(new LogCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    err.append(String.valueOf(failure.getMessage()));
                    return 1;
                })
                .execute(words);
    }

    private Path log() throws Exception {
        Path directory = dir.resolve("7001/log");
        SegmentedLog.open(directory, LogOptions.of("test", LogOptions.MIN_SEGMENT_BYTES, FsyncPolicy.ALWAYS))
                .close();
        return directory;
    }

    @Test
    void checkFindsTheLogsBelowADirectory() throws Exception {
        log();
        assertThat(run("check", dir.toString())).isZero();
        assertThat(out.toString()).contains("log " + dir.resolve("7001/log"), "OK");
        assertThat(run("dump", dir.toString())).isZero();
    }

    @Test
    void aDirectoryWithoutALogIsOneClearLine() {
        assertThat(run("check", dir.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("there is no log in or below " + dir);
        assertThat(run()).isEqualTo(2);
    }

    @Test
    void repairKeepsAwayFromARunningNode() throws Exception {
        Path directory = log();
        try (DirectoryLock held = DirectoryLock.acquire(dir.resolve("7001"))) {
            assertThat(held).isNotNull();
            assertThat(run("repair", directory.toString())).isEqualTo(1);
            assertThat(err.toString()).contains("in use");
        }
        assertThat(run("repair", directory.toString())).isZero();
        assertThat(out.toString()).contains("nothing to repair");
    }
}
