package io.cairn.raft.meta;

import io.cairn.raft.meta.ClusterFile.Seal;
import io.cairn.raft.meta.MetaCommand.EpochRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CLUSTER MEET: two nodes come into one cluster, so that there is ever one meta group of it (SAFETY 18). A node in none is
 * taken in as it is. Of two clusters the smaller one, which must have a single node, joins: by (size, cluster id) both know
 * which. It seals itself durably, from where on it changes its map no more and admits nobody; then it asks the other to
 * admit it with its slots, again and again until that is committed or refused there. Only then it leaves its own meta group
 * for the other's, or breaks the seal. Its shard's log goes with it. Cluster thread, but for {@link #meet}.
 */
final class Meeting {
    /** How long {@link #meet} waits; joining goes on after it. */
    static final long MEET_MILLIS = 15_000;

    /** Pause between two looks. */
    static final long PAUSE_MILLIS = 100;

    /** Bound of the nodes that a sealed one remembers to ask, beside those that gossip shows. */
    static final int MAX_HOSTS = 8;

    /** Not the word of the other cluster's log: the node that was asked has left that cluster, which had no other node. */
    private static final String ELSEWHERE = "the other node is in another cluster by now";

    /** Not while its map comes, but for good where the meta group was recovered from a node without the admission. */
    private static final String UNKNOWN =
            " is not in the cluster's map as others have it. If that stays so its admission was"
                    + " lost (cairn recover): CLUSTER RESET there makes it a new node, without its data";

    private static final Logger LOG = LoggerFactory.getLogger(Meeting.class);

    /** What this node is a part of, and how that changes. Cluster thread. */
    interface Part {
        /** Empty while it is in none. */
        String clusterId();

        ClusterMap map();

        /** Forms a cluster of this node alone. */
        CompletableFuture<@Nullable Void> formAlone();

        /** Sealed from when this returns, or with null no longer. */
        void seal(@Nullable Seal seal) throws IOException;

        /** True when this node was in that cluster, the only one, and left it for another: it is no more, and admitted nobody. */
        boolean hasLeftAlone(String clusterId);

        /** True when the own, sealed meta group has applied all it ever took. */
        boolean isSettled();

        CompletableFuture<MetaResult> propose(MetaCommand command);

        /** Belongs to the other cluster from when this returns. */
        void enter(String clusterId, List<ClusterNode> hosts) throws IOException;
    }

    private volatile ClusterNode self;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final Part part;
    private final ScheduledExecutorService clusterThread;
    private final LongSupplier clockMillis;
    private volatile @Nullable Seal joining;
    private @Nullable CompletableFuture<byte[]> asked;
    private int asking;
    /** Counts seals: an answer to what was asked under an earlier one says nothing of what this node has now. */
    private long seals;

    private String refusal = "";
    private volatile String waits = "";

    /**
     * What the other node said of itself.
     *
     * @param knows whether its map has this node; true from an older build, which does not say
     */
    private record Said(String nodeId, String clusterId, int size, boolean busy, boolean knows) {}

    /** One CLUSTER MEET under way. */
    private final class Meet {
        private final ClusterNode target;
        private final long deadlineMillis = clockMillis.getAsLong() + MEET_MILLIS;
        private final CompletableFuture<String> done = new CompletableFuture<>();
        private String last = "no answer";

        Meet(ClusterNode target) {
            this.target = target;
        }

        void look() {
            if (clockMillis.getAsLong() >= deadlineMillis) {
                done.complete("the nodes have not met within " + MEET_MILLIS / 1000 + " s: " + last);
                return;
            }
            byte[] ask =
                    new WireWriter().u8(1).text(target.id()).text(self.id()).toBytes();
            host.sendAsStranger(target.raftAddress(), MessageTypes.MEET_ASK, ask)
                    .whenCompleteAsync(this::heard, clusterThread);
        }

        private void heard(byte @Nullable [] answer, @Nullable Throwable failure) {
            try {
                if (answer == null) {
                    last = String.valueOf(failure);
                } else {
                    decide(read(answer));
                }
            } catch (RuntimeException | IOException e) {
                LOG.warn("node {} cannot meet {}", self.id(), target, e);
                last = e.toString();
            }
            again();
        }

        private void again() {
            if (!done.isDone()) {
                clusterThread.schedule(this::look, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        private void decide(Said said) throws IOException {
            String own = part.clusterId();
            ClusterMap map = part.map();
            if (!own.isEmpty() && own.equals(said.clusterId())) {
                boolean here = map.isFormed() && !map.isForgotten(self.id());
                boolean other = here && !map.isForgotten(said.nodeId());
                if (other && said.knows()) {
                    done.complete("");
                }
                // Each may have a map that the other's is to replace: what only one of them has is no cluster of both.
                last = other ? self.id() + UNKNOWN : here ? said.nodeId() + UNKNOWN : "the map has not come yet";
            } else if (joining != null && joining.clusterId().equals(said.clusterId())) {
                remember(joining, target);
                last = waits.isEmpty() ? "it is about to join" : "it is not admitted yet: " + waits;
            } else if (joining != null || said.busy()) {
                last = refusal.isEmpty() ? "one of them joins a cluster" : refusal;
            } else if (!refusal.isEmpty()) {
                done.complete(refusal);
            } else if (!isReady()) {
                last = "this node's map has not come yet";
            } else if (own.isEmpty() && said.clusterId().isEmpty()) {
                part.formAlone();
            } else if (isJoiner(own, map, said)) {
                if (!own.isEmpty() && map.activeNodes().size() > 1) {
                    done.complete("both nodes are in clusters of several nodes");
                } else {
                    join(new Seal(said.clusterId(), List.of(target)));
                }
            } else if (said.size() > 1) {
                done.complete("both nodes are in clusters of several nodes");
            } else {
                invite();
            }
        }

        private void invite() {
            WireWriter out = new WireWriter().u8(1).text(target.id()).text(part.clusterId());
            MetaCodec.writeNode(out, self);
            host.sendAsStranger(target.raftAddress(), MessageTypes.MEET_JOIN, out.toBytes())
                    .thenAccept(answer -> {
                        String objection = MetaCodec.whole(new WireReader(answer), WireReader::text);
                        if (!objection.isEmpty()) {
                            done.complete(objection);
                        }
                    });
        }
    }

    Meeting(
            ClusterNode self,
            GroupHost host,
            NodeDirectory directory,
            Part part,
            ScheduledExecutorService clusterThread,
            LongSupplier clockMillis) {
        this.self = self;
        this.host = host;
        this.directory = directory;
        this.part = part;
        this.clusterThread = clusterThread;
        this.clockMillis = clockMillis;
    }

    /** This node announces itself so from now on. Any thread. */
    void announce(ClusterNode now) {
        self = now;
    }

    /** The cluster this node is about to join, or null. Any thread. */
    @Nullable
    Seal joining() {
        return joining;
    }

    /** A sealed node goes on where it stopped. */
    void resume(@Nullable Seal seal) {
        joining = seal;
    }

    /** Completes with an empty text when both are in one cluster, else with why not. Any thread. */
    CompletableFuture<String> meet(ClusterNode target) {
        try {
            Meet meet = new Meet(target);
            clusterThread.execute(() -> {
                refusal = "";
                meet.look();
            });
            return meet.done;
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture("the node stops");
        }
    }

    /** False while this node is in a cluster whose map it does not have yet: how large that is it cannot know. */
    private boolean isReady() {
        ClusterNode known = part.map().node(self.id());
        return part.clusterId().isEmpty() || (known != null && known.isActive());
    }

    /** A node in no cluster joins whatever there is; of two clusters the lower one by (size, id) joins. */
    private static boolean isJoiner(String own, ClusterMap map, Said said) {
        if (own.isEmpty() || said.clusterId().isEmpty()) {
            return own.isEmpty();
        }
        int size = map.activeNodes().size();
        return size != said.size() ? size < said.size() : own.compareTo(said.clusterId()) < 0;
    }

    private void join(Seal seal) throws IOException {
        if (!part.clusterId().isEmpty()) {
            part.seal(seal);
        }
        refusal = "";
        waits = "";
        seals++;
        joining = seal;
        LOG.info("node {} joins cluster {}", self.id(), seal.clusterId());
    }

    /** Another member of the cluster that this node joins, which can be asked as well: the first may never come back. */
    private void remember(Seal seal, ClusterNode member) throws IOException {
        if (seal.hosts().contains(member)) {
            return;
        }
        List<ClusterNode> hosts = new ArrayList<>(List.of(member));
        for (ClusterNode known : seal.hosts()) {
            if (!known.id().equals(member.id()) && hosts.size() < MAX_HOSTS) {
                hosts.add(known);
            }
        }
        Seal more = new Seal(seal.clusterId(), hosts);
        if (!part.clusterId().isEmpty()) {
            part.seal(more);
        }
        joining = more;
    }

    /** True when this node is about to join a cluster which that one is, or was, a member of. Any thread. */
    boolean joins(String nodeId) {
        Seal seal = joining;
        return seal != null && hosts(seal).stream().anyMatch(node -> node.id().equals(nodeId));
    }

    /** For an operator who meets a node that is about to join. Any thread. */
    String text() {
        Seal seal = joining;
        if (seal == null) {
            return "";
        }
        return seal.clusterId() + (waits.isEmpty() ? "" : ", which says: " + waits) + "; CLUSTER FORGET "
                + seal.hosts().get(0).id() + " here ends that";
    }

    /**
     * An operator's word that this node goes on without the cluster it is about to join: only he knows when that is gone for
     * good. If it has admitted this node nevertheless, the next MEET of the two finds out.
     */
    void giveUp() {
        if (joining != null) {
            unseal("an operator has ended that", "");
        }
    }

    /** Whom to ask: the cluster's members as gossip shows them, then those that this node was told of. All share one log. */
    private List<ClusterNode> hosts(Seal seal) {
        List<ClusterNode> hosts = new ArrayList<>();
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.alive() && seen.clusterId().equals(seal.clusterId())) {
                hosts.add(seen.toNode());
            }
        }
        seal.hosts().stream().filter(node -> !hosts.contains(node)).forEach(hosts::add);
        return hosts;
    }

    /** Asks once more to be admitted, while this node joins. */
    void tick() {
        Seal seal = joining;
        CompletableFuture<byte[]> before = asked;
        if (seal == null || (before != null && !before.isDone())) {
            return;
        }
        String own = part.clusterId();
        if (own.equals(seal.clusterId())) {
            joining = null;
            return;
        }
        if (!own.isEmpty() && part.map().activeNodes().size() > 1) {
            String reason = "another node has joined this one's cluster meanwhile";
            unseal(reason, reason);
            return;
        }
        if (!own.isEmpty() && !part.isSettled()) {
            return;
        }
        ClusterMap map = part.map();
        if (map.activeNodes().size() > 1) {
            return;
        }
        List<ClusterNode> hosts = hosts(seal);
        ClusterNode to = hosts.get(Math.floorMod(asking++, hosts.size()));
        long under = seals;
        CompletableFuture<byte[]> request =
                host.sendAsStranger(to.raftAddress(), MessageTypes.MEET_ADMIT, admission(seal, to, map));
        asked = request;
        request.whenCompleteAsync((answer, failure) -> answered(seal, under, answer, failure), clusterThread);
    }

    private byte[] admission(Seal seal, ClusterNode to, ClusterMap map) {
        Shard shard = map.shardOfNode(self.id());
        List<EpochRange> slots = new ArrayList<>();
        if (shard != null) {
            for (SlotRange range : map.slotsOf(shard.id())) {
                int slot = range.first();
                while (slot <= range.last()) {
                    int first = slot;
                    long epoch = map.slotEpoch(first);
                    while (slot <= range.last() && map.slotEpoch(slot) == epoch) {
                        slot++;
                    }
                    slots.add(new EpochRange(new SlotRange(first, slot - 1), epoch));
                }
            }
        }
        String shardId = shard == null ? "" : shard.id();
        byte[] command = MetaCodec.encode(
                new MetaCommand.Admit(self, shardId, slots, floor(map, shardId), map.configEpoch(self.id())));
        return new WireWriter()
                .u8(1)
                .text(to.id())
                .text(seal.clusterId())
                .blob(command)
                .toBytes();
    }

    /** No log of a shard has a slot under a higher epoch than the map that gave it, or one before that. */
    private static long floor(ClusterMap map, String shardId) {
        long floor = SlotFloors.of(map, shardId);
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            floor = Math.max(floor, map.slotEpoch(slot));
        }
        return floor;
    }

    private void answered(Seal seal, long under, byte @Nullable [] answer, @Nullable Throwable failure) {
        if (joining == null || under != seals) {
            return;
        }
        if (answer == null) {
            notYet(String.valueOf(failure));
            return;
        }
        try {
            WireReader in = new WireReader(answer);
            MetaResult.Outcome outcome = MetaResult.Outcome.of(in.u8());
            String reason = in.text();
            List<ClusterNode> hosts = MetaCodec.readNodes(in);
            if (outcome == MetaResult.Outcome.APPLIED) {
                part.enter(seal.clusterId(), hosts.isEmpty() ? seal.hosts() : hosts);
                joining = null;
            } else if (outcome == MetaResult.Outcome.REFUSED) {
                // Whoever told this node to meet the other looks again where that is now.
                unseal(reason, reason.equals(ELSEWHERE) ? "" : reason);
            } else {
                notYet(reason);
            }
        } catch (FormatException | IOException e) {
            LOG.error("node {} cannot join cluster {}", self.id(), seal.clusterId(), e);
        }
    }

    private void notYet(String reason) {
        if (!reason.equals(waits)) {
            LOG.info("node {} is not admitted yet: {}", self.id(), reason);
        }
        waits = reason;
    }

    /** @param told what a MEET under way is answered, empty to go on */
    private void unseal(String reason, String told) {
        LOG.warn("node {} does not join the cluster: {}", self.id(), reason);
        try {
            if (!part.clusterId().isEmpty()) {
                part.seal(null);
            }
            joining = null;
            refusal = told;
        } catch (IOException e) {
            LOG.error("the seal cannot be broken", e);
        }
    }

    /** Answers MEET_ASK. */
    byte[] answerAsk(byte[] payload) {
        WireReader in = new WireReader(payload);
        MetaCodec.requireVersion(in);
        if (!in.text().equals(self.id())) {
            throw new FormatException("another node, " + self.id() + ", lives here");
        }
        WireWriter out = new WireWriter()
                .text(self.id())
                .text(part.clusterId())
                .u16(part.map().activeNodes().size())
                .u8(joining == null && isReady() ? 0 : 1);
        if (in.hasMore()) {
            out.u8(part.map().isForgotten(in.text()) ? 0 : 1);
        }
        return out.toBytes();
    }

    private static Said read(byte[] answer) {
        return MetaCodec.whole(
                new WireReader(answer),
                in -> new Said(in.text(), in.text(), in.u16(), in.u8() == 1, !in.hasMore() || in.u8() == 1));
    }

    /** Answers MEET_JOIN with an objection, or empty when this node joins or is in that cluster already. */
    byte[] answerJoin(byte[] payload) {
        WireReader in = new WireReader(payload);
        MetaCodec.requireVersion(in);
        String target = in.text();
        String clusterId = in.text();
        ClusterNode from = MetaCodec.readNode(in);
        Ids.check(clusterId);
        Seal now = joining;
        String objection = "";
        if (!target.equals(self.id())) {
            objection = "another node lives there";
        } else if (now != null && now.clusterId().equals(clusterId)) {
            try {
                remember(now, from);
            } catch (IOException e) {
                objection = "cannot join: " + e.getMessage();
            }
        } else if (now == null && isReady() && !part.clusterId().equals(clusterId)) {
            String last = refusal;
            if (!last.isEmpty()) {
                refusal = "";
                objection = last;
            } else if (part.map().activeNodes().size() <= 1) {
                // Otherwise it has joined another since the inviting node looked, which may be single itself, and looks
                // again.
                try {
                    join(new Seal(clusterId, List.of(from)));
                } catch (IOException e) {
                    objection = "cannot join: " + e.getMessage();
                }
            }
        }
        return new WireWriter().text(objection).toBytes();
    }

    /** Answers MEET_ADMIT: what became of the proposal, and the members. */
    CompletableFuture<byte[]> answerAdmit(byte[] payload) {
        WireReader in = new WireReader(payload);
        MetaCodec.requireVersion(in);
        in.text();
        String clusterId = in.text();
        MetaCommand command = MetaCodec.decode(java.nio.ByteBuffer.wrap(in.blob()));
        in.end();
        if (!(command instanceof MetaCommand.Admit)) {
            throw new FormatException("not an admission: " + command);
        }
        // Whichever node this is: any member of that cluster can say what its log does with the command.
        if (!clusterId.equals(part.clusterId())) {
            // A node that is new, was forgotten or reset knows nothing of that cluster, which may live and have
            // admitted.
            boolean over = part.hasLeftAlone(clusterId);
            return CompletableFuture.completedFuture(verdict(
                    over
                            ? MetaResult.refused(ELSEWHERE, 0)
                            : MetaResult.notTaken("the node that was asked is not in that cluster")));
        }
        return part.propose(command).thenApply(this::verdict);
    }

    private byte[] verdict(MetaResult result) {
        WireWriter out = new WireWriter().u8(result.outcome().code()).text(result.reason());
        MetaCodec.writeNodes(out, result.isApplied() ? part.map().activeNodes() : List.of());
        return out.toBytes();
    }
}
