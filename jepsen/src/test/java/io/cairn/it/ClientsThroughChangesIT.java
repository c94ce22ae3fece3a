package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stock clients with reads at replicas go on working while leadership is handed over, slots move by {@code redis-cli --cluster
 * reshard}, and (with {@code -Dcairn.clients.long=true}, as {@code make stock-clients} runs it) a process is killed, wiped
 * and comes back with new nodes. No wrong reply, nothing acknowledged lost, and each ends with the cluster's topology.
 * What is not installed is left out, and said.
 */
@Tag("long")
class ClientsThroughChangesIT {
    private static final int PORT = 22_500;
    private static final int SECONDS = 30;
    private static final int RESHARDED = 20;
    private static final boolean LONG = Boolean.getBoolean("cairn.clients.long");

    private final List<Subject> subjects = new ArrayList<>();

    @Test
    void stockClientsGoOnWorking(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        try (CairnCluster cluster =
                new CairnCluster(Distribution.find(), directory, PORT, ClusterOptions.DEMO.withHeap(200))) {
            try {
                start(cluster, directory);
                working("at the start");
                failover(cluster);
                working("after a failover");
                if (Tools.onPath("redis-cli")) {
                    reshard(cluster, directory);
                    working("after a reshard");
                } else {
                    System.out.println("clients: no reshard, redis-cli is not installed");
                }
                if (LONG) {
                    cluster.kill9(List.of(1));
                    working("after a kill");
                    cluster.wipe(1);
                    cluster.start(1);
                    ClusterState.awaitHealthy(cluster.nodes(), 60);
                    working("after the replacement of three nodes");
                    failover(cluster);
                    working("after another failover");
                }
                finish(cluster);
            } finally {
                subjects.forEach(Subject::close);
            }
        }
    }

    private void start(CairnCluster cluster, Path directory) throws Exception {
        for (boolean resp3 : new boolean[] {false, true}) {
            String protocol = resp3 ? "3" : "2";
            subjects.add(new JavaSubject("jedis" + protocol, JavaClients.jedis(cluster.nodes(), resp3)));
            subjects.add(new JavaSubject("lettuce" + protocol, JavaClients.lettuce(cluster.nodes(), resp3)));
            subjects.add(new JavaSubject("redisson" + protocol, JavaClients.redisson(cluster.nodes(), resp3)));
        }
        Path workload =
                Path.of(Objects.requireNonNull(ClientsThroughChangesIT.class.getResource("/clients/workload.js"))
                        .toURI());
        Path scripts = Objects.requireNonNull(workload.getParent());
        python(cluster, scripts, directory);
        Path modules = Distribution.find().root().resolve("jepsen/target/npm/node_modules");
        node(cluster, scripts, modules, "ioredis", "ioredis", List.of("2"));
        node(cluster, scripts, modules, "redis", "node_redis", List.of("2", "3"));
    }

    private void python(CairnCluster cluster, Path scripts, Path directory) throws Exception {
        ServerProcess probe = ServerProcess.start(
                List.of(
                        "/usr/bin/python3",
                        "-c",
                        "import redis.cluster, redis; print('major', redis.__version__.split('.')[0])"),
                directory,
                directory.resolve("redis-py.log"));
        probe.awaitExit(SECONDS);
        String said = probe.output();
        if (!said.startsWith("major ")) {
            System.out.println("clients: redis-py is not installed (Debian: python3-redis)");
            return;
        }
        int major = Integer.parseInt(said.substring("major ".length()).strip());
        for (String protocol : major < 5 ? List.of("2") : List.of("2", "3")) {
            script(
                    cluster,
                    scripts,
                    "redis-py",
                    protocol,
                    List.of("/usr/bin/python3"),
                    "redis_py_changes.py",
                    Map.of());
        }
        if (major < 5) {
            System.out.println("clients: redis-py " + major + " has no RESP3");
        }
    }

    private void node(
            CairnCluster cluster, Path scripts, Path modules, String module, String script, List<String> protocols)
            throws IOException {
        if (!Tools.onPath("node") || !Files.isDirectory(modules.resolve(module))) {
            System.out.println("clients: no " + module + " of npm: make stock-clients installs it, and needs Node.js");
            return;
        }
        for (String protocol : protocols) {
            Map<String, String> environment = Map.of("NODE_PATH", modules.toString());
            script(cluster, scripts, script, protocol, List.of("node"), script + ".js", environment);
        }
    }

    private void script(
            CairnCluster cluster,
            Path scripts,
            String client,
            String protocol,
            List<String> program,
            String file,
            Map<String, String> environment)
            throws IOException {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(
                scripts.resolve(file).toString(),
                Integer.toString(cluster.nodes().get(0).port()),
                protocol,
                client + protocol + "-"));
        subjects.add(new ScriptSubject(client + protocol, command, scripts, environment));
    }

    /** Each writes and reads again, within a time. */
    private void working(String when) {
        List<long[]> before = new ArrayList<>();
        for (Subject subject : subjects) {
            before.add(new long[] {subject.writes(), subject.reads()});
        }
        try {
            Await.until("all work " + when, SECONDS, () -> late(before).isEmpty());
        } catch (IllegalStateException e) {
            throw new AssertionError(e.getMessage() + ": " + late(before), e);
        }
        System.out.println("clients: all work " + when);
    }

    private List<Subject> late(List<long[]> before) {
        List<Subject> late = new ArrayList<>();
        for (int i = 0; i < subjects.size(); i++) {
            Subject subject = subjects.get(i);
            if (subject.writes() <= before.get(i)[0] + 10 || subject.reads() <= before.get(i)[1] + 10) {
                late.add(subject);
            }
        }
        return late;
    }

    /** CLUSTER FAILOVER at a replica of the first shard; again where the primary went by itself meanwhile, as on a busy machine. */
    private static void failover(CairnCluster cluster) {
        Await.until("a failover", SECONDS, () -> {
            Address primary = ClusterState.primaryOf(0, cluster.nodes());
            Address replica = primary == null ? null : replicaOf(primary, cluster);
            if (primary == null
                    || replica == null
                    || !call(replica, "CLUSTER", "FAILOVER").equals("OK")) {
                return false;
            }
            Await.until("another primary", SECONDS, () -> !primary.equals(ClusterState.primaryOf(0, cluster.nodes())));
            return true;
        });
    }

    private static @Nullable Address replicaOf(Address primary, CairnCluster cluster) throws Exception {
        String id = call(primary, "CLUSTER", "MYID");
        for (Address node : cluster.nodes()) {
            boolean follows = call(node, "CLUSTER", "NODES")
                    .lines()
                    .anyMatch(line -> line.contains("myself") && line.contains("slave " + id));
            if (follows) {
                return node;
            }
        }
        return null;
    }

    private static void reshard(CairnCluster cluster, Path directory) throws Exception {
        Address from = Objects.requireNonNull(ClusterState.primaryOf(0, cluster.nodes()));
        Address to = Objects.requireNonNull(ClusterState.primaryOf(16_383, cluster.nodes()));
        ServerProcess reshard = ServerProcess.start(
                List.of(
                        "redis-cli",
                        "--cluster",
                        "reshard",
                        from.toString(),
                        "--cluster-from",
                        call(from, "CLUSTER", "MYID"),
                        "--cluster-to",
                        call(to, "CLUSTER", "MYID"),
                        "--cluster-slots",
                        Integer.toString(RESHARDED),
                        "--cluster-yes"),
                directory,
                directory.resolve("reshard.log"));
        assertThat(reshard.awaitExit(120)).as(reshard.output()).isTrue();
        assertThat(reshard.exitCode()).as(reshard.output()).isZero();
        Await.until("slot 0 has moved", SECONDS, () -> to.equals(ClusterState.primaryOf(0, cluster.nodes())));
    }

    private static String call(Address node, String... words) throws Exception {
        try (RawClient client = RawClient.connect(node, Timeouts.PATIENT)) {
            return client.call(words).text();
        }
    }

    private void finish(CairnCluster cluster) throws Exception {
        ClusterState.awaitHealthy(cluster.nodes(), 60);
        // A refresh of the topology that clients make by themselves every few seconds.
        Thread.sleep(5_000);
        Set<String> primaries = new TreeSet<>();
        for (int slot : new int[] {0, RESHARDED + 1, 8_192, 16_383}) {
            primaries.add(Objects.requireNonNull(ClusterState.primaryOf(slot, cluster.nodes()))
                    .toString());
        }
        List<String> wrong = new ArrayList<>();
        for (Subject subject : subjects) {
            String verdict = subject.finish();
            System.out.println("clients: " + subject);
            if (!verdict.isEmpty()) {
                wrong.add(verdict);
            } else if (!new HashSet<>(subject.primaries()).equals(primaries)) {
                wrong.add(subject.name() + " knows the primaries " + subject.primaries() + ", they are " + primaries);
            }
        }
        assertThat(wrong).isEmpty();
    }
}
