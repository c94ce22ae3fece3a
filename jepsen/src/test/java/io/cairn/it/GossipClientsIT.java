package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.failover.SixNodes;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Jedis, Lettuce and redis-py go on through a failover by hand in gossip mode, which loses nothing, and through the death of a primary. */
@Tag("long")
class GossipClientsIT {
    private static final int PORT = 32_500;
    private static final int SECONDS = 30;
    private static final int CALLS = 50;

    @Test
    void stockClientsGoOnThroughFailovers(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        try (SixNodes nodes = SixNodes.ofCairn(directory, PORT, 1_500, false)) {
            nodes.create(directory);
            List<Subject> subjects = new ArrayList<>();
            try {
                start(subjects, nodes, directory);
                working(subjects, "at the start");
                Address first = nodes.nodes().get(0);
                Address replica = replicaOf(first, nodes);
                assertThat(call(replica, "CLUSTER", "FAILOVER")).isEqualTo("OK");
                awaitPrimary(nodes, replica);
                working(subjects, "after a failover by hand");
                assertThat(call(first, "CLUSTER", "FAILOVER")).isEqualTo("OK");
                awaitPrimary(nodes, first);
                working(subjects, "after another");
                List<String> wrong = new ArrayList<>();
                for (Subject subject : subjects) {
                    wrong.add(subject.finish());
                }
                assertThat(wrong).containsOnly("");
            } finally {
                subjects.forEach(Subject::close);
                subjects.clear();
            }
            // What the primary acknowledged last may be lost with it: these only have to go on.
            try {
                start(subjects, nodes, directory);
                working(subjects, "again");
                Address heir = replicaOf(nodes.nodes().get(0), nodes);
                nodes.killFirst();
                awaitPrimary(nodes, heir);
                working(subjects, "after the death of a primary");
            } finally {
                subjects.forEach(Subject::close);
            }
        }
    }

    private static void start(List<Subject> subjects, SixNodes nodes, Path directory) throws Exception {
        // The first is to die: whoever asks only it at the start has bad luck in any cluster.
        List<Address> known = nodes.nodes();
        subjects.add(new JavaSubject("jedis", JavaClients.jedis(known, false)));
        subjects.add(new JavaSubject("lettuce", JavaClients.lettuce(known, false)));
        Path script = Path.of(Objects.requireNonNull(GossipClientsIT.class.getResource("/clients/redis_py_changes.py"))
                .toURI());
        try (ServerProcess probe = ServerProcess.start(
                List.of("/usr/bin/python3", "-c", "import redis.cluster"),
                directory,
                directory.resolve("redis-py.log"))) {
            if (!probe.awaitExit(SECONDS) || probe.exitCode() != 0) {
                System.out.println("clients: redis-py is not installed (Debian: python3-redis)");
                return;
            }
        }
        String port = Integer.toString(known.get(1).port());
        subjects.add(new ScriptSubject(
                "redis-py",
                List.of("/usr/bin/python3", script.toString(), port, "2", "redis-py-"),
                Objects.requireNonNull(script.getParent()),
                Map.of()));
    }

    private static void working(List<Subject> subjects, String when) {
        List<Long> before =
                subjects.stream().map(subject -> subject.writes() + CALLS).toList();
        List<Long> read =
                subjects.stream().map(subject -> subject.reads() + CALLS).toList();
        Await.until("all work " + when + ": " + subjects, SECONDS, () -> {
            for (int i = 0; i < subjects.size(); i++) {
                if (subjects.get(i).writes() < before.get(i) || subjects.get(i).reads() < read.get(i)) {
                    return false;
                }
            }
            return true;
        });
        System.out.println("clients: all work " + when);
    }

    private static Address replicaOf(Address primary, SixNodes nodes) throws Exception {
        String id = call(primary, "CLUSTER", "MYID");
        for (Address node : nodes.nodes()) {
            boolean follows = call(node, "CLUSTER", "NODES")
                    .lines()
                    .anyMatch(line -> line.contains("myself") && line.contains("slave " + id));
            if (follows) {
                return node;
            }
        }
        throw new AssertionError("nobody follows " + primary);
    }

    private static void awaitPrimary(SixNodes nodes, Address heir) {
        Address other = nodes.nodes().get(1);
        Await.until(
                heir + " leads",
                SECONDS,
                () -> call(other, "CLUSTER", "NODES")
                        .lines()
                        .anyMatch(line -> line.contains(heir + "@") && line.contains("master ") && line.contains("-")));
    }

    private static String call(Address node, String... words) throws Exception {
        return ClusterState.ask(node, words).text();
    }
}
