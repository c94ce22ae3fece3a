package io.cairn.gossip.claims;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest claim of each node, and what follows from them: a slot's owner is the primary that claims it with the highest config
 * epoch. Who knows the same claims sees the same owners, in whatever order they came.
 */
final class Registry {
    private Claim self;
    private final TreeMap<String, Known> nodes = new TreeMap<>();
    private final TreeMap<String, Ban> bans = new TreeMap<>();
    /** Slots whose owner this node was told to disregard, with that owner's claim. Redis: DELSLOTS of another node's slot. */
    private final Map<Integer, Claim> disowned = new HashMap<>();

    private long currentEpoch;
    private @Nullable String[] owners = new String[SlotSet.SLOTS];
    private Map<String, SlotSet> owned = Map.of();
    private boolean stale = true;
    private boolean unsaved;
    /** The file misses something that others know, too. */
    private boolean behind;

    private boolean untold;
    private @Nullable Claim past;
    private long picture;

    Registry(Claim self) {
        this.self = self;
        this.unsaved = true;
    }

    Registry(Saved saved, long nowMillis) {
        this.self = saved.self();
        for (Claim claim : saved.others()) {
            nodes.put(claim.id(), new Known(claim, nowMillis));
        }
        saved.bans().forEach(ban -> bans.put(ban.id(), ban));
        this.currentEpoch = saved.currentEpoch();
    }

    Claim self() {
        return self;
    }

    String id() {
        return self.id();
    }

    /** What this node says of itself from now on, under a new version if it is anything new. */
    void self(Claim claim) {
        if (!claim.withVersion(self.version()).equals(self)) {
            self = claim.withVersion(Math.max(self.version(), claim.version()) + 1);
            changed();
            untold = true;
        }
    }

    /** What this node last said, by the word of others: from now on it says this, and is believed. */
    void recall(Claim claim) {
        self = claim.withVersion(claim.version() + 1);
        changed();
        untold = true;
    }

    /** Another life under another or the same id: nothing of before counts. */
    void restart(Claim claim) {
        nodes.clear();
        bans.clear();
        disowned.clear();
        self = claim;
        changed();
    }

    long currentEpoch() {
        return currentEpoch;
    }

    void sawEpoch(long epoch) {
        if (epoch > currentEpoch) {
            currentEpoch = epoch;
            unsaved = true;
        }
    }

    /** An epoch that another made. */
    void heardEpoch(long epoch) {
        if (epoch > currentEpoch) {
            currentEpoch = epoch;
            behind = true;
        }
    }

    /** For ids drawn anew only. */
    void resetEpoch() {
        currentEpoch = 0;
        unsaved = true;
    }

    Collection<Known> others() {
        return nodes.values();
    }

    @Nullable
    Known other(String id) {
        return nodes.get(id);
    }

    /** A node's claim, this node's too; null when it is not known. */
    @Nullable
    Claim claim(String id) {
        Known known = nodes.get(id);
        return id.equals(self.id()) ? self : known == null ? null : known.claim;
    }

    /** Takes a claim that is news; false if it is none, or not welcome. */
    boolean hear(Claim claim, long nowMillis) {
        if (claim.id().equals(self.id())) {
            if (claim.version() > self.version() && (past == null || claim.version() > past.version())) {
                past = claim;
            }
            return false;
        }
        Known known = nodes.get(claim.id());
        if (isBanned(claim.id()) || (known == null && nodes.size() >= MessageCodec.MAX_NODES - 1)) {
            return false;
        }
        if (known != null && known.claim.version() >= claim.version()) {
            return false;
        }
        if (known == null) {
            nodes.put(claim.id(), new Known(claim, nowMillis));
        } else {
            known.hadReplicas |= !known.claim.isPrimary() && claim.isPrimary();
            known.claim = claim;
        }
        heardEpoch(claim.configEpoch());
        heard();
        return true;
    }

    /** A claim of this node that others know and its file does not: the file is an old one, or was lost. Null for none; once. */
    @Nullable
    Claim takePast() {
        Claim was = past;
        past = null;
        return was;
    }

    boolean isBanned(String id) {
        Ban ban = bans.get(id);
        return ban != null && ban.banned();
    }

    /** FORGET or MEET, by an operator's word at this node. */
    void say(String id, boolean banned) {
        Ban before = bans.get(id);
        if (before == null ? banned : before.banned() != banned) {
            hear(new Ban(id, before == null ? 1 : before.stamp() + 1, banned));
            changed();
            untold = true;
        }
    }

    void hear(Ban ban) {
        Ban before = bans.get(ban.id());
        boolean mine = ban.id().equals(self.id()) || ban.id().equals(self.primaryId());
        if (mine
                || (before != null && !ban.beats(before))
                || (before == null && bans.size() >= MessageCodec.MAX_NODES)) {
            return;
        }
        bans.put(ban.id(), ban);
        if (ban.banned()) {
            nodes.remove(ban.id());
        }
        heard();
    }

    Collection<Ban> bans() {
        return bans.values();
    }

    boolean hasRoomForBan(String id) {
        return bans.containsKey(id) || bans.size() < MessageCodec.MAX_NODES;
    }

    void disown(int slot) {
        String owner = owner(slot);
        Claim claim = owner == null ? null : claim(owner);
        if (claim != null) {
            disowned.put(slot, claim);
            stale = true;
        }
    }

    void changed() {
        stale = true;
        unsaved = true;
    }

    /** What others have said has changed something. They will say it again: the file may follow later. */
    void heard() {
        stale = true;
        behind = true;
    }

    /** True once after a change that must be on the disk before anybody hears of it. */
    boolean takeUnsaved() {
        boolean was = unsaved;
        unsaved = false;
        behind &= !was;
        return was;
    }

    /** Writes what was heard, too. */
    void catchUp() {
        unsaved |= behind;
    }

    /** True once after a change that everybody is to hear of. */
    boolean takeUntold() {
        boolean was = untold;
        untold = false;
        return was;
    }

    @Nullable
    String owner(int slot) {
        settle();
        return owners[slot];
    }

    /** Who owns which slots: not to be changed; another array after each change. */
    @Nullable
    String[] owners() {
        settle();
        return owners;
    }

    SlotSet owned(String id) {
        settle();
        return owned.getOrDefault(id, SlotSet.NONE);
    }

    /** The primaries that own slots, which decide by majority. */
    Set<String> voters() {
        settle();
        return owned.keySet();
    }

    int quorum() {
        return voters().size() / 2 + 1;
    }

    boolean isVoter() {
        return voters().contains(self.id());
    }

    List<Known> replicasOf(String id) {
        List<Known> replicas = new ArrayList<>();
        for (Known known : nodes.values()) {
            if (known.claim.primaryId().equals(id)) {
                replicas.add(known);
            }
        }
        return replicas;
    }

    /** Two nodes that know the same claims and bans have the same number. */
    long picture() {
        settle();
        return picture;
    }

    private void settle() {
        if (!stale) {
            return;
        }
        stale = false;
        @Nullable String[] next = new String[SlotSet.SLOTS];
        Claim[] best = new Claim[SlotSet.SLOTS];
        Set<Claim> claims = new HashSet<>();
        claims.add(self);
        nodes.values().forEach(known -> claims.add(known.claim));
        disowned.entrySet().removeIf(entry -> !claims.contains(entry.getValue()));
        long sum = 0;
        for (Claim claim : claims) {
            sum += mix(claim.id().hashCode() * 31L + claim.version());
            BitSet slots = claim.slots().bits();
            for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
                Claim now = best[slot];
                if (!claim.equals(disowned.get(slot)) && (now == null || claim.beats(now))) {
                    best[slot] = claim;
                    next[slot] = claim.id();
                }
            }
        }
        for (Ban ban : bans.values()) {
            sum += mix(ban.id().hashCode() * 37L + ban.stamp() * 2 + (ban.banned() ? 1 : 0));
        }
        picture = sum;
        owners = next;
        owned = sets(next);
    }

    private static Map<String, SlotSet> sets(@Nullable String[] owners) {
        Map<String, BitSet> bits = new HashMap<>();
        for (int slot = 0; slot < owners.length; slot++) {
            String owner = owners[slot];
            if (owner != null) {
                bits.computeIfAbsent(owner, id -> new BitSet()).set(slot);
            }
        }
        Map<String, SlotSet> sets = new HashMap<>();
        bits.forEach((id, slots) -> sets.put(id, SlotSet.of(slots)));
        return sets;
    }

    private static long mix(long value) {
        long mixed = value * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 29);
    }
}
