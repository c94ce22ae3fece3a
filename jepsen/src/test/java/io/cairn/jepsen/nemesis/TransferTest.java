package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.ScriptedServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One shard of two nodes, each of which says what {@link #primary} says. */
class TransferTest {
    private final AtomicInteger primary = new AtomicInteger();
    private volatile String failover = "+OK";
    private ScriptedServer first;
    private ScriptedServer second;
    private FakeCluster cluster;

    @BeforeEach
    void open() throws IOException {
        first = new ScriptedServer(command -> answer(command, 0));
        second = new ScriptedServer(command -> answer(command, 1));
        cluster = new FakeCluster(null, List.of(first.address(), second.address()));
    }

    @AfterEach
    void close() throws IOException {
        first.close();
        second.close();
    }

    @Test
    void aTransferThatWasAskedForIsConfirmed() {
        Transfer transfer = transfer();
        transfer.strike(cluster);
        assertThat(transfer.confirm(cluster))
                .isEqualTo("the primary of slot 0 was " + first.address() + ", now ROLE of " + second.address()
                        + " says master");
        assertThat(transfer.victims()).containsExactly(1);
    }

    @Test
    void whenTheReplicaIsPrimaryAlreadyTheOtherIsAsked() {
        Transfer transfer = transfer();
        primary.set(1);
        transfer.strike(cluster);
        assertThat(transfer.confirm(cluster)).contains("was " + second.address());
        assertThat(transfer.victims()).containsExactly(0);
        assertThat(primary).hasValue(0);
    }

    @Test
    void whatRefusesAndBecomesPrimaryByItselfWasNotTransferred() {
        Transfer transfer = transfer();
        failover = "-ERR I am no replica";
        transfer.strike(cluster);
        assertThatThrownBy(() -> transfer.confirm(cluster))
                .isInstanceOf(UnconfirmedException.class)
                .hasMessageContaining("refused");
    }

    private Transfer transfer() {
        Shards.Shard shard = new Shards.Shard(0, first.address(), List.of(second.address()));
        return new Transfer(shard, second.address(), cluster.processOfNode());
    }

    private String answer(String command, int node) {
        return switch (command) {
            case "CLUSTER SLOTS" -> {
                Address now = primary.get() == 0 ? first.address() : second.address();
                yield "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + now.port();
            }
            case "CLUSTER FAILOVER" -> {
                primary.set(node);
                yield failover;
            }
            default -> "*1\r\n$6\r\n" + (primary.get() == node ? "master" : "slave ");
        };
    }
}
