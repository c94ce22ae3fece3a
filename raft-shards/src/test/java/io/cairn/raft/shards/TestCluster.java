package io.cairn.raft.shards;

import io.cairn.aof.FsyncPolicy;
import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.JoinMark;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.LayoutPlanner;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.PlanException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes of one test in some processes, with a perfect gossip between them: who runs is seen alive, who was killed is
 * seen dead. Node n of all listens at {@code basePort + n}; its id is new whenever its directory is.
 */
final class TestCluster implements NodeDirectory, AutoCloseable {
    /** One running node. */
    static final class TestNode {
        final int number;
        final ClusterNode self;
        final FakeData data = new FakeData();
        final ClusterMember member;
        final GroupHost host;

        TestNode(
                int number,
                ClusterNode self,
                GroupHost host,
                ClusterMember.Options options,
                AddressBook book,
                NodeDirectory directory) {
            this.number = number;
            this.self = self;
            this.host = host;
            this.member = new ClusterMember(options, host, book, directory, data, (shard, term, node) -> {});
        }
    }

    /** Starts and stops the hosts of nodes. */
    interface Hosts {
        GroupHost start(ClusterNode self, AddressBook book, @Nullable String clusterId) throws IOException;

        void stop(GroupHost host, ClusterNode self, boolean kill);
    }

    private static final long SNAPSHOT_PAUSE_MILLIS = 100;

    private final Path dir;
    private final int basePort;
    private final Hosts hosts;
    private final Map<Integer, TestNode> running = new ConcurrentHashMap<>();
    private final Map<String, SeenNode> dead = new ConcurrentHashMap<>();
    private int lastId;
    private long metaSnapshotEntries = Long.MAX_VALUE;

    TestCluster(Path dir, int basePort, Hosts hosts) {
        this.dir = dir;
        this.basePort = basePort;
        this.hosts = hosts;
    }

    /** Nodes that start from now on take a snapshot of the meta group that often. */
    void metaSnapshots(long entries) {
        metaSnapshotEntries = entries;
    }

    /** Starts node {@code number} of process {@code process}, from its directory if it has one. */
    TestNode start(int number, String process) throws IOException {
        Path home = home(number);
        Path idFile = home.resolve("id");
        if (!Files.exists(idFile)) {
            Files.createDirectories(home);
            lastId++;
            Files.writeString(idFile, String.format("%040x", 0xA000 + lastId));
        }
        int port = basePort + number;
        ClusterNode self =
                new ClusterNode(Files.readString(idFile), "127.0.0.1", port, port, port, "", process, NodeState.ACTIVE);
        AddressBook book = new AddressBook();
        GroupHost host = hosts.start(self, book, ClusterFile.clusterIdIn(home));
        MetaOptions meta = new MetaOptions(
                home,
                self,
                new FileMark(home.resolve("mark")),
                500,
                FsyncPolicy.NO,
                1 << 20,
                metaSnapshotEntries,
                SNAPSHOT_PAUSE_MILLIS);
        TestNode node = new TestNode(number, self, host, new ClusterMember.Options(meta, 500, 1 << 20), book, this);
        running.put(number, node);
        dead.remove(self.id());
        node.member.start();
        return node;
    }

    /** Kept beside the id, as a node does it. */
    private record FileMark(Path file) implements JoinMark {
        @Override
        public String clusterId() {
            try {
                return Files.exists(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void joins(String clusterId) throws IOException {
            Files.writeString(file, clusterId);
        }
    }

    void kill(int number) {
        TestNode node = running.remove(number);
        if (node != null) {
            dead.put(node.self.id(), seen(node, false));
            running.values().forEach(other -> other.member.leaders().nodeAlive(node.self.id(), false));
            hosts.stop(node.host, node.self, true);
            node.member.close();
        }
    }

    Path home(int number) {
        return dir.resolve("node-" + number);
    }

    void wipe(int number) {
        Path home = home(number);
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Layout layout(int replicas) {
        try {
            return LayoutPlanner.plan(
                    String.format("%040x", 0xC1),
                    nodes().stream().map(node -> node.self).toList(),
                    replicas,
                    false);
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    List<TestNode> nodes() {
        return running.values().stream()
                .sorted(Comparator.comparingInt(node -> node.number))
                .toList();
    }

    TestNode node(int number) {
        TestNode node = running.get(number);
        if (node == null) {
            throw new AssertionError("node " + number + " does not run");
        }
        return node;
    }

    /** The node whose replica of the shard serves, or a failed assertion. */
    TestNode leaderOf(String shardId) {
        for (TestNode node : nodes()) {
            ShardGroup shard = node.member.shard();
            if (shard != null && shard.shardId().equals(shardId) && shard.isServing()) {
                return node;
            }
        }
        throw new AssertionError("nobody serves shard " + shardId);
    }

    @Override
    public Collection<SeenNode> seen() {
        List<SeenNode> all = new ArrayList<>(dead.values());
        running.values().forEach(node -> all.add(seen(node, true)));
        return all;
    }

    private static SeenNode seen(TestNode node, boolean alive) {
        ClusterNode self = node.self;
        return new SeenNode(
                self.id(),
                self.host(),
                self.port(),
                self.busPort(),
                self.raftPort(),
                "",
                self.domain(),
                node.member.meta().clusterId(),
                alive);
    }

    @Override
    public void close() {
        List.copyOf(running.values()).forEach(node -> {
            node.member.close();
            hosts.stop(node.host, node.self, false);
        });
        running.clear();
    }
}
