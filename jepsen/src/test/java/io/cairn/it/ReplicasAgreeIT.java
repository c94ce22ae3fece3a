package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.RandomCalls;
import io.cairn.jepsen.check.DiskCheck;
import io.cairn.jepsen.check.NodeLogCheck;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands of all types through raft, with scripts, transactions, keys and fields that expire; in the middle a kill -9 of the leader, a
 * restart, and a replica that comes back empty and gets a snapshot. At the end the three replicas hold the same, down to expiry,
 * versions and order. More of it: {@code make agree CALLS=200000 SEED=N}.
 */
@Tag("long")
class ReplicasAgreeIT {
    private static final int PORT = 22600;
    private static final int SECONDS = 60;
    private static final int CLIENTS = 3;
    private static final int CALLS = Integer.getInteger("cairn.agree.calls", 3_000);
    private static final long SEED = Long.getLong("cairn.agree.seed", 20_261_121L);
    private static final String TAG = "{t}";
    /** As many as the templates of the types have, but for a few that need luck in so short a run. */
    private static final int LEAST_COMMANDS = 110;

    @TempDir
    Path directory;

    @Test
    void replicasHoldTheSameAfterKillRestartAndSnapshot() throws Exception {
        List<RandomCalls> calls = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            calls.add(new RandomCalls(SEED + i, TAG));
        }
        System.out.println("seed " + SEED + ", " + CALLS + " calls");
        try (CairnCluster cluster =
                new CairnCluster(Distribution.find(), directory, PORT, ClusterOptions.DEMO.withNodesPerProcess(1))) {
            List<Address> nodes = cluster.nodes();
            write(nodes, calls);
            int leader = nodes.indexOf(primary(nodes));
            cluster.kill9(List.of(leader));
            write(nodes, calls);
            save(nodes);
            cluster.start(leader);
            ClusterState.awaitHealthy(nodes, SECONDS);
            // Empty, and the log of the others no longer begins where it would have to.
            int replica = nodes.indexOf(other(nodes));
            cluster.kill9(List.of(replica));
            cluster.wipe(replica);
            write(nodes, calls);
            save(nodes);
            cluster.start(replica);
            ClusterState.awaitHealthy(nodes, SECONDS);
            write(nodes, calls);
            fieldsExpireByThemselves(primary(nodes));
            assertThat(DiskCheck.memory(cluster)).isEmpty();
            // From disk alone: what was applied live is what replay gives.
            cluster.kill9(List.of(0, 1, 2));
            List.of(0, 1, 2).forEach(cluster::start);
            ClusterState.awaitHealthy(nodes, SECONDS);
            assertThat(new DiskCheck(Distribution.find()).atEnd(cluster).problems())
                    .isEmpty();
            assertThat(new NodeLogCheck().check(cluster).problems()).isEmpty();
        }
        Map<String, Integer> successes = new TreeMap<>();
        calls.forEach(each -> each.successes().forEach((name, count) -> successes.merge(name, count, Integer::sum)));
        System.out.println("successful calls: " + successes);
        assertThat(successes).hasSizeGreaterThanOrEqualTo(LEAST_COMMANDS);
    }

    /** A quarter of all calls, by several clients at once, each now and then in a transaction. */
    private static void write(List<Address> nodes, List<RandomCalls> calls) throws Exception {
        Address primary = primary(nodes);
        limit(primary);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (RandomCalls each : calls) {
                done.add(clients.submit(() -> {
                    write(primary, each);
                    return null;
                }));
            }
            for (Future<?> one : done) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("a client failed", e.getCause());
        } finally {
            clients.shutdownNow();
        }
    }

    /** Other limits for who is primary now: they count for the shard from there on. */
    private static void limit(Address primary) throws Exception {
        int node = primary.port() % 7;
        assertThat(ClusterState.ask(primary, "CONFIG", "SET", "set-max-intset-entries", Integer.toString(3 * node))
                        .text())
                .isEqualTo("OK");
        ClusterState.ask(primary, "CONFIG", "SET", "stream-node-max-entries", Integer.toString(node));
        ClusterState.ask(primary, "CONFIG", "SET", "hll-sparse-max-bytes", Integer.toString(100 * node));
    }

    private static void write(Address primary, RandomCalls calls) throws NotSentException, OutcomeUnknownException {
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            for (int i = 0; i < CALLS / CLIENTS / 4; i++) {
                boolean block = i % 50 == 0;
                if (block) {
                    client.call("MULTI");
                    client.call(calls.next());
                    client.call(calls.next());
                }
                byte[][] call = calls.next();
                Reply reply = client.call(call);
                if (block) {
                    client.call("EXEC");
                } else if (!reply.failed()) {
                    calls.succeeded(call, reply.text().getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        }
    }

    /** What takes writes now. */
    private static Address primary(List<Address> nodes) {
        List<Address> found = new ArrayList<>();
        Await.until("a primary", SECONDS, () -> {
            Address primary = ClusterState.primaryOf(0, nodes);
            if (primary == null
                    || ClusterState.ask(primary, "SET", TAG + "asked", "1").failed()) {
                return false;
            }
            found.add(primary);
            return true;
        });
        return found.get(0);
    }

    private static Address other(List<Address> nodes) {
        Address primary = primary(nodes);
        return nodes.stream().filter(node -> !node.equals(primary)).findFirst().orElseThrow();
    }

    private static void fieldsExpireByThemselves(Address primary) throws Exception {
        String hash = TAG + "expires";
        ClusterState.ask(primary, "HSET", hash, "a", "1", "b", "2", "c", "3");
        ClusterState.ask(primary, "HPEXPIRE", hash, "100", "FIELDS", "2", "a", "b");
        ClusterState.ask(primary, "HEXPIRE", hash, "1000", "FIELDS", "1", "c");
        Await.until(
                "expired fields to go",
                SECONDS,
                () -> ClusterState.ask(primary, "HLEN", hash).number() == 1);
    }

    private static void save(List<Address> nodes) throws Exception {
        assertThat(ClusterState.ask(primary(nodes), "SAVE").text()).isEqualTo("OK");
    }
}
