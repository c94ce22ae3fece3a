package io.cairn.jepsen.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuiteOutputTest {
    private static final String PRINTED = """
            [ready]: 4711
            Testing unit/type/some
            [\u001b[0;32;49mok\u001b[0m]: A test (1) (17 ms)
            [ok]: A test (1) (3 ms)
            [err]: One that fails in tests/unit/type/some.tcl
            Expected '1' to equal or match '2'
            more of it
            [ignore]: Tag: slow denied
            [ok]: The last (0 ms)
            [1/1 done]: unit/type/some (2 seconds)

            !!! WARNING The following tests failed:
            *** [err]: One that fails in tests/unit/type/some.tcl
            """;

    @Test
    void testsAreToldApartByWhatBecameOfThem() {
        SuiteOutput output = SuiteOutput.parse(PRINTED);
        assertThat(output.passed()).containsExactly("A test (1)", "A test (1)", "The last");
        assertThat(output.failed())
                .containsExactly(
                        new SuiteOutput.Failure("One that fails", "Expected '1' to equal or match '2' more of it"));
        assertThat(output.done()).isTrue();
    }

    @Test
    void anExceptionEndsTheFile() {
        SuiteOutput output = SuiteOutput.parse("[ok]: A (1 ms)\n[exception]: Executing test client: gone.\n  while\n");
        assertThat(output.done()).isFalse();
        assertThat(output.failed()).hasSize(1);
        assertThat(output.failed().get(0).why()).isEqualTo("Executing test client: gone. while");
    }

    @Test
    void whatRedisPassesAndWeDoNotIsMissing() {
        SuiteRunner.Ran ran = new SuiteRunner.Ran(SuiteOutput.parse(PRINTED), false, 1);
        SuiteResults.OfFile result = SuiteResults.compare(
                SuiteFile.of("string"),
                "c0ffee",
                List.of("A test (1)", "A test (1)", "A test (1)", "One that fails", "The last", "Never seen"),
                ran);
        assertThat(result.redis()).isEqualTo(6);
        assertThat(result.passed()).isEqualTo(3);
        assertThat(result.missing())
                .extracting(SuiteResults.Missing::name)
                .containsExactly("A test (1)", "One that fails", "Never seen");
        assertThat(result.missing().get(2).why()).isEqualTo("not run");
    }

    @Test
    void aHangIsSaidOfAllThatDidNotRun() {
        SuiteRunner.Ran ran = new SuiteRunner.Ran(SuiteOutput.parse("[ok]: A (1 ms)\n"), true, 300);
        SuiteResults.OfFile result = SuiteResults.compare(SuiteFile.of("list"), "c0ffee", List.of("A", "B"), ran);
        assertThat(result.hung()).isTrue();
        assertThat(result.missing()).containsExactly(new SuiteResults.Missing("B", "the file hung here or before"));
    }
}
