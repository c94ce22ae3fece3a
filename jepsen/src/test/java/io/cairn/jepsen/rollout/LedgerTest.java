package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.ScriptedServer;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a client counts as lost and as done twice, by what it is answered. */
class LedgerTest {
    private final Tally tally = new Tally();
    private final Timeline timeline = new Timeline(1);
    private final Deque<String> answers = new ArrayDeque<>();

    private interface Use {
        void of(ClusterClient client);
    }

    private void with(Use use, String... each) throws Exception {
        answers.addAll(List.of(each));
        try (ScriptedServer server = new ScriptedServer(command -> answers.remove());
                ClusterClient client =
                        new ClusterClient(List.of(server.address()), Map.of(), new Timeouts(500, 5_000), 0)) {
            use.of(client);
        }
    }

    private Ledger.Counter counter() {
        return new Ledger.Counter("counter", 0, tally, timeline);
    }

    @Test
    void aCounterThatGoesBackHasLostWhatWasAbove() throws Exception {
        Ledger.Counter counter = counter();
        with(
                client -> {
                    counter.write(client);
                    timeline.isRaft(0);
                    counter.write(client);
                    counter.write(client);
                    counter.check(client);
                },
                ":1",
                ":2",
                ":3",
                "$1\r\n0");
        assertThat(tally.lostOfGossip()).isEqualTo(1);
        assertThat(tally.lostOfRaft()).isEqualTo(2);
        assertThat(tally.doubledCount()).isZero();
    }

    @Test
    void aCounterMayBeHigherByWhatIsUnknownOnly() throws Exception {
        Ledger.Counter counter = counter();
        with(
                client -> {
                    counter.write(client);
                    counter.write(client);
                    counter.write(client);
                    counter.check(client);
                },
                ":1",
                "-UNBLOCKED who knows",
                ":3",
                "$1\r\n4");
        assertThat(tally.lostOfGossip() + tally.lostOfRaft()).isZero();
        assertThat(tally.doubledCount()).isEqualTo(1);
    }

    @Test
    void aMemberIsThereOnce() throws Exception {
        Ledger.Members list = new Ledger.Members("list", true, 0, tally, timeline);
        with(
                client -> {
                    list.write(client);
                    list.write(client);
                    list.write(client);
                    list.check(client);
                    list.check(client);
                },
                ":1",
                "-ERR no answer that is known",
                ":2",
                "*3\r\n$2\r\nm0\r\n$2\r\nm1\r\n$2\r\nm0",
                "*1\r\n$2\r\nm0");
        assertThat(tally.doubledCount()).isEqualTo(1);
        assertThat(tally.lostOfGossip()).isEqualTo(1);
        assertThat(tally.problems()).anyMatch(problem -> problem.contains("list lacks m2"));
    }
}
