package io.cairn.mode;

import io.cairn.cluster.Redirects;
import io.cairn.cluster.Topology;
import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyEvents;
import io.cairn.config.MaxmemoryPolicy;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.shards.LeaderTable;
import io.netty.channel.DefaultEventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.TimeUnit;

/** What a node in raft mode has beside a shard: here is none, so all that is proposed is refused. */
final class LonelyRaft implements AutoCloseable {
    final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    final CommandTable table = new CommandTable(Families.data());
    final NodeStats stats = new NodeStats(table);
    final MemoryLimit memory = new MemoryLimit(keyspace, () -> 0, () -> 0, () -> false);
    final DefaultEventLoop loop = new DefaultEventLoop();
    final RaftMode mode;

    LonelyRaft() {
        ClusterNode self = new ClusterNode("a".repeat(40), "127.0.0.1", 1, 2, 3, "", "d", NodeState.ACTIVE);
        RaftData data =
                new RaftData(keyspace, table, stats, KeyEvents.NONE, Clock.systemUTC(), new ShardStore.Listener() {
                    @Override
                    public void leading(boolean leading) {}

                    @Override
                    public void broken(Throwable cause) {}
                });
        memory.max(1L << 40);
        memory.policy(MaxmemoryPolicy.ALLKEYS_LRU);
        mode = data.mode(
                () -> null,
                new Redirects(
                        new Topology(self, () -> ClusterMap.EMPTY, new LeaderTable(), new AllAlive(), () -> 0),
                        () -> true,
                        () -> Redirects.EndpointStyle.IP),
                memory,
                () -> false,
                () -> 0,
                nanos -> {});
    }

    static Args args(String... words) {
        Args args = new Args();
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            NativeBlock block = NativeBlock.allocate(bytes.length);
            Memory.copy(bytes, 0, block.address(), bytes.length);
            args.add(block, bytes.length);
        }
        return args;
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        keyspace.close();
    }
}
