package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Distribution;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class PlanTest {
    private static Plan plan(int injections, @Nullable String mutant) {
        return new Plan(
                List.of("set", "bank"),
                List.of("kill-one"),
                injections,
                45,
                7,
                Plan.Target.CAIRN,
                Start.RAFT,
                3,
                12,
                480,
                true,
                false,
                20400,
                Path.of("r"),
                Distribution.find(),
                mutant);
    }

    /** The last words of the command are options that the subcommand knows. */
    private static void parses(List<String> command) {
        new CommandLine(new CairnJepsen())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(command.subList(1, command.size()).toArray(new String[0]));
    }

    @Test
    void theCommandThatRepeatsARunIsOne() {
        assertThat(String.join(" ", plan(0, null).command()))
                .contains("run --workload set,bank --faults kill-one --seconds 45 --seed 7", "--port 20400");
        parses(plan(0, null).command());
        parses(plan(3, null).command());
    }

    @Test
    void aMutantsRoundIsRepeatedByAHunt() {
        assertThat(String.join(" ", plan(0, "vote-not-synced").command()))
                .isEqualTo("jepsen/cairn-jepsen mutants vote-not-synced --seed 7 --round 45 --port 20400 --no-real");
        parses(plan(0, "vote-not-synced").command());
    }

    @Test
    void secondsCountForNothingBesideInjections() {
        assertThat(plan(3, null).about()).containsEntry("seconds", 0L);
        assertThat(plan(0, null).about()).containsEntry("seconds", 45L).doesNotContainKey("mutant");
    }
}
