package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.ScriptedServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Replicas that are made up: each lists itself at entry 7 and answers the rest as the test says. */
class ReplicaDigestsTest {
    private static final String ONE = "+" + "1".repeat(40);
    private static final String TWO = "+" + "2".repeat(40);

    private final List<String> problems = new ArrayList<>();

    /** One server, which needs to know its own port. */
    private static ScriptedServer server(Function<String, String> answers) throws IOException {
        AtomicInteger port = new AtomicInteger();
        ScriptedServer server = new ScriptedServer(command -> command.equals("CLUSTER SHARDS")
                ? "*1\r\n*2\r\n+nodes\r\n*1\r\n*4\r\n+port\r\n:" + port + "\r\n+replication-offset\r\n:7"
                : answers.apply(command));
        port.set(server.address().port());
        return server;
    }

    private long compare(Function<String, String> left, Function<String, String> right) throws IOException {
        try (ScriptedServer a = server(left);
                ScriptedServer b = server(right)) {
            return new ReplicaDigests("shard", List.of(a.address(), b.address()), problems, 1).run();
        }
    }

    /** A node that can tell its digest, and hangs up when it is asked for more. */
    private static Function<String, String> digest(String digest) {
        return command -> command.startsWith("DEBUG DIGEST") ? digest : "";
    }

    @Test
    void equalReplicasAreRight() throws IOException {
        assertThat(compare(digest(ONE), digest(ONE))).isEqualTo(7);
        assertThat(problems).isEmpty();
    }

    @Test
    void aDifferenceIsToldAlsoWhenTheKeysCannotBeNamed() throws IOException {
        assertThat(compare(digest(ONE), digest(TWO))).isEqualTo(7);
        assertThat(problems).singleElement().asString().contains("at entry 7 the digests of", "could not be named");
    }

    @Test
    void nodesThatAllAnswerWithAnErrorAreNotEqual() throws IOException {
        assertThat(compare(digest("-ERR no"), digest("-ERR no"))).isEqualTo(-1);
        assertThat(problems).first().asString().contains("gave no digest: ERR no");
    }

    @Test
    void aNodeThatDoesNotListItselfIsAProblem() throws IOException {
        try (ScriptedServer a = new ScriptedServer(command -> "*0")) {
            new ReplicaDigests("shard", List.of(a.address()), problems, 1).run();
        }
        assertThat(problems).first().asString().contains("does not list itself");
    }
}
