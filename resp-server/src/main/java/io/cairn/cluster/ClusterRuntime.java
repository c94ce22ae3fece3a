package io.cairn.cluster;

import io.cairn.aof.FsyncPolicy;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipException;
import io.cairn.gossip.GossipListener;
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
import io.cairn.raft.meta.MemberRules;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.NodeDirectory;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node's part in a raft cluster: its Raft host, its replicas, gossip, and the views that redirects and CLUSTER
 * commands read. This is the only place where gossip and Raft meet (DESIGN 2).
 */
public final class ClusterRuntime implements AutoCloseable {
    private static final int META_SEGMENT_BYTES = 1 << 20;
    /** How long CLUSTER MEET looks for a node, milliseconds. */
    private static final int FIND_MILLIS = 10_000;

    private static final int FIND_PAUSE_MILLIS = 50;

    private final Options options;
    private final ClusterThreads threads;
    private volatile ClusterNode self;
    private final GossipView view = new GossipView(new PeerAsks(), this::suspect);
    private final AddressBook addresses;
    private final RaftHost host;
    private final ClusterMember member;
    private final Topology topology;
    private final LoadSource load;
    private volatile @Nullable Gossip gossip;
    private volatile boolean ownsGossip;
    private long caughtUpNanos = System.nanoTime();

    /**
     * What a node needs to take part.
     *
     * @param raftBind where the Raft port listens
     * @param gossipBind where the gossip port listens
     * @param source what connections to other nodes are made from; null leaves it to the kernel
     * @param secret cluster-peer-secret, empty for none
     * @param tls between nodes, null for none
     * @param balanceLeaders cluster-balance-leaders, asked again and again
     * @param rules settings about members of groups
     */
    record Options(
            Path directory,
            JoinMark mark,
            ClusterNode self,
            InetSocketAddress raftBind,
            InetSocketAddress gossipBind,
            @Nullable InetAddress source,
            List<SeedAddress> seeds,
            String secret,
            @Nullable PeerCertificates tls,
            int electionTimeoutMillis,
            FsyncPolicy fsync,
            int segmentBytes,
            String version,
            long startedMillis,
            BooleanSupplier balanceLeaders,
            MemberRules rules) {}

    /** A node's load, for its soft state. */
    public interface LoadSource {
        long clients();

        long usedMemoryBytes();

        long opsPerSecond();
    }

    ClusterRuntime(Options options, ClusterThreads threads, ShardApply apply, LoadSource load) throws IOException {
        this.options = options;
        this.threads = threads;
        this.self = options.self();
        this.load = load;
        this.addresses = new AddressBook();
        String clusterId = ClusterFile.clusterIdIn(options.directory());
        this.host = RaftHost.start(new HostOptions(
                self.id(),
                options.raftBind(),
                options.source(),
                self.host(),
                addresses,
                clusterId,
                options.secret().getBytes(StandardCharsets.UTF_8),
                threads.raft(),
                options.tls()));
        MetaOptions meta = new MetaOptions(
                options.directory(),
                self,
                options.mark(),
                options.electionTimeoutMillis(),
                options.fsync(),
                META_SEGMENT_BYTES);
        this.member = new ClusterMember(
                new ClusterMember.Options(
                        meta, options.electionTimeoutMillis(), options.segmentBytes(), options.balanceLeaders()),
                new RaftHostPort(host),
                addresses,
                view,
                apply,
                (shardId, term, nodeId) -> hearLeader(shardId, term, nodeId));
        member.meta().rules(options.rules());
        this.topology = new Topology(self, member::map, member.leaders(), view, this::servedSlots);
        topology.gone(member.meta()::isGone);
    }

    /** A node answers that it lives as long as its process runs; over the connection that its heartbeats take. */
    private final class PeerAsks implements GossipView.Asks {
        @Override
        public boolean isConnected(String nodeId) {
            return host.connections().stream().anyMatch(link -> link.nodeId().equals(nodeId));
        }

        @Override
        public CompletableFuture<byte[]> ask(String nodeId) {
            return host.send(nodeId, MessageTypes.ALIVE, new byte[0]);
        }

        @Override
        public boolean isMember(String nodeId) {
            ClusterNode node = member.map().node(nodeId);
            return node != null && node.isActive();
        }
    }

    private int servedSlots() {
        ShardGroup shard = member.shard();
        return shard == null || !shard.isServing() ? 0 : shard.slots().served();
    }

    /** Opens the replicas that the data directory holds, then begins to gossip. Blocks while logs are read. */
    public void start() throws IOException, GossipException {
        String known = ClusterFile.clusterIdIn(options.directory());
        ownsGossip = true;
        start(Gossip.start(
                new GossipOptions(
                        threads.gossip(),
                        options.gossipBind().getHostString(),
                        options.gossipBind().getPort(),
                        options.source(),
                        info(known == null ? "" : known),
                        options.seeds(),
                        options.secret(),
                        options.tls(),
                        this::softState),
                view));
    }

    /** As {@link #start()}, over gossip that another part of the node has started and will close; it calls {@link #listener} and {@link #softState}. */
    public void start(Gossip started) throws IOException {
        gossip = started;
        view.attach(started, member.leaders());
        host.handle(MessageTypes.ALIVE, false, (from, payload) -> CompletableFuture.completedFuture(new byte[0]));
        member.start();
        member.meta().onChange(new PairWarning());
        // Nodes that met have no common seeds: after a restart they look for each other where they were.
        ClusterFile file = member.meta().file();
        if (file != null) {
            for (ClusterNode peer : file.peers()) {
                if (!peer.id().equals(self.id())) {
                    started.meet(new SeedAddress(peer.host(), peer.busPort()));
                }
            }
        }
    }

    GossipListener listener() {
        return view;
    }

    private NodeInfo info(String clusterId) {
        ClusterNode now = self;
        return new NodeInfo(
                now.id(),
                options.startedMillis(),
                now.host(),
                now.port(),
                now.busPort(),
                now.raftPort(),
                now.domain(),
                clusterId,
                now.hostname(),
                options.version());
    }

    /** Tells the others which cluster this node is in, and how it announces itself, as that changes. On gossip's thread. */
    private void tellCluster() {
        Gossip running = gossip;
        NodeInfo now = info(member.meta().clusterId());
        if (running != null && !running.self().equals(now)) {
            running.update(now);
        }
    }

    /** Clients are to find this node by this port and host name from now on: gossip and the map are told soon. Any thread. */
    synchronized void announce(int port, String hostname) {
        ClusterNode before = self;
        ClusterNode now = new ClusterNode(
                before.id(),
                before.host(),
                port,
                before.busPort(),
                before.raftPort(),
                hostname,
                before.domain(),
                before.state());
        self = now;
        topology.announce(now);
        member.meta().announce(now);
    }

    private void hearLeader(String shardId, long term, String nodeId) {
        member.leaders().heard(shardId, term, nodeId);
    }

    private void suspect(String nodeId) {
        host.suspect(nodeId);
    }

    /** On gossip's thread, about twice a second. */
    SoftState softState() {
        tellCluster();
        view.hearLeaders();
        addresses.hear(view.seen());
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

    /** Takes over certificates whose files have changed. One thread. */
    void lookForCertificates() {
        PeerCertificates tls = options.tls();
        if (tls != null) {
            tls.look();
        }
    }

    /**
     * CLUSTER MEET: looks for the node through gossip, which has to tell its Raft port, then brings both into one cluster.
     * Completes with an empty text, or with why they have not met. Any thread.
     */
    CompletableFuture<String> meet(String host, int port, int busPort) {
        Gossip running = gossip;
        if (running == null) {
            return CompletableFuture.completedFuture("this node has not started yet");
        }
        // What it announces may be another address than it is met at.
        CompletableFuture<String> announced = running.meet(new SeedAddress(host, busPort));
        CompletableFuture<String> done = new CompletableFuture<>();
        find(host + ":" + port + "@" + busPort, announced, System.nanoTime(), done);
        return done;
    }

    private void find(String given, CompletableFuture<String> announced, long since, CompletableFuture<String> done) {
        String address = announced.isCompletedExceptionally() ? null : announced.getNow(null);
        NodeDirectory.SeenNode found = null;
        for (NodeDirectory.SeenNode seen : view.seen()) {
            if (seen.alive() && (seen.host() + ":" + seen.busPort()).equals(address)) {
                found = seen;
            }
        }
        if ((self.host() + ":" + self.busPort()).equals(address)) {
            done.complete("");
        } else if (found != null) {
            member.meta()
                    .meet(ClusterAdmin.node(found))
                    .whenComplete(
                            (error, failure) -> done.complete(failure == null ? error : AdminRun.reason(failure)));
        } else if (System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(FIND_MILLIS)) {
            done.complete("no node answers at " + given);
        } else {
            CompletableFuture.delayedExecutor(FIND_PAUSE_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(() -> find(given, announced, since, done));
        }
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

    @Nullable
    Gossip gossip() {
        return gossip;
    }

    GossipView view() {
        return view;
    }

    @Override
    public void close() {
        Gossip running = gossip;
        view.close();
        if (running != null && ownsGossip) {
            running.close();
        }
        member.close();
        host.close();
    }
}
