package io.cairn.jepsen.resp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClusterClientTest {
    private static final Timeouts SHORT = new Timeouts(500, 200);

    @Test
    void movedIsFollowedAsANewAttempt() throws IOException {
        try (ScriptedServer owner = new ScriptedServer(c -> ":1");
                ScriptedServer other = new ScriptedServer(c -> "-MOVED 5 " + owner.address())) {
            assertThat(incr(5_000, other)).isEqualTo(new Attempt.Acknowledged(new Reply.Int(1), owner.address()));
            assertThat(owner.commands()).containsExactly("INCR k");
        }
    }

    @Test
    void askIsFollowedWithAsking() throws IOException {
        try (ScriptedServer target = new ScriptedServer(c -> c.equals("ASKING") ? "+OK" : ":1");
                ScriptedServer source = new ScriptedServer(c -> "-ASK 5 " + target.address())) {
            assertThat(incr(5_000, source)).isEqualTo(new Attempt.Acknowledged(new Reply.Int(1), target.address()));
            assertThat(target.commands()).containsExactly("ASKING", "INCR k");
        }
    }

    @Test
    void lostConnectionIsUnknownAndNothingIsSentAgain() throws IOException {
        try (ScriptedServer closing = new ScriptedServer(c -> "")) {
            assertThat(incr(5_000, closing)).isInstanceOf(Attempt.Unknown.class);
            assertThat(closing.commands()).containsExactly("INCR k");
        }
    }

    @Test
    void silenceIsUnknown() throws IOException {
        try (ScriptedServer silent = new ScriptedServer(ClusterClientTest::never)) {
            assertThat(incr(5_000, silent)).isInstanceOf(Attempt.Unknown.class);
            assertThat(silent.commands()).hasSize(1);
        }
    }

    @Test
    void strangeErrorsAreUnknown() throws IOException {
        try (ScriptedServer failing = new ScriptedServer(c -> "-UNKNOWN the write may or may not have happened")) {
            assertThat(incr(5_000, failing)).isInstanceOf(Attempt.Unknown.class);
            assertThat(failing.commands()).hasSize(1);
        }
    }

    @Test
    void refusalsAreTriedAgainUntilTheDeadline() throws IOException {
        try (ScriptedServer down = new ScriptedServer(c -> "-CLUSTERDOWN The cluster is down")) {
            assertThat(incr(100, down)).isEqualTo(new Attempt.Refused("CLUSTERDOWN The cluster is down"));
            assertThat(down.commands().size()).isGreaterThan(1);
        }
    }

    @Test
    void refusedConnectionLeadsToTheNextNode() throws IOException {
        ScriptedServer dead = new ScriptedServer(c -> "");
        dead.close();
        try (ScriptedServer alive = new ScriptedServer(c -> ":1")) {
            assertThat(incr(5_000, dead, alive)).isInstanceOf(Attempt.Acknowledged.class);
            assertThat(incr(5_000, alive, dead)).isInstanceOf(Attempt.Acknowledged.class);
        }
    }

    private static Attempt incr(long millis, ScriptedServer... servers) {
        List<Address> nodes =
                Arrays.stream(servers).map(ScriptedServer::address).toList();
        try (ClusterClient client = new ClusterClient(nodes, Map.of(), SHORT, 0)) {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            return client.execute(5, deadline, RawClient.words("INCR", "k"));
        }
    }

    private static String never(String command) {
        try {
            Thread.sleep(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return command;
    }
}
