package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConfigCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return new CommandLine(new ConfigCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(words);
    }

    @Test
    void showPrintsWhatTheServerWouldUse(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("c.conf"), "timeout 5\noom-score-adj yes\n");
        assertThat(run("show", file.toString(), "--port", "7001,7002", "--cluster.consensus=raft"))
                .isZero();
        assertThat(out.toString().lines()).contains("timeout 5", "port 7001,7002", "cluster-consensus raft", "hz 10");
        assertThat(err.toString()).contains("'oom-score-adj' means nothing here");
    }

    @Test
    void showRefusesWhatTheServerWouldRefuse() {
        assertThat(run("show", "--nosuch", "1")).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).singleElement().asString().contains("'--nosuch 1' Bad directive");
    }

    @Test
    void referencePrintsThePage() {
        assertThat(run("reference")).isZero();
        assertThat(out.toString()).startsWith("# Configuration reference").contains("`cluster-consensus`");
        assertThat(run()).isEqualTo(2);
    }
}
