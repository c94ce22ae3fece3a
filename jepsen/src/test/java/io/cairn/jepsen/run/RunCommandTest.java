package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is refused before anything starts. */
class RunCommandTest {
    @TempDir
    Path runs;

    private final StringWriter errors = new StringWriter();

    @Test
    void redisHasNineServersAndNoLinearizableReplicas() {
        assertRefused("--target redis always has three nodes", "--target", "redis", "--nodes", "1");
        assertRefused("--target redis always has three nodes", "--target", "redis", "--replica-reads");
    }

    @Test
    void someClientsSitBesideEachProcess() {
        assertRefused("--clients is at least 6", "--clients", "0");
        assertRefused("--clients is at least 6", "--clients", "5");
    }

    private void assertRefused(String why, String... arguments) {
        CommandLine command = new CommandLine(new RunCommand()).setErr(new PrintWriter(errors));
        command.setCaseInsensitiveEnumValuesAllowed(true);
        String[] all = java.util.stream.Stream.concat(
                        java.util.Arrays.stream(arguments), java.util.stream.Stream.of("--runs", runs.toString()))
                .toArray(String[]::new);
        assertThat(command.execute(all)).isEqualTo(2);
        assertThat(errors.toString()).contains(why);
        assertThat(runs).isEmptyDirectory();
    }
}
