package io.cairn.jepsen.mutant;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.process.Distribution;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With rounds that are made up, and a clock that they move. */
class HuntTest {
    private static final MutantSchedule SCHEDULE = new MutantSchedule("counter", List.of("kill-one"), false);
    private static final Mutant MUTANT =
            new Mutant("a", "adds wrongly", "9", List.of(), SCHEDULE, List.of("counter"), Pattern.compile("k is \\d"));

    private static final int ROUND_SECONDS = 50;

    @TempDir
    Path folder;

    private final AtomicLong clock = new AtomicLong();
    private final List<Long> seeds = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    @Test
    void aRoundInWhichAnExpectedCheckSeesItEndsTheHunt() {
        Catch came = hunt(100, ok(), bad("counter", "k is 3, at most 2"));
        assertThat(came.line()).isEqualTo("caught a after 100 s by counter: k is 3, at most 2");
        assertThat(seeds).containsExactly(7L, 8L);
    }

    @Test
    void whatAnotherCheckSeesIsNoCatch() {
        Catch came = hunt(100, bad("recovery", "node 3 is away"), bad("recovery", "node 4 is away"));
        assertThat(came.caught()).isFalse();
        assertThat(came.problem()).isEqualTo("seen only by recovery: node 4 is away");
    }

    @Test
    void whatAnExpectedCheckSaysWithoutTheSignIsNoCatch() {
        String vacuous = "counter k: no read after the last increment had ended, so the run is vacuous";
        assertThat(hunt(100, bad("counter", vacuous)).caught()).isFalse();
        clock.set(0);
        seeds.clear();
        Catch came = hunt(100, Finding.of("counter", Map.of(), List.of(vacuous, "k is 3\nas follows")));
        assertThat(came.line()).isEqualTo("caught a after 50 s by counter: k is 3");
    }

    @Test
    void onlyAMutantHasAName() {
        hunt(50, ok());
        real(ok());
        assertThat(names).containsExactly("a", "real build");
    }

    @Test
    void aRoundThatEndsAfterTheLimitIsTooLate() {
        Catch came = hunt(180, ok(), ok(), ok(), bad("counter", "k is 3"));
        assertThat(came.caught()).isFalse();
        assertThat(came.seconds()).isEqualTo(200);
    }

    @Test
    void aRoundThatBreaksIsNoCatchAndTheHuntGoesOn() {
        Catch came = hunt(100, null, bad("counter", "k is 3"));
        assertThat(came.caught()).isTrue();
        assertThat(came.rounds()).isEqualTo(2);
    }

    @Test
    void theRealBuildMustSatisfyEveryCheckAndMayNotBreak() {
        assertThat(real(ok()).caught()).isFalse();
        assertThat(real(bad("recovery", "node 3 is away")).by()).isEqualTo("recovery");
        assertThat(real(null).problem()).contains("broke");
    }

    /** Every round takes {@value #ROUND_SECONDS} s. */
    private Catch hunt(int mostSeconds, @Nullable Finding... rounds) {
        return hunt(rounds).hunt(MUTANT, mostSeconds);
    }

    private Catch real(@Nullable Finding round) {
        return hunt(round).real(SCHEDULE);
    }

    private Hunt hunt(@Nullable Finding... rounds) {
        Trial trial = (build, mutant, schedule, seed, home) -> {
            names.add(mutant == null ? "real build" : mutant);
            clock.addAndGet(TimeUnit.SECONDS.toNanos(ROUND_SECONDS));
            seeds.add(seed);
            Finding finding = rounds[Math.min(seeds.size(), rounds.length) - 1];
            if (finding == null) {
                throw new IllegalStateException("the cluster did not start");
            }
            return List.of(ok(), finding);
        };
        PrintStream silent = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Distribution real = Distribution.find();
        return new Hunt(real, (mutant, home) -> real, trial, folder, 7, clock::get, silent);
    }

    private static Finding ok() {
        return Finding.of("counter", Map.of(), List.of());
    }

    private static Finding bad(String checker, String problem) {
        return Finding.of(checker, Map.of(), List.of(problem));
    }
}
