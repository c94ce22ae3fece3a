package io.cairn.gossip.claims;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a node's claims need of the world. Called on the thread that runs {@link ClaimsNode}; none may wait for another node. */
public interface ClaimPorts {
    /** Sends to a node, at most once, soon, perhaps never. */
    void send(String nodeId, Place place, byte[] message);

    /**
     * Puts everything on the disk: what is sent after this returns may rest on it. A failure must end the node.
     */
    void save(Saved saved);

    /** Replication offset of this node's data. */
    long offset();

    /** Milliseconds since this replica's link to its primary was last up; 0 while it is, Long.MAX_VALUE if it never was. */
    long dataAgeMillis();

    /** Follow this primary, or lead when null: told again and again, whether or not something has changed. */
    void role(@Nullable Claim primary);

    /** Whether this node holds any key. */
    boolean hasData();

    /** Slots that this node, which stays a primary, has lost to a newer owner: the keys in them are of the past, unless they come back. */
    void lost(SlotSet slots);

    /** All data of a replica that was reset goes. Redis: emptyData. */
    void clear();

    /** At once, for every write that comes after it: slots of which new keys are made elsewhere, and where. */
    void migrating(Map<Integer, String> slots);

    /** Keys of the slot, after every write that began before; -1 if that cannot be said now. */
    int keys(int slot);

    /**
     * Take no writes for so long, for a manual failover.
     *
     * @return {@link #offset} once none is under way any more, -1 before that: asked again
     */
    long stopWrites(long millis);

    /** Ends what {@link #stopWrites} began. */
    void resumeWrites();
}
