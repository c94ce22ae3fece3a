package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MutantsCommandTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final StringWriter errors = new StringWriter();
    private final CommandLine command = new CommandLine(
                    new MutantsCommand(new PrintStream(said, true, StandardCharsets.UTF_8)))
            .setErr(new PrintWriter(errors));

    @Test
    void listsWhatCanBeHunted() {
        assertThat(command.execute("--list", "unknown-as-refused")).isZero();
        assertThat(said.toString(StandardCharsets.UTF_8)).startsWith("unknown-as-refused: ");
    }

    @Test
    void aNameThatIsNoMutantIsRefused() {
        assertThat(command.execute("no-such")).isEqualTo(2);
        assertThat(errors.toString()).contains("no mutant [no-such]").contains("vote-not-synced");
    }
}
