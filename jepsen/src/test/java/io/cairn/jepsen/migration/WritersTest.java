package io.cairn.jepsen.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.ScriptedServer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the counters' clients see that no client should is told at their end. */
final class WritersTest {
    private static final int SECONDS = 20;

    @Test
    void anErrorOfNoKindThatAMigrationExplainsIsWrong() throws Exception {
        AtomicInteger value = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(command -> {
                    if (command.startsWith("GET")) {
                        return "$1\r\n" + value;
                    }
                    return value.get() < 5 ? ":" + value.incrementAndGet() : "-ERR oh";
                });
                Writers writers = new Writers(slot -> server.address(), "w", 1, 1, SECONDS)) {
            writers.awaitDone(5, SECONDS);
            assertThat(writers.end()).hasSize(1).first().asString().contains("broke", "ERR oh");
        }
    }

    @Test
    void aSlotThatNobodyServesEndsTheRun() throws Exception {
        try (ScriptedServer server = new ScriptedServer(command -> "-CLUSTERDOWN The cluster is down");
                Writers writers = new Writers(slot -> server.address(), "w", 1, 2, 1)) {
            assertThat(writers.end()).hasSize(1).first().asString().contains("cannot be read: nobody serves it");
            assertThat(writers.done()).isZero();
        }
    }

    @Test
    void whatIsAsItShouldBeIsNotWrong() throws Exception {
        AtomicInteger value = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(command -> command.startsWith("GET")
                        ? "$" + Integer.toString(value.get()).length() + "\r\n" + value
                        : ":" + value.incrementAndGet());
                Writers writers = new Writers(slot -> server.address(), "w", 1, 1, SECONDS)) {
            writers.awaitDone(5, SECONDS);
            assertThat(writers.end()).isEmpty();
        }
    }
}
