package io.cairn.gossip.claims;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node has promised. A promise is given only by who knows of no vote that might still make another the owner of the shard's slots.
 * A majority of the voters promises before a shard changes, and a majority votes before an owner does: they share a voter, which did
 * one of the two first. Promises of living attempts are one at most, but for shards that have left gossip mode.
 */
final class Promises {
    private static final Logger log = LoggerFactory.getLogger(Promises.class);
    /** More are refused; there are no more shards than nodes. */
    private static final int MAX_PROMISES = MessageCodec.MAX_NODES;

    private final Registry registry;
    private final OpenSlotTable open;
    private final List<Promise> given = new ArrayList<>();

    Promises(Registry registry, OpenSlotTable open) {
        this.registry = registry;
        this.open = open;
    }

    void restore(Saved saved) {
        given.addAll(saved.promises());
    }

    List<Promise> all() {
        return List.copyOf(given);
    }

    /** Whether one of these slots is promised to stay where it is. */
    boolean bind(SlotSet slots) {
        return given.stream().anyMatch(promise -> promise.slots().meets(slots));
    }

    /** Whether the shard of this primary is. */
    boolean bindShard(String primaryId) {
        return given.stream().anyMatch(promise -> promise.primaryId().equals(primaryId));
    }

    /**
     * Gives it, or says why not.
     *
     * @param mayChange slots whose owner a vote of this node, or for it, may still change
     */
    @Nullable
    String give(Promise promise, SlotSet mayChange) {
        if (given.contains(promise)) {
            return null;
        }
        for (Promise known : given) {
            boolean later = known.cluster().equals(promise.cluster()) && known.attempt() < promise.attempt();
            if (known.slots().meets(promise.slots()) && !later) {
                return "it has promised attempt " + known.attempt() + " already";
            }
        }
        Claim self = registry.self();
        Claim primary = registry.claim(promise.primaryId());
        boolean member =
                self.id().equals(promise.primaryId()) || self.primaryId().equals(promise.primaryId());
        if (!registry.isVoter() && !member) {
            return "it has neither a vote nor the shard's data";
        } else if (primary == null || !primary.isPrimary() || primary.empty()) {
            return "it knows of no such primary: " + promise.primaryId();
        } else if (primary.configEpoch() != promise.configEpoch()
                || !registry.owned(primary.id()).equals(promise.slots())
                || !primary.slots().equals(promise.slots())) {
            return "it knows of another epoch or other slots of " + promise.primaryId();
        } else if (mayChange.meets(promise.slots())) {
            return "it has given its vote for another owner of the slots, which may still come to be";
        } else if (isOpen(promise.slots())) {
            return "slots are open (SETSLOT MIGRATING or IMPORTING)";
        } else if (given.size() >= MAX_PROMISES) {
            return "it has given too many promises";
        }
        log.info("{}: no vote for the shard of {} (attempt {})", self.id(), promise.primaryId(), promise.attempt());
        put(promise);
        return null;
    }

    private boolean isOpen(SlotSet slots) {
        return open.migrating().keySet().stream()
                        .anyMatch(slot -> SlotSet.one(slot).meets(slots))
                || open.importing().keySet().stream()
                        .anyMatch(slot -> SlotSet.one(slot).meets(slots));
    }

    /** It has been decided: there is nothing to ask any more. */
    void freeze(Promise promise) {
        if (!given.contains(promise)) {
            put(promise);
        }
    }

    private void put(Promise promise) {
        given.removeIf(known -> known.slots().meets(promise.slots()));
        given.add(promise);
        registry.changed();
    }

    void settle(Predicate<Promise> over) {
        if (given.removeIf(over)) {
            log.info("{}: promises that bind: {}", registry.id(), given.size());
            registry.changed();
        }
    }
}
