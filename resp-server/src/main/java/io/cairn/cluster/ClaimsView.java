package io.cairn.cluster;

import io.cairn.gossip.Gossip;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.keyspace.Slots;
import io.cairn.mode.SlotGuard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The cluster of gossip mode as CLUSTER commands show it and as calls are redirected by it. Any thread. */
final class ClaimsView implements ClusterView, SlotGuard.View {
    private static final String DOWN = "CLUSTERDOWN The cluster is down";
    private static final String DOWN_FOR_WRITES = "CLUSTERDOWN The cluster is down and only accepts read commands";
    private static final String NOT_YET = "TRYAGAIN This node is about to take its primary's place";
    private static final String NOT_SERVED = "CLUSTERDOWN Hash slot not served";

    private final ClaimsRunner claims;
    private final BooleanSupplier requireFullCoverage;
    private final BooleanSupplier allowReads;
    private final Supplier<Redirects.EndpointStyle> style;
    private final LongSupplier offset;
    private final BooleanSupplier follows;
    private volatile @Nullable MixedView mixed;

    /** @param follows whether the node's data still follows a primary: it is about to lead */
    ClaimsView(
            ClaimsRunner claims,
            BooleanSupplier requireFullCoverage,
            BooleanSupplier allowReads,
            Supplier<Redirects.EndpointStyle> style,
            LongSupplier offset,
            BooleanSupplier follows) {
        this.claims = claims;
        this.requireFullCoverage = requireFullCoverage;
        this.allowReads = allowReads;
        this.style = style;
        this.offset = offset;
        this.follows = follows;
    }

    /** Some shards may be raft's from now on. */
    void beside(MixedView both) {
        mixed = both;
    }

    /** Whether this node may answer for what it owns. */
    boolean answers() {
        Picture picture = picture();
        return picture.seesMajority() && (picture.slotsOf(picture.self().id()).isEmpty() || mayWrite(picture));
    }

    private Picture picture() {
        return claims.picture();
    }

    @Override
    public String selfId() {
        return picture().self().id();
    }

    @Override
    public List<Member> members() {
        Picture picture = picture();
        List<Member> members = new ArrayList<>();
        long ago = System.currentTimeMillis() - ClaimsRunner.now();
        for (Picture.Node node : picture.nodes().values()) {
            Claim claim = node.claim();
            boolean myself = claim.id().equals(picture.self().id());
            Picture.Node above = claim.isPrimary() ? node : picture.node(claim.primaryId());
            members.add(new Member(
                    claim.id(),
                    claim.place().host(),
                    claim.place().port(),
                    claim.place().busPort(),
                    claim.place().hostname(),
                    claim.isPrimary() ? claim.id() : claim.primaryId(),
                    node.suspected() && !node.failed(),
                    node.failed(),
                    myself || node.isUp(),
                    claim.noFailover(),
                    myself ? 0 : node.heardMillis() + ago,
                    above == null ? 0 : above.claim().configEpoch(),
                    myself ? offset.getAsLong() : node.offset()));
        }
        return members;
    }

    @Override
    public List<Group> groups() {
        Picture picture = picture();
        List<Group> groups = new ArrayList<>();
        for (Picture.Node node : picture.nodes().values()) {
            if (!node.claim().isPrimary()) {
                continue;
            }
            String id = node.claim().id();
            List<String> members = new ArrayList<>(List.of(id));
            picture.nodes().values().stream()
                    .filter(other -> other.claim().primaryId().equals(id))
                    .forEach(other -> members.add(other.claim().id()));
            groups.add(new Group(id, id, members, ranges(picture.slotsOf(id))));
        }
        return groups;
    }

    private static List<SlotRange> ranges(SlotSet slots) {
        return slots.runs().stream().map(run -> new SlotRange(run[0], run[1])).toList();
    }

    @Override
    public Map<Integer, String> migrating() {
        return new TreeMap<>(picture().migrating());
    }

    @Override
    public Map<Integer, String> importing() {
        return new TreeMap<>(picture().importing());
    }

    /** As in Redis, whose redis-cli decides by these counts. */
    @Override
    public boolean isGuest(int slot) {
        return false;
    }

    @Override
    public Figures figures() {
        Picture picture = picture();
        int suspected = 0;
        int failed = 0;
        for (Picture.Node node : picture.nodes().values()) {
            int slots = picture.slotsOf(node.claim().id()).size();
            suspected += node.suspected() && !node.failed() ? slots : 0;
            failed += node.failed() ? slots : 0;
        }
        Claim self = picture.self();
        Picture.Node above = self.isPrimary() ? null : picture.node(self.primaryId());
        return new Figures(
                isUp(picture),
                picture.assigned(),
                picture.assigned() - suspected - failed,
                suspected,
                failed,
                picture.nodes().size(),
                picture.size(),
                picture.currentEpoch(),
                self.isPrimary()
                        ? self.configEpoch()
                        : above == null ? 0 : above.claim().configEpoch());
    }

    /** Redis: clusterUpdateState. A primary that a majority may have given up is down before it learns so. */
    private boolean isUp(Picture picture) {
        boolean serves = picture.slotsOf(picture.self().id()).isEmpty() || mayWrite(picture);
        return isCovered(picture) && picture.seesMajority() && serves;
    }

    private boolean isCovered(Picture picture) {
        MixedView both = mixed;
        return (picture.isCovered() && picture.assigned() == Slots.COUNT)
                || !requireFullCoverage.getAsBoolean()
                || (both != null && both.isCovered());
    }

    private static boolean mayWrite(Picture picture) {
        return ClaimsRunner.now() < picture.leaseUntilMillis();
    }

    @Override
    public String consensusLines() {
        StringBuilder text = new StringBuilder();
        Picture picture = picture();
        ClusterReports.line(text, "cluster_consensus", "gossip");
        ClusterReports.line(text, "cluster_sees_majority", picture.seesMajority() ? "yes" : "no");
        ClusterReports.line(text, "cluster_takes_writes", mayWrite(picture) ? "yes" : "no");
        ClusterReports.line(text, "cluster_data_lost", picture.self().empty() ? "yes" : "no");
        return text.toString();
    }

    @Override
    public List<ClusterCommands.Link> links() {
        Gossip gossip = claims.gossip();
        List<ClusterCommands.Link> links = new ArrayList<>();
        if (gossip != null) {
            for (Picture.Node node : picture().nodes().values()) {
                Claim claim = node.claim();
                gossip.link(claim.place().bus())
                        .ifPresent(link -> links.add(
                                new ClusterCommands.Link(claim.id(), link.sinceMillis(), link.unsentBytes())));
            }
        }
        return links;
    }

    // ---- redirects

    @Override
    public @Nullable String refusal(int slot, boolean write, boolean replica, boolean asking) {
        MixedView both = mixed;
        if (both != null && both.isRaft(slot)) {
            return both.raftRefusal(slot);
        }
        Picture picture = picture();
        String owner = picture.owners()[slot];
        boolean mine = picture.self().id().equals(owner);
        // Keys of a slot that comes here are lost with the node's place, too.
        boolean answers = mine
                || (asking
                        && picture.importing().containsKey(slot)
                        && !picture.slotsOf(picture.self().id()).isEmpty());
        if (!isCovered(picture) || !picture.seesMajority() || (answers && !mayWrite(picture))) {
            if (picture.self().empty() || !allowReads.getAsBoolean()) {
                return DOWN;
            } else if (write) {
                return DOWN_FOR_WRITES;
            }
        }
        if (mine) {
            return write && follows.getAsBoolean() ? NOT_YET : null;
        }
        if (asking && picture.importing().containsKey(slot)) {
            return null;
        }
        if (owner == null) {
            return NOT_SERVED;
        }
        if (replica && owner.equals(picture.self().primaryId())) {
            return null;
        }
        Picture.Node node = picture.node(owner);
        // Nobody is sent to a node that is gone.
        return node == null || node.failed() ? NOT_SERVED : "MOVED " + slot + " " + address(node.claim());
    }

    private String address(Claim claim) {
        String host = switch (style.get()) {
            case IP -> claim.place().host();
            case HOSTNAME ->
                claim.place().hostname().isEmpty() ? "?" : claim.place().hostname();
            case UNKNOWN -> "";
        };
        return host + ":" + claim.place().port();
    }

    @Override
    public SlotGuard.State state(int slot) {
        if (claims.migratingNow().containsKey(slot)) {
            return SlotGuard.State.MIGRATING;
        }
        Map<Integer, String> importing = picture().importing();
        return !importing.isEmpty() && importing.containsKey(slot) ? SlotGuard.State.IMPORTING : SlotGuard.State.PLAIN;
    }

    @Override
    public String ask(int slot) {
        String to = claims.migratingNow().get(slot);
        Picture.Node node = to == null ? null : picture().node(to);
        return node == null ? NOT_SERVED : "ASK " + slot + " " + address(node.claim());
    }
}
