package io.cairn.jepsen.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerProcessTest {
    private static final int SECONDS = 20;

    @TempDir
    Path directory;

    @Test
    void aProcessThatRunsIsNotStartedAgain() {
        try (ServerProcess first = again(null, "sleep", "100")) {
            assertThat(again(first, "sleep", "100")).isSameAs(first);
            first.kill9();
            try (ServerProcess second = again(first, "sleep", "100")) {
                assertThat(second.pid()).isNotEqualTo(first.pid());
                assertThat(second.alive()).isTrue();
            }
        }
    }

    @Test
    void itsOwnOutputIsWhatItPrintedSinceThisStart() {
        try (ServerProcess first = again(null, "echo", "refused");
                ServerProcess second = afterwards(first)) {
            assertThat(second.awaitExit(SECONDS)).isTrue();
            assertThat(second.output()).startsWith("refused\n").endsWith("out\n");
            assertThat(second.ownOutput()).doesNotContain("refused").endsWith("out\n");
        }
    }

    /** What it prints is not all text. */
    private ServerProcess afterwards(ServerProcess first) {
        assertThat(first.awaitExit(SECONDS)).isTrue();
        return again(first, "printf", "\\377out\\n");
    }

    private ServerProcess again(@org.jspecify.annotations.Nullable ServerProcess last, String... command) {
        return ServerProcess.again(last, List.of(command), directory, directory.resolve("log"));
    }
}
