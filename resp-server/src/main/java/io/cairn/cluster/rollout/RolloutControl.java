package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.RolloutPorts.Seen;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Ids;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Attempt;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.Rollout.RaftShard;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What an operator asks of a rollout: how it stands, what would happen, and that it begins. Any thread. */
public final class RolloutControl {
    private static final long STATUS_MILLIS = 1_000;
    /** How long a command tries to be taken by a meta group that has just formed. */
    private static final long BEGIN_MILLIS = 20_000;

    private static final long AGAIN_MILLIS = 200;

    private final RolloutPorts ports;
    private final @Nullable Rollouts own;

    /** @param own this node's part, null for a node that has none: it shows how it stands, and refuses */
    public RolloutControl(RolloutPorts ports, @Nullable Rollouts own) {
        this.ports = ports;
        this.own = own;
    }

    /**
     * A shard as STATUS shows it.
     *
     * @param id of the raft shard, or of the gossip primary
     * @param tolerates failures of members at which it goes on by itself
     */
    public record ShardStatus(
            String id,
            Consensus consensus,
            String step,
            String primary,
            List<String> members,
            int tolerates,
            long pauseMillis,
            String reason) {}

    /** @param target where it goes; the same as {@code consensus} when it is there */
    public record Status(
            String consensus,
            String target,
            String step,
            List<Seen> nodes,
            List<ShardStatus> shards,
            String lastError) {}

    // ---- how it stands

    public CompletableFuture<Status> status() {
        ClusterMap map = ports.map();
        Rollout rollout = Rollout.of(map);
        List<Seen> nodes = ports.nodes();
        Map<String, CompletableFuture<@Nullable NodeStatus>> asked = new LinkedHashMap<>();
        byte[] question = new RolloutMessage.AskStatus().bytes();
        for (Seen seen : nodes) {
            String id = seen.node().id();
            Rollouts here = own;
            if (id.equals(ports.selfId())) {
                asked.put(id, CompletableFuture.completedFuture(here == null ? null : here.status()));
            } else if (rollout != null && seen.isCapable()) {
                asked.put(
                        id,
                        ports.ask(id, question, STATUS_MILLIS)
                                .handle((bytes, failure) -> bytes == null ? null : NodeStatus.of(bytes)));
            }
        }
        return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    Map<String, NodeStatus> answers = new HashMap<>();
                    asked.forEach((id, answer) -> {
                        NodeStatus status = answer.getNow(null);
                        if (status != null) {
                            answers.put(id, status);
                        }
                    });
                    return status(map, rollout, nodes, answers);
                });
    }

    private Status status(
            ClusterMap map, @Nullable Rollout rollout, List<Seen> nodes, Map<String, NodeStatus> answers) {
        List<ShardStatus> shards = shards(map, rollout, answers);
        boolean anyRaft = shards.stream().anyMatch(shard -> shard.consensus() == Consensus.RAFT);
        boolean anyGossip = shards.stream().anyMatch(shard -> shard.consensus() == Consensus.GOSSIP);
        boolean claimsCount = ports.picture() != null;
        String now = anyRaft && anyGossip ? "mixed" : anyRaft || !claimsCount ? "raft" : "gossip";
        String target = rollout == null ? now : text(rollout.target());
        String step = "none";
        if (rollout != null && !rollout.isDone()) {
            boolean left = rollout.target() == Consensus.RAFT ? anyGossip : anyRaft;
            Attempt attempt = rollout.attempt();
            boolean aborting = attempt != null && attempt.target() != rollout.target();
            step = aborting ? "aborting" : left ? "shards" : "finishing";
            if (left && rollout.attempt() == null && !rollout.scope().isEmpty() && !isLeft(map, rollout)) {
                step = "none";
            }
        } else if (rollout == null && !ports.clusterId().isEmpty() && own != null && claimsCount) {
            step = "forming";
        }
        String error = Rollout.lastError(map);
        String waits = answers.values().stream()
                .map(NodeStatus::reason)
                .filter(reason -> !reason.isEmpty())
                .findFirst()
                .orElse("");
        return new Status(now, target, step, nodes, shards, error.isEmpty() ? waits : error);
    }

    /** Whether a shard of the scope has yet to change. */
    private boolean isLeft(ClusterMap map, Rollout rollout) {
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (rollout.wants(slot) && (map.owner(slot) == null) == (rollout.target() == Consensus.RAFT)) {
                return true;
            }
        }
        return false;
    }

    private static String text(Consensus consensus) {
        return consensus == Consensus.RAFT ? "raft" : "gossip";
    }

    private List<ShardStatus> shards(ClusterMap map, @Nullable Rollout rollout, Map<String, NodeStatus> answers) {
        List<ShardStatus> shards = new ArrayList<>();
        Attempt attempt = rollout == null ? null : rollout.attempt();
        for (Shard shard : map.shards()) {
            RaftShard start = rollout == null ? null : rollout.raft().get(shard.id());
            List<String> members = members(shard);
            boolean switched = members.stream()
                    .allMatch(id -> !answers.containsKey(id) || answers.get(id).isRaft());
            String step = attempt != null && attempt.shardId().equals(shard.id())
                    ? step(answers, attempt.primaryId(), "end")
                    : switched ? "none" : "switch";
            NodeStatus primary = start == null ? null : answers.get(start.primaryId());
            long pause = start == null ? -1 : start.pauseMillis();
            shards.add(new ShardStatus(
                    shard.id(),
                    Consensus.RAFT,
                    step,
                    ports.primaryOf(shard),
                    members,
                    (shard.voters().size() - 1) / 2,
                    Math.max(pause, primary == null ? -1 : primary.pauseMillis()),
                    primary == null ? "" : primary.reason()));
        }
        Picture picture = ports.picture();
        if (picture != null) {
            picture.nodes().values().stream()
                    .map(Picture.Node::claim)
                    .filter(Claim::isPrimary)
                    .filter(claim -> isGossip(map, picture.slotsOf(claim.id())))
                    .forEach(claim -> shards.add(shard(picture, claim, attempt, answers)));
        }
        return shards;
    }

    private static boolean isGossip(ClusterMap map, SlotSet slots) {
        return !slots.isEmpty() && map.owner(slots.runs().get(0)[0]) == null;
    }

    private static ShardStatus shard(
            Picture picture, Claim claim, @Nullable Attempt attempt, Map<String, NodeStatus> answers) {
        NodeStatus status = answers.get(claim.id());
        boolean changes = attempt != null && attempt.primaryId().equals(claim.id());
        return new ShardStatus(
                claim.id(),
                Consensus.GOSSIP,
                changes ? step(answers, claim.id(), "promise") : "none",
                claim.id(),
                members(picture, claim.id()),
                // An automatic failover loses nobody's slots, whatever it loses of writes.
                members(picture, claim.id()).size() - 1,
                status == null ? -1 : status.pauseMillis(),
                status == null ? "" : status.reason());
    }

    private static String step(Map<String, NodeStatus> answers, String primary, String first) {
        NodeStatus status = answers.get(primary);
        return status == null || status.step().equals("none") ? first : status.step();
    }

    private static List<String> members(Shard shard) {
        List<String> members = new ArrayList<>(shard.voters());
        members.addAll(shard.learners());
        return members;
    }

    private static List<String> members(Picture picture, String primary) {
        List<String> members = new ArrayList<>(List.of(primary));
        picture.nodes().values().stream()
                .map(Picture.Node::claim)
                .filter(claim -> claim.primaryId().equals(primary))
                .forEach(claim -> members.add(claim.id()));
        return members;
    }

    // ---- what would happen

    /** What a command names: slots of the shard, none for all; or why not. */
    private record Scope(List<SlotRange> slots, List<String> members, String error) {}

    private Scope scope(String shardId) {
        if (shardId.isEmpty()) {
            return new Scope(List.of(), List.of(), "");
        }
        ClusterMap map = ports.map();
        for (Shard shard : map.shards()) {
            if (shard.id().equals(shardId) || shard.hasMember(shardId)) {
                return new Scope(map.slotsOf(shard.id()), members(shard), "");
            }
        }
        Picture picture = ports.picture();
        Picture.Node node = picture == null ? null : picture.node(shardId);
        Claim claim = node == null ? null : node.claim();
        if (picture == null || claim == null) {
            return new Scope(List.of(), List.of(), "ERR No such shard: " + shardId);
        }
        String primary = claim.isPrimary() ? claim.id() : claim.primaryId();
        SlotSet slots = picture.slotsOf(primary);
        return slots.isEmpty()
                ? new Scope(List.of(), List.of(), "ERR The shard has no slots: " + shardId)
                : new Scope(SlotRanges.of(slots), members(picture, primary), "");
    }

    /** What stands against it, as an error line, or empty. */
    private String refusal(Consensus target, Scope scope) {
        if (!scope.error().isEmpty()) {
            return scope.error();
        }
        List<Seen> nodes = ports.nodes();
        List<String> lacking = new ArrayList<>();
        for (Seen seen : nodes) {
            boolean concerned = scope.members().isEmpty()
                    || scope.members().contains(seen.node().id())
                    || seen.node().id().equals(ports.selfId());
            if (concerned && !seen.isCapable()) {
                lacking.add(address(seen) + " (" + seen.reason() + ")");
            }
        }
        if (!lacking.isEmpty()) {
            return "ERR These nodes cannot take part: " + String.join(", ", lacking);
        }
        if (own == null) {
            return "ERR This node was not started with cluster-consensus raft in the directory of a gossip cluster";
        }
        Picture picture = ports.picture();
        if (target == Consensus.RAFT && picture != null) {
            long voters = picture.slots().size();
            long capable = nodes.stream()
                    .filter(seen -> picture.slots().containsKey(seen.node().id()) && seen.isCapable())
                    .count();
            if (voters == 0) {
                return "ERR No node has slots: there is nothing to take over";
            } else if (capable <= voters / 2) {
                return "ERR Only " + capable + " of the " + voters + " primaries that vote can take part";
            }
        }
        return "";
    }

    private static String address(Seen seen) {
        return seen.node().host() + ":" + seen.node().port();
    }

    /** The lines of DRYRUN; nothing changes. */
    public List<String> dryRun(Consensus target, String shardId) {
        List<String> lines = new ArrayList<>();
        Scope scope = scope(shardId);
        if (!scope.error().isEmpty()) {
            return List.of(scope.error());
        }
        for (Seen seen : ports.nodes()) {
            lines.add("node " + seen.node().id() + " " + address(seen)
                    + (seen.isCapable() ? " is ready" : " is not ready: " + seen.reason()));
        }
        ClusterMap map = ports.map();
        Rollout rollout = Rollout.of(map);
        for (ShardStatus shard : shards(map, rollout, Map.of())) {
            boolean named =
                    scope.members().isEmpty() || shard.members().stream().anyMatch(scope.members()::contains);
            int size = shard.members().size();
            int voters = size <= 2 ? size : Math.min(5, size % 2 == 1 ? size : size - 1);
            int tolerates = (voters - 1) / 2;
            if (!named || shard.consensus() == target) {
                lines.add("shard " + shard.id() + " stays in " + text(shard.consensus()) + " mode");
            } else if (target == Consensus.RAFT) {
                lines.add("shard " + shard.id() + " becomes a raft shard of " + size
                        + (size == 1 ? " node" : " nodes") + ", " + voters
                        + (voters == 1 ? " voter" : " voters") + ": it tolerates the failure of "
                        + (tolerates == 0 ? "none" : tolerates) + (tolerates == 0 ? " (a warning)" : ""));
            } else {
                lines.add("shard " + shard.id() + " goes back to gossip mode with the primary " + shard.primary()
                        + ": writes are acknowledged by the primary alone");
            }
        }
        String refusal = refusal(target, scope);
        lines.add(refusal.isEmpty() ? "nothing stands against it" : "not possible now: " + refusal);
        return lines;
    }

    // ---- that it begins

    /** Completes with an empty text once it has begun for good, or with the error line. */
    public CompletableFuture<String> begin(Consensus target, String shardId) {
        ClusterMap map = ports.map();
        Rollout rollout = Rollout.of(map);
        if (rollout != null && rollout.isDone() && rollout.target() == target) {
            return CompletableFuture.completedFuture("");
        }
        boolean onlyGossip = rollout == null && ports.clusterId().isEmpty() && ports.picture() != null;
        if (target == Consensus.GOSSIP && onlyGossip) {
            return CompletableFuture.completedFuture("");
        }
        Scope scope = scope(shardId);
        // Nobody needs to be asked to abort.
        boolean back = target == Consensus.GOSSIP
                && (rollout != null || map.shards().isEmpty())
                && own != null
                && scope.error().isEmpty();
        String refusal = back ? "" : refusal(target, scope);
        if (!refusal.isEmpty()) {
            return CompletableFuture.completedFuture(refusal);
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEGIN_MILLIS);
        return formed().thenCompose(done -> propose(new MetaCommand.BeginRollout(target, scope.slots()), until))
                .exceptionally(failure -> "ERR " + reason(failure));
    }

    private CompletableFuture<?> formed() {
        if (!ports.clusterId().isEmpty()) {
            return ports.awaitMap(ClusterMap::isFormed);
        }
        List<ClusterNode> nodes =
                ports.nodes().stream().filter(Seen::isCapable).map(Seen::node).toList();
        boolean other =
                ports.nodes().stream().anyMatch(seen -> !seen.clusterId().isEmpty());
        if (other) {
            return CompletableFuture.failedFuture(new IllegalStateException(
                    "other nodes have formed a meta group already, which this one is about to join: try again"));
        }
        return ports.form(Layout.withoutShards(Ids.random(), nodes))
                .thenCompose(done -> ports.awaitMap(ClusterMap::isFormed));
    }

    /** A group that has just formed takes nothing until all have said what they can. */
    private CompletableFuture<String> propose(MetaCommand command, long until) {
        return ports.propose(command).thenCompose(result -> {
            if (result.isApplied()) {
                return CompletableFuture.completedFuture("");
            } else if (result.outcome() == MetaResult.Outcome.REFUSED || System.nanoTime() > until) {
                return CompletableFuture.completedFuture("ERR " + result.reason());
            }
            return CompletableFuture.supplyAsync(
                            () -> command, CompletableFuture.delayedExecutor(AGAIN_MILLIS, TimeUnit.MILLISECONDS))
                    .thenCompose(again -> propose(again, until));
        });
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
