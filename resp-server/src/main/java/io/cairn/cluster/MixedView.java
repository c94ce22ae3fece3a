package io.cairn.cluster;

import io.cairn.gossip.claims.Picture;
import io.cairn.keyspace.Slots;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cluster some of whose shards are raft's and some gossip's: a slot that the applied map gives to a shard is that shard's, all others are
 * whose the claims say. Any thread.
 */
final class MixedView implements ClusterView, Redirects.Elsewhere {
    private final ClaimsView claims;
    private final RaftView raft;
    private final Supplier<ClusterMap> map;
    private final Redirects redirects;
    private final Supplier<@Nullable Picture> picture;
    private volatile @Nullable Coverage coverage;

    /** @param picture of the claims; null once they have ended */
    MixedView(
            ClaimsView claims,
            RaftView raft,
            Supplier<ClusterMap> map,
            Redirects redirects,
            Supplier<@Nullable Picture> picture) {
        this.claims = claims;
        this.raft = raft;
        this.map = map;
        this.redirects = redirects;
        this.picture = picture;
    }

    private boolean onlyClaims() {
        return map.get().shards().isEmpty() && picture.get() != null;
    }

    private boolean onlyRaft() {
        return picture.get() == null;
    }

    boolean isRaft(int slot) {
        return map.get().owner(slot) != null;
    }

    // ---- what commands show

    @Override
    public String selfId() {
        return raft.selfId();
    }

    /** Nodes of raft shards as the map has them, the others as the claims have. */
    @Override
    public List<Member> members() {
        if (onlyClaims()) {
            return claims.members();
        }
        if (onlyRaft()) {
            return raft.members();
        }
        ClusterMap now = map.get();
        Map<String, Member> all = new TreeMap<>();
        claims.members().forEach(member -> all.put(member.id(), member));
        for (Member member : raft.members()) {
            if (now.shardOfNode(member.id()) != null || !all.containsKey(member.id())) {
                all.put(member.id(), member);
            }
        }
        return List.copyOf(all.values());
    }

    @Override
    public List<Group> groups() {
        if (onlyClaims()) {
            return claims.groups();
        }
        if (onlyRaft()) {
            return raft.groups();
        }
        ClusterMap now = map.get();
        List<Group> groups = new ArrayList<>(raft.groups());
        for (Group group : claims.groups()) {
            if (now.shardOfNode(group.primaryId()) != null) {
                continue;
            }
            List<String> members = group.memberIds().stream()
                    .filter(id -> now.shardOfNode(id) == null)
                    .toList();
            groups.add(new Group(group.id(), group.primaryId(), members, without(group.slots())));
        }
        return groups;
    }

    private List<SlotRange> without(List<SlotRange> slots) {
        BitSet left = new BitSet();
        slots.forEach(range -> left.set(range.first(), range.last() + 1));
        List<SlotRange> ranges = new ArrayList<>();
        for (int slot = left.nextSetBit(0); slot >= 0; ) {
            if (isRaft(slot)) {
                left.clear(slot);
            }
            slot = left.nextSetBit(slot + 1);
        }
        for (int first = left.nextSetBit(0); first >= 0; ) {
            int end = left.nextClearBit(first);
            ranges.add(new SlotRange(first, end - 1));
            first = left.nextSetBit(end);
        }
        return ranges;
    }

    @Override
    public Map<Integer, String> migrating() {
        return onlyRaft() ? raft.migrating() : claims.migrating();
    }

    @Override
    public Map<Integer, String> importing() {
        return onlyRaft() ? raft.importing() : claims.importing();
    }

    @Override
    public boolean isGuest(int slot) {
        return isRaft(slot) ? raft.isGuest(slot) : claims.isGuest(slot);
    }

    @Override
    public Figures figures() {
        if (onlyClaims()) {
            return claims.figures();
        }
        Figures ofRaft = raft.figures();
        Picture now = picture.get();
        if (now == null) {
            return ofRaft;
        }
        int assigned = 0;
        int failed = 0;
        int suspected = 0;
        Set<String> owners = new HashSet<>();
        Map<String, Picture.Node> nodes = now.nodes();
        for (int slot = 0; slot < Slots.COUNT; slot++) {
            String owner = now.owners()[slot];
            if (owner != null && !isRaft(slot)) {
                assigned++;
                owners.add(owner);
                Picture.Node node = nodes.get(owner);
                failed += node == null || node.failed() ? 1 : 0;
                suspected += node != null && node.suspected() && !node.failed() ? 1 : 0;
            }
        }
        boolean raftIsUp = ofRaft.failed() == 0;
        return new Figures(
                raftIsUp && isCovered() && claims.answers(),
                ofRaft.assigned() + assigned,
                ofRaft.ok() + assigned - failed - suspected,
                suspected,
                ofRaft.failed() + failed,
                members().size(),
                ofRaft.size() + owners.size(),
                Math.max(ofRaft.currentEpoch(), now.currentEpoch()),
                map.get().shardOfNode(selfId()) != null
                        ? ofRaft.ownEpoch()
                        : claims.figures().ownEpoch());
    }

    @Override
    public String consensusLines() {
        String lines = onlyClaims() ? claims.consensusLines() : raft.consensusLines();
        boolean mixed = !onlyClaims() && !onlyRaft() && map.get().ownedSlots() < assigned();
        return mixed ? lines.replaceFirst("cluster_consensus:raft", "cluster_consensus:mixed") : lines;
    }

    private int assigned() {
        Picture now = picture.get();
        return now == null ? 0 : now.assigned();
    }

    @Override
    public List<ClusterCommands.Link> links() {
        Map<String, ClusterCommands.Link> links = new HashMap<>();
        raft.links().forEach(link -> links.put(link.nodeId(), link));
        if (!onlyRaft()) {
            claims.links().forEach(link -> links.putIfAbsent(link.nodeId(), link));
        }
        return List.copyOf(links.values());
    }

    // ---- redirects

    /** For a node that is in gossip mode: a slot of a raft shard. Its own is about to be served here in raft mode. */
    String raftRefusal(int slot) {
        return redirects.forSlot(slot);
    }

    /** For a node that is raft's: a slot of a shard that is not. */
    @Override
    public String redirect(int slot) {
        String line = claims.refusal(slot, true, false, false);
        // It owns it no more, or not yet.
        return line == null ? Redirects.NOT_READY : line;
    }

    /** Whether every slot has an owner, and each owner in gossip mode lives. */
    @Override
    @SuppressWarnings("ReferenceEquality") // another picture, another look
    public boolean isCovered() {
        Picture now = picture.get();
        ClusterMap known = map.get();
        Coverage last = coverage;
        if (last == null || last.picture() != now || last.map() != known) {
            last = new Coverage(now, known, isCovered(now, known));
            coverage = last;
        }
        return last.isCovered();
    }

    private record Coverage(@Nullable Picture picture, ClusterMap map, boolean isCovered) {}

    private static boolean isCovered(@Nullable Picture now, ClusterMap known) {
        for (int slot = 0; slot < Slots.COUNT; slot++) {
            Shard shard = known.owner(slot);
            String owner = now == null ? null : now.owners()[slot];
            Picture.Node node = now == null || owner == null ? null : now.node(owner);
            if (shard == null && (node == null || node.failed())) {
                return false;
            }
        }
        return true;
    }
}
