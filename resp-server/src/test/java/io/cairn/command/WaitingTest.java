package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The call that is made again looks at one key, waits without end and names what the first one resolved. */
class WaitingTest {
    @Test
    void oneKeyIsLookedAtAgain() {
        try (CommandHarness harness = new CommandHarness(false)) {
            assertThat(harness.again("blpop a b c 1.5", 1)).isEqualTo("blpop b 0");
            assertThat(harness.again("BZPOPMAX a b 3", 0)).isEqualTo("BZPOPMAX a 0");
            assertThat(harness.again("blmove a b left right 7", 0)).isEqualTo("blmove a b left right 0");
            assertThat(harness.again("brpoplpush a b 7", 0)).isEqualTo("brpoplpush a b 0");
            assertThat(harness.again("blmpop 2 3 a b c left count 5", 2)).isEqualTo("blmpop 0 1 c left count 5");
            assertThat(harness.again("bzmpop 2 1 a max", 0)).isEqualTo("bzmpop 0 1 a max");
        }
    }

    @Test
    void streamsAreReadBehindWhatWasThere() {
        try (CommandHarness harness = new CommandHarness(false)) {
            harness.run("xadd s 5-7 f v");
            assertThat(harness.again("xread block 9 streams s t $ 3-0", 0))
                    .isEqualTo("xread COUNT 1000 BLOCK 0 STREAMS s 5-7");
            assertThat(harness.again("xread count 4 block 9 streams s t $ $", 1))
                    .isEqualTo("xread COUNT 4 BLOCK 0 STREAMS t 0-0");
            harness.run("xgroup create s g $");
            assertThat(harness.again("xreadgroup group g me noack block 0 streams s >", 0))
                    .isEqualTo("xreadgroup GROUP g me NOACK COUNT 1000 BLOCK 0 STREAMS s >");
        }
    }

    @Test
    void whatFindsSomethingOrDoesNotAskDoesNotWait() {
        try (CommandHarness harness = new CommandHarness(false)) {
            harness.run("rpush l 1 2");
            harness.run("set k v");
            assertThat(harness.again("blpop l 0", 0)).isNull();
            assertThat(harness.again("blpop k 0", 0)).isNull();
            assertThat(harness.again("blpop none x", 0)).isNull();
            assertThat(harness.again("xread streams s $", 0)).isNull();
            assertThat(harness.run("brpop none 0")).isEqualTo("*-1\r\n");
            assertThat(harness.run("blmove none l left left 0")).isEqualTo("$-1\r\n");
        }
    }
}
