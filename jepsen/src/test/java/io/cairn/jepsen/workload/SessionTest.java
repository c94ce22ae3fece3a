package io.cairn.jepsen.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.ScriptedServer;
import io.cairn.jepsen.resp.Talk;
import io.cairn.jepsen.resp.Timeouts;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SessionTest {
    @Test
    void answersAreTakenDown() throws IOException {
        Operation operation = run(":7");
        assertThat(operation.outcome()).isEqualTo(Outcome.OK);
        assertThat(operation.out()).isEqualTo(7L);
        assertThat(operation.error()).isNull();
        assertThat(operation.ret()).isGreaterThan(operation.call());
    }

    @Test
    void refusalsAreFailuresOfTheSameClient() throws IOException {
        assertThat(run("-CLUSTERDOWN down")).satisfies(operation -> {
            assertThat(operation.outcome()).isEqualTo(Outcome.FAIL);
            assertThat(operation.error()).isEqualTo("CLUSTERDOWN down");
        });
    }

    @Test
    void unknownOutcomesStayOpenAndTheClientIsAnother() throws IOException {
        assertThat(run("-ERR strange").outcome()).isEqualTo(Outcome.INFO);
        assertThat(run("").outcome()).isEqualTo(Outcome.INFO);
    }

    @Test
    void answersOfTheWrongShapeAreUnknown() throws IOException {
        assertThat(run("+OK").error()).isEqualTo("no answer to this: OK");
    }

    private static Operation run(String answer) throws IOException {
        Recorder recorder = new Recorder();
        try (ScriptedServer server = new ScriptedServer(c -> answer)) {
            ClusterClient client = new ClusterClient(List.of(server.address()), Map.of(), new Timeouts(500, 500), 0);
            try (Session session = new Session(client, new SplittableRandom(1), recorder)) {
                Outcome outcome = session.run("incr", "k", 5, 1L, Talk.command("INCR", "k"), Replies::integer);
                Operation operation = recorder.history(Map.of()).operations().get(0);
                assertThat(operation.outcome()).isEqualTo(outcome);
                assertThat(operation.node()).isEqualTo(server.address().toString());
                assertThat(operation.client()).isZero();
                assertThat(session.client()).isEqualTo(outcome == Outcome.INFO ? 1 : 0);
                return operation;
            }
        }
    }
}
