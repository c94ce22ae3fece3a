package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.PreviousVersion;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A cluster of the previous landed version becomes one of this version, process by process, under writes: what was
 * acknowledged stays, nothing is written that an older node cannot read before all are new, and then an older node does not
 * start any more. Needs the previous version, built by {@code make upgrade} (or by this test with
 * {@code -Dcairn.previous.build=true}).
 */
@Tag("long")
class RollingUpgradeIT {
    /** Held by who writes, and by who needs that nobody does. */
    private static final Object WRITES = new Object();

    private static final int PORT = 22_300;
    private static final int SECONDS = 60;
    private static final int STOP_SECONDS = 20;
    private static final String UNCONFIRMED = "do not confirm it now";

    @Test
    void processByProcess(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        Distribution next = Distribution.find();
        String missing = PreviousVersion.missing(next.root());
        assumeTrue(missing.isEmpty(), missing);
        assumeTrue(
                PreviousVersion.built(next.root()) || Boolean.getBoolean("cairn.previous.build"),
                "the previous version is not built: make upgrade");
        Distribution previous = PreviousVersion.find(next.root());
        ClusterOptions options = ClusterOptions.DEMO.withNodesPerProcess(1).withHeap(160);
        try (CairnCluster cluster = new CairnCluster(previous, directory, PORT, options)) {
            Set<String> acknowledged = new HashSet<>();
            AtomicBoolean stop = new AtomicBoolean();
            Thread writer = new Thread(() -> write(cluster, acknowledged, stop), "upgrade-writer");
            writer.start();
            try {
                restart(cluster, 0, next);
                assertThat(active(cluster, 0)).isEqualTo("1");
                // Back, for as long as nothing new was written.
                restart(cluster, 0, previous);
                restart(cluster, 0, next);
                try (RawClient client = RawClient.connect(node(cluster, 0), Timeouts.PATIENT)) {
                    assertThat(client.call("CONFIG", "SET", "cluster-node-timeout", "9000")
                                    .text())
                            .contains("needs version 2", "active version is 1");
                }
                restart(cluster, 1, next);
                assertThat(active(cluster, 0)).isEqualTo("1");
                // The old one begins anew with what new ones send it: a snapshot, for the log before the last but one
                // is gone.
                for (int round = 0; round < 2; round++) {
                    for (int process = 0; process < 2; process++) {
                        try (RawClient client = RawClient.connect(node(cluster, process), Timeouts.PATIENT)) {
                            assertThat(client.call("SAVE").text()).isEqualTo("OK");
                        }
                    }
                }
                cluster.kill9(java.util.List.of(2));
                cluster.wipe(2);
                cluster.start(2);
                ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
                ClusterState.awaitCaughtUp(cluster.nodes(), SECONDS);
                assertThat(active(cluster, 1)).isEqualTo("1");
                rolledBack(cluster, previous, next);
                for (int process = 0; process < 3; process++) {
                    int each = process;
                    Await.until(
                            "version 2 at " + each,
                            SECONDS,
                            () -> active(cluster, each).equals("2"));
                }
                try (RawClient client = RawClient.connect(node(cluster, 0), Timeouts.PATIENT)) {
                    assertThat(client.call("CONFIG", "SET", "cluster-node-timeout", "9000")
                                    .text())
                            .isEqualTo("OK");
                }
                tooOld(cluster, previous, next);
            } finally {
                stop.set(true);
                writer.join();
            }
            assertThat(acknowledged).hasSizeGreaterThan(100);
            try (JedisCluster jedis = jedis(cluster)) {
                for (String key : acknowledged) {
                    assertThat(jedis.get(key)).as(key).isEqualTo("v" + key);
                }
            }
        }
    }

    /** A node that announced what it can and went back is not overrun when the last other one is new. */
    private static void rolledBack(CairnCluster cluster, Distribution previous, Distribution next) {
        restart(cluster, 1, previous);
        restart(cluster, 2, next);
        // A leader of the previous build raises nothing: the question is what one of this build does.
        for (int i = 0; i < 5 && metaLeader(cluster, 1); i++) {
            restart(cluster, 1, previous);
        }
        Await.until(
                "its leader asks",
                SECONDS,
                () -> cluster.server(0).ownOutput().contains(UNCONFIRMED)
                        || cluster.server(2).ownOutput().contains(UNCONFIRMED));
        for (int process : new int[] {0, 2}) {
            assertThat(active(cluster, process)).isEqualTo("1");
        }
        assertThat(cluster.server(1).alive()).isTrue();
        restart(cluster, 1, next);
    }

    private static boolean metaLeader(CairnCluster cluster, int process) {
        return cluster.nodes(process).stream().anyMatch(node -> info(node).contains("cluster_meta_role:leader"));
    }

    private static void tooOld(CairnCluster cluster, Distribution previous, Distribution next) {
        assertThat(cluster.server(2).stop(STOP_SECONDS)).isTrue();
        cluster.use(2, previous);
        cluster.start(2);
        assertThat(cluster.server(2).awaitExit(SECONDS))
                .as("an older build ends")
                .isTrue();
        assertThat(cluster.server(2).exitCode()).isNotZero();
        assertThat(cluster.server(2).ownOutput()).contains("format version 3, this build knows");
        restart(cluster, 2, next);
    }

    private static Address node(CairnCluster cluster, int process) {
        return cluster.nodes(process).get(0);
    }

    private static void restart(CairnCluster cluster, int process, Distribution with) {
        if (cluster.server(process).alive()) {
            assertThat(cluster.server(process).stop(STOP_SECONDS)).isTrue();
        }
        cluster.use(process, with);
        cluster.start(process);
        ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
        synchronized (WRITES) {
            ClusterState.awaitCaughtUp(cluster.nodes(), SECONDS);
        }
    }

    private static String active(CairnCluster cluster, int process) {
        String info = info(node(cluster, process));
        return info.lines()
                .filter(line -> line.startsWith("cluster_active_version:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(info);
    }

    private static String info(Address node) {
        try (RawClient client = RawClient.connect(node, Timeouts.PATIENT)) {
            return client.call("CLUSTER", "INFO").text();
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static JedisCluster jedis(CairnCluster cluster) {
        Set<HostAndPort> nodes = new HashSet<>();
        cluster.nodes().forEach(node -> nodes.add(new HostAndPort(node.host(), node.port())));
        return new JedisCluster(nodes);
    }

    /** Errors are allowed while a process is gone; what was acknowledged is kept to be looked for. */
    private static void write(CairnCluster cluster, Set<String> acknowledged, AtomicBoolean stop) {
        try (JedisCluster jedis = jedis(cluster)) {
            for (int i = 0; !stop.get(); i++) {
                try {
                    synchronized (WRITES) {
                        jedis.set("up" + i, "vup" + i);
                        acknowledged.add("up" + i);
                    }
                    Thread.sleep(5);
                } catch (JedisException e) {
                    // A process is gone for the moment.
                    LockSupport.parkNanos(1_000_000);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }
}
