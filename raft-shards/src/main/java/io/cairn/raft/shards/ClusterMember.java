package io.cairn.raft.shards;

import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.NodeDirectory;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node's whole part in a Raft cluster: its meta replica, the replica of the shard that the map gives it, and the
 * reconcilers. Made once per node by the composition root:
 *
 * <pre>
 * AddressBook addresses = new AddressBook();
 * RaftHost host = RaftHost.start(new HostOptions(id, bind, addresses, ClusterMember.savedClusterId(dir), secret));
 * ClusterMember member = new ClusterMember(options, new RaftHostPort(host), addresses, directory, apply, announcer);
 * member.start();
 * </pre>
 */
public final class ClusterMember implements AutoCloseable {
    private final MetaGroup meta;
    private final LeaderTable leaders = new LeaderTable();

    /**
     * @param shardSegmentBytes size of a segment file of the shard's log
     */
    public record Options(MetaOptions meta, int shardElectionTimeoutMillis, int shardSegmentBytes) {}

    public ClusterMember(
            Options options,
            GroupHost host,
            AddressBook addresses,
            NodeDirectory directory,
            ShardApply apply,
            LeaderAnnouncer announcer) {
        this.meta = new MetaGroup(options.meta(), host, addresses, directory);
    }

    /** Opens what the data directory holds; blocks while logs are read. Then {@link #form} or an adoption may come. */
    public void start() throws IOException {
        meta.start();
    }

    /** Forms a fresh cluster from this node; done when every node of the layout has taken it. */
    public CompletableFuture<@Nullable Void> form(Layout layout) {
        return meta.form(layout);
    }

    public MetaGroup meta() {
        return meta;
    }

    public ClusterMap map() {
        return meta.map();
    }

    /** This node's shard replica, or null while it has none. */
    public @Nullable ShardGroup shard() {
        return null;
    }

    public LeaderTable leaders() {
        return leaders;
    }

    @Override
    public void close() {
        meta.close();
    }
}
