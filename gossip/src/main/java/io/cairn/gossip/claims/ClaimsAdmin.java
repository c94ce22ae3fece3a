package io.cairn.gossip.claims;

import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What CLUSTER commands do to a node. The methods answer an error line, or null; those with a consumer tell it later, an empty text when
 * it is done. Valid while {@link ClaimsNode#run} runs. Redis: clusterCommand.
 */
public final class ClaimsAdmin {
    private final Registry registry;
    private final OpenSlotTable open;
    private final Candidate candidate;
    private final Voter voter;
    private final Promises promises;
    private final Succession succession;
    private final ClaimPorts ports;
    private final Outbox outbox;
    private final BiPredicate<String, Boolean> meets;
    private final Consumer<Claim> follows;
    private final long now;

    ClaimsAdmin(
            Registry registry,
            OpenSlotTable open,
            Candidate candidate,
            Voter voter,
            Promises promises,
            Succession succession,
            ClaimPorts ports,
            Outbox outbox,
            BiPredicate<String, Boolean> meets,
            Consumer<Claim> follows,
            long now) {
        this.registry = registry;
        this.open = open;
        this.candidate = candidate;
        this.voter = voter;
        this.promises = promises;
        this.succession = succession;
        this.ports = ports;
        this.outbox = outbox;
        this.meets = meets;
        this.follows = follows;
        this.now = now;
    }

    /** Runs a reply when what this event changes is on the disk. Also later than {@link ClaimsNode#run}, from a consumer of this class. */
    public void answer(Runnable reply) {
        outbox.answer(reply);
    }

    private @Nullable String unlessPrimary() {
        return registry.self().isPrimary() ? null : "ERR You can use this command only with masters.";
    }

    /** This node's shard stays as it is while it leaves gossip mode. */
    private @Nullable String unlessPromised() {
        Claim self = registry.self();
        return promises.bindShard(self.isPrimary() ? self.id() : self.primaryId()) ? Candidate.PROMISED : null;
    }

    /** Where this node is found from now on, and whether it may stand for election. */
    public void announce(Place place, boolean noFailover) {
        registry.self(registry.self().at(place, noFailover));
    }

    /** Writes nodes.conf again. */
    public void save() {
        registry.changed();
    }

    /** @param bus "host:port" of the other node's gossip */
    public @Nullable String meet(String bus) {
        return meets.test(bus, true) ? null : "ERR too many nodes are being met";
    }

    /** Looks for a node that the configuration names; one that has forgotten this node does not take it in again. False: too many are being met. */
    public boolean join(String bus) {
        return meets.test(bus, false);
    }

    public @Nullable String forget(String id) {
        if (registry.isBanned(id)) {
            return null;
        }
        if (registry.claim(id) == null) {
            return "ERR Unknown node " + id;
        } else if (id.equals(registry.id())) {
            return "ERR I tried hard but I can't forget myself...";
        } else if (id.equals(registry.self().primaryId())) {
            return "ERR Can't forget my master!";
        } else if (!registry.hasRoomForBan(id)) {
            return "ERR too many nodes are forgotten (" + MessageCodec.MAX_NODES + ")";
        }
        registry.say(id, true);
        return null;
    }

    public @Nullable String replicate(String id) {
        Claim primary = registry.claim(id);
        Claim self = registry.self();
        if (primary == null) {
            return "ERR Unknown node " + id;
        } else if (id.equals(self.id())) {
            return "ERR Can't replicate myself";
        } else if (!primary.isPrimary()) {
            return "ERR I can only replicate a master, not a replica.";
        }
        boolean full = !registry.owned(self.id()).isEmpty() || ports.hasData();
        if (self.isPrimary() && full) {
            return "ERR To set a master the node must be empty and without assigned slots.";
        }
        if (!self.primaryId().equals(id)) {
            String promised = promises.bindShard(id) ? Candidate.PROMISED : unlessPromised();
            if (promised != null) {
                return promised;
            }
            follows.accept(primary);
        }
        return null;
    }

    public void addSlots(SlotSet slots, Consumer<String> done) {
        for (int[] run : slots.runs()) {
            for (int slot = run[0]; slot <= run[1]; slot++) {
                if (registry.owner(slot) != null) {
                    done.accept("ERR Slot " + slot + " is already busy");
                    return;
                }
            }
        }
        take(slots, done);
    }

    /** Takes slots by a vote; a node that knows no other just takes them. */
    private void take(SlotSet slots, Consumer<String> done) {
        String refusal = unlessPrimary();
        if (refusal != null) {
            done.accept(refusal);
        } else if (registry.others().isEmpty()) {
            registry.self(registry.self().holding(registry.self().slots().plus(slots)));
            done.accept("");
        } else {
            candidate.move(slots, now, done);
        }
    }

    public @Nullable String delSlots(SlotSet slots) {
        for (int[] run : slots.runs()) {
            for (int slot = run[0]; slot <= run[1]; slot++) {
                if (registry.owner(slot) == null) {
                    return "ERR Slot " + slot + " is already unassigned";
                }
            }
        }
        if (promises.bind(slots)) {
            return Candidate.PROMISED;
        }
        if (candidate.running() != null) {
            return "TRYAGAIN a change of this node's slots is under way";
        }
        slots.minus(registry.owned(registry.id())).bits().stream().forEach(registry::disown);
        Claim self = registry.self();
        if (self.slots().meets(slots)) {
            registry.self(self.holding(self.slots().minus(slots)));
        }
        return null;
    }

    public @Nullable String flushSlots() {
        if (ports.hasData()) {
            return "ERR DB must be empty to perform CLUSTER FLUSHSLOTS.";
        }
        SlotSet own = registry.owned(registry.id());
        return own.isEmpty() ? null : delSlots(own);
    }

    private @Nullable String setSlot(String id, String unknown, Function<Claim, @Nullable String> then) {
        Claim other = registry.claim(id);
        if (!registry.self().isPrimary()) {
            return "ERR Please use SETSLOT only with masters.";
        } else if (other == null) {
            return unknown + id;
        } else if (!other.isPrimary()) {
            return "ERR Target node is not a master";
        } else if (promises.bindShard(registry.id()) || promises.bindShard(id)) {
            return Candidate.PROMISED;
        }
        return then.apply(other);
    }

    public @Nullable String migrating(int slot, String to) {
        if (registry.self().isPrimary() && !registry.id().equals(registry.owner(slot))) {
            return "ERR I'm not the owner of hash slot " + slot;
        }
        return setSlot(to, "ERR I don't know about node ", other -> {
            String promised = promised(slot);
            if (promised == null || other.id().equals(voter.promisedTo(slot))) {
                open.migrate(slot, to);
                return null;
            }
            return promised;
        });
    }

    public @Nullable String importing(int slot, String from) {
        if (registry.self().isPrimary() && registry.id().equals(registry.owner(slot))) {
            return "ERR I'm already the owner of hash slot " + slot;
        }
        return setSlot(from, "ERR I don't know about node ", other -> {
            open.importFrom(slot, from);
            return null;
        });
    }

    public @Nullable String stable(int slot) {
        if (!registry.self().isPrimary()) {
            return "ERR Please use SETSLOT only with masters.";
        }
        String promised = promised(slot);
        if (promised == null) {
            open.close(slot);
        }
        return promised;
    }

    /** A vote of this owner said that no key is in the slot: none may come until it is known that the vote was in vain. */
    private @Nullable String promised(int slot) {
        String to = voter.promisedTo(slot);
        return to == null
                ? null
                : "TRYAGAIN the slot is promised to " + to
                        + ", whose vote is not decided; FORGET it if it is gone for good";
    }

    /**
     * SETSLOT NODE. At the node that gets the slot: a vote. At its owner: it goes there, if no key is left; the claim of the one that
     * gets it ends the owner's. Elsewhere there is nothing to do: the claim comes.
     */
    public void assign(int slot, String to, Consumer<String> done) {
        boolean mine = registry.id().equals(registry.owner(slot));
        String refusal = setSlot(to, "ERR Unknown node ", other -> {
            if (mine && !to.equals(registry.id()) && ports.keys(slot) != 0) {
                return "ERR Can't assign hashslot " + slot
                        + " to a different node while I still hold keys for this hash slot.";
            }
            return null;
        });
        if (refusal != null) {
            done.accept(refusal);
        } else if (to.equals(registry.id())) {
            if (mine) {
                open.close(slot);
                done.accept("");
            } else {
                take(SlotSet.one(slot), done);
            }
        } else {
            if (mine) {
                open.migrate(slot, to);
            } else {
                open.close(slot);
            }
            done.accept("");
        }
    }

    public @Nullable String setConfigEpoch(long epoch) {
        if (epoch < 0) {
            return "ERR Invalid config epoch specified: " + epoch;
        } else if (!registry.others().isEmpty()) {
            return "ERR The user can assign a config epoch only when the node does not know any other node.";
        } else if (registry.self().configEpoch() != 0) {
            return "ERR Node config epoch is already non-zero";
        }
        registry.self(registry.self().withEpoch(epoch, false));
        registry.sawEpoch(epoch);
        return null;
    }

    /** A higher epoch, by a vote, unless this node's is the highest. Told "STILL n" or "BUMPED n", or an error line. */
    public void bumpEpoch(Consumer<String> done) {
        long highest = registry.others().stream()
                .mapToLong(other -> other.claim.configEpoch())
                .max()
                .orElse(0);
        long own = registry.self().configEpoch();
        if (own > highest) {
            done.accept("STILL " + own);
        } else if (registry.others().isEmpty()) {
            registry.sawEpoch(registry.currentEpoch() + 1);
            registry.self(registry.self().withEpoch(registry.currentEpoch(), false));
            done.accept("BUMPED " + registry.currentEpoch());
        } else if (!registry.self().isPrimary()) {
            done.accept("STILL " + own);
        } else {
            candidate.move(
                    SlotSet.NONE,
                    now,
                    error -> done.accept(
                            error.isEmpty() ? "BUMPED " + registry.self().configEpoch() : error));
        }
    }

    public @Nullable String failover(boolean force) {
        String promised = unlessPromised();
        if (promised != null) {
            return promised;
        }
        return succession.manual(force, now);
    }

    /** Without asking anybody. Redis: clusterBumpConfigEpochWithoutConsensus. */
    public @Nullable String takeover() {
        Claim self = registry.self();
        Claim primary = self.isPrimary() ? null : registry.claim(self.primaryId());
        if (self.isPrimary()) {
            return "ERR You should send CLUSTER FAILOVER to a replica";
        } else if (primary == null) {
            return "ERR I'm a replica but my master is unknown to me";
        }
        if (promises.bindShard(primary.id())) {
            return Candidate.PROMISED;
        }
        candidate.abandon("ERR a takeover came between");
        SlotSet slots = registry.owned(primary.id());
        registry.sawEpoch(registry.currentEpoch() + 1);
        long epoch = registry.currentEpoch();
        voter.votesForItself(epoch);
        registry.self(registry.self().holding(slots).withEpoch(epoch, false).decided(epoch));
        return null;
    }

    /** @param newId of a hard reset, null to keep the id */
    public @Nullable String reset(@Nullable String newId) {
        Claim self = registry.self();
        if (self.isPrimary() && ports.hasData()) {
            return "ERR CLUSTER RESET can't be called with master nodes containing keys";
        }
        String promised = unlessPromised();
        if (promised != null) {
            return promised;
        }
        candidate.abandon("ERR this node was reset");
        voter.forgetAll();
        open.clear();
        Claim fresh = new Claim(
                newId == null ? self.id() : newId,
                self.version() + 1,
                self.place(),
                "",
                newId == null && self.isPrimary() ? self.configEpoch() : 0,
                false,
                newId == null ? registry.currentEpoch() : 0,
                self.noFailover(),
                false,
                SlotSet.NONE);
        if (newId == null) {
            // Who is not told goes on believing that it has its slots.
            outbox.toAll(new Message.News(List.of(fresh), List.of()));
        }
        registry.restart(fresh);
        if (!self.isPrimary()) {
            ports.clear();
        }
        if (newId != null) {
            registry.resetEpoch();
            voter.resetEpoch();
        }
        return null;
    }
}
