package io.cairn.cluster;

import io.cairn.aof.FsyncPolicy;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipException;
import io.cairn.gossip.GossipOptions;
import io.cairn.gossip.NodeInfo;
import io.cairn.gossip.SeedAddress;
import io.cairn.gossip.SoftState;
import io.cairn.raft.group.HostOptions;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.JoinMark;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.RaftHostPort;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.LeaderTable;
import io.cairn.raft.shards.ShardApply;
import io.cairn.raft.shards.ShardGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node's part in a raft cluster: its Raft host, its replicas, gossip, and the views that redirects and CLUSTER
 * commands read. This is the only place where gossip and Raft meet (DESIGN 2).
 */
public final class ClusterRuntime implements AutoCloseable {
    private static final int META_SEGMENT_BYTES = 1 << 20;

    private final Options options;
    private final ClusterThreads threads;
    private final ClusterNode self;
    private final GossipView view = new GossipView(this::suspect);
    private final RaftHost host;
    private final ClusterMember member;
    private final Topology topology;
    private final LoadSource load;
    private volatile @Nullable Gossip gossip;
    private long caughtUpNanos = System.nanoTime();

    /**
     * What a node needs to take part.
     *
     * @param raftBind where the Raft port listens
     * @param gossipBind where the gossip port listens
     * @param source what connections to other nodes are made from; null leaves it to the kernel
     * @param secret cluster-peer-secret, empty for none
     */
    public record Options(
            Path directory,
            JoinMark mark,
            ClusterNode self,
            InetSocketAddress raftBind,
            InetSocketAddress gossipBind,
            @Nullable InetAddress source,
            List<SeedAddress> seeds,
            String secret,
            int electionTimeoutMillis,
            FsyncPolicy fsync,
            int segmentBytes,
            String version,
            long startedMillis) {}

    /** A node's load, for its soft state. */
    public interface LoadSource {
        long clients();

        long usedMemoryBytes();

        long opsPerSecond();
    }

    public ClusterRuntime(Options options, ClusterThreads threads, ShardApply apply, LoadSource load)
            throws IOException {
        this.options = options;
        this.threads = threads;
        this.self = options.self();
        this.load = load;
        AddressBook addresses = new AddressBook();
        String clusterId = ClusterFile.clusterIdIn(options.directory());
        this.host = RaftHost.start(new HostOptions(
                self.id(),
                options.raftBind(),
                options.source(),
                self.host(),
                addresses,
                clusterId,
                options.secret().getBytes(StandardCharsets.UTF_8),
                threads.raft()));
        MetaOptions meta = new MetaOptions(
                options.directory(),
                self,
                options.mark(),
                options.electionTimeoutMillis(),
                options.fsync(),
                META_SEGMENT_BYTES);
        this.member = new ClusterMember(
                new ClusterMember.Options(meta, options.electionTimeoutMillis(), options.segmentBytes()),
                new RaftHostPort(host),
                addresses,
                view,
                apply,
                (shardId, term, nodeId) -> hearLeader(shardId, term, nodeId));
        this.topology = new Topology(self, member::map, member.leaders(), view, this::servedSlots);
    }

    private int servedSlots() {
        ShardGroup shard = member.shard();
        return shard == null || !shard.isServing() ? 0 : shard.slots().served();
    }

    /** Opens the replicas that the data directory holds, then begins to gossip. Blocks while logs are read. */
    public void start() throws IOException, GossipException {
        String known = ClusterFile.clusterIdIn(options.directory());
        Gossip started = Gossip.start(
                new GossipOptions(
                        threads.gossip(),
                        options.gossipBind().getHostString(),
                        options.gossipBind().getPort(),
                        options.source(),
                        info(known == null ? "" : known),
                        options.seeds(),
                        options.secret(),
                        this::softState),
                view);
        gossip = started;
        view.attach(started, member.leaders());
        member.start();
    }

    private NodeInfo info(String clusterId) {
        return new NodeInfo(
                self.id(),
                options.startedMillis(),
                self.host(),
                self.port(),
                self.busPort(),
                self.raftPort(),
                self.domain(),
                clusterId,
                self.hostname(),
                options.version());
    }

    /** Tells the others which cluster this node is in as soon as it is in one. On gossip's thread. */
    private void tellCluster() {
        Gossip running = gossip;
        String clusterId = member.meta().clusterId();
        if (running != null && !running.self().clusterId().equals(clusterId)) {
            running.update(info(clusterId));
        }
    }

    private void hearLeader(String shardId, long term, String nodeId) {
        member.leaders().heard(shardId, term, nodeId);
    }

    private void suspect(String nodeId) {
        host.suspect(nodeId);
    }

    /** On gossip's thread, about twice a second. */
    private SoftState softState() {
        tellCluster();
        view.hearLeaders();
        ShardGroup shard = member.shard();
        long servingTerm = shard == null ? 0 : shard.servingTerm();
        boolean leads = servingTerm != 0;
        Shard mine = member.map().shardOfNode(self.id());
        var status = shard == null ? null : shard.status();
        return new SoftState(
                0,
                load.clients(),
                load.usedMemoryBytes(),
                load.opsPerSecond(),
                lagMillis(leads, mine, status == null ? 0 : status.appliedIndex()),
                leads,
                mine == null ? "" : mine.id(),
                leads && mine != null ? mine.id() : "",
                servingTerm,
                status == null ? 0 : status.appliedIndex());
    }

    /** Milliseconds since this replica last had all that its primary had told of; 0 at the primary. */
    private long lagMillis(boolean leads, @Nullable Shard mine, long applied) {
        long now = System.nanoTime();
        ClusterNode primary = mine == null || leads ? null : topology.primary(mine);
        if (primary == null || applied >= view.appliedIndex(primary.id())) {
            caughtUpNanos = now;
        }
        return (now - caughtUpNanos) / 1_000_000;
    }

    public ClusterMember member() {
        return member;
    }

    public Supplier<@Nullable ShardGroup> shard() {
        return member::shard;
    }

    public Topology topology() {
        return topology;
    }

    public LeaderTable leaders() {
        return member.leaders();
    }

    public RaftHost host() {
        return host;
    }

    GossipView view() {
        return view;
    }

    @Override
    public void close() {
        Gossip running = gossip;
        if (running != null) {
            running.close();
        }
        member.close();
        host.close();
    }
}
