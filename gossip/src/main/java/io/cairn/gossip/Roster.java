package io.cairn.gossip;

import io.scalecube.cluster.membership.MemberStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members as this node sees them, by node id. Three sources feed it: ScaleCube's events, the membership records that
 * pass the wire ({@link StatusTap}, for suspicion), and refused connections. All changes happen on the events thread;
 * readers see a snapshot.
 *
 * <p>ScaleCube's member is one start of one node, so that a node that restarts within the suspicion time is seen as new:
 * its old start then answers "gone" to a ping and dies at once.
 */
final class Roster implements StatusTap {
    /** A member whose address refuses connections for so long, in milliseconds, is dead: its process is gone. */
    static final long REFUSED_DEAD_MILLIS = 1_500;
    /** How long a dead member stays listed, and is asked whether it is back, in milliseconds. */
    static final long DEAD_KEPT_MILLIS = 3_600_000;
    /** How long one that said goodbye stays listed, in milliseconds. */
    static final long LEFT_KEPT_MILLIS = 60_000;
    /** How long a forgotten node id is not taken in again, in milliseconds; Redis: CLUSTER_BLACKLIST_TTL. */
    static final long FORGOTTEN_MILLIS = 60_000;

    private static final Logger log = LoggerFactory.getLogger(Gossip.class);

    /** One start of a node. */
    private static final class Entry {
        final String memberId;
        final String address;
        NodeInfo info;
        SoftState state = SoftState.EMPTY;
        Health health = Health.ALIVE;
        boolean accused;
        boolean refused;
        boolean goodbye;
        /** ScaleCube dropped it; until then a member found dead by its refusals can still turn out alive. */
        boolean dropped;

        long refusedMillis;
        long sinceMillis;

        Entry(String memberId, String address, NodeInfo info, long nowMillis) {
            this.memberId = memberId;
            this.address = address;
            this.info = info;
            this.sinceMillis = nowMillis;
        }

        Peer peer() {
            return new Peer(info, health, state, sinceMillis);
        }
    }

    /** What the wire last said of a member. */
    private record Rumour(int incarnation, boolean suspect) {}

    private final Executor events;
    private final GossipListener listener;
    private final LongSupplier clockMillis;
    private final Map<String, Entry> nodes = new LinkedHashMap<>();
    /** Starts that ScaleCube believes alive but that are not shown: forgotten nodes and older starts. */
    private final Map<String, Entry> hidden = new HashMap<>();

    private final Map<String, Long> forgottenUntil = new HashMap<>();
    private final Map<String, Rumour> rumours = new ConcurrentHashMap<>();
    private volatile Map<String, Peer> snapshot = Map.of();
    private volatile Set<String> liveAddresses = Set.of();
    private NodeInfo self;

    Roster(Executor events, GossipListener listener, NodeInfo self, LongSupplier clockMillis) {
        this.events = events;
        this.listener = listener;
        this.self = self;
        this.clockMillis = clockMillis;
    }

    /** The others, by node id. Any thread. */
    Map<String, Peer> others() {
        return snapshot;
    }

    /** A member's health changed on the wire. Any thread. */
    @Override
    public void record(String memberId, MemberStatus status, int incarnation) {
        if (status != MemberStatus.ALIVE && status != MemberStatus.SUSPECT) {
            return;
        }
        boolean suspect = status == MemberStatus.SUSPECT;
        boolean[] changed = new boolean[1];
        rumours.computeIfPresent(memberId, (id, old) -> {
            // SWIM: a higher incarnation wins, at the same one suspicion wins.
            boolean newer = incarnation > old.incarnation() || (incarnation == old.incarnation() && suspect);
            if (!newer) {
                return old;
            }
            changed[0] = suspect != old.suspect();
            return new Rumour(incarnation, suspect);
        });
        if (changed[0]) {
            events.execute(() -> change(memberId, entry -> entry.accused = suspect));
        }
    }

    /** Nobody listens at a member's address, or somebody does again. Any thread. */
    void refused(String address, boolean now) {
        events.execute(() -> {
            for (Entry entry : List.copyOf(nodes.values())) {
                if (entry.address.equals(address)) {
                    refused(entry, now);
                }
            }
        });
    }

    private void refused(Entry entry, boolean now) {
        if (now && !entry.refused) {
            entry.refusedMillis = clockMillis.getAsLong();
        }
        if (!now && entry.health == Health.DEAD && !entry.dropped && !entry.goodbye) {
            entry.refused = false;
            turn(entry, Health.ALIVE);
            tell("is back", entry, listener::joined);
        }
        change(entry.memberId, found -> found.refused = now);
    }

    private void change(String memberId, Consumer<Entry> change) {
        Entry entry = current(memberId);
        if (entry == null || entry.health == Health.DEAD) {
            return;
        }
        change.accept(entry);
        Health health = entry.accused || entry.refused ? Health.SUSPECT : Health.ALIVE;
        if (health != entry.health) {
            turn(entry, health);
            if (health == Health.SUSPECT) {
                tell("is suspected", entry, listener::suspected);
            } else {
                tell("is alive after all", entry, listener::recovered);
            }
        }
    }

    private @Nullable Entry current(String memberId) {
        for (Entry entry : nodes.values()) {
            if (entry.memberId.equals(memberId)) {
                return entry;
            }
        }
        return null;
    }

    /** ScaleCube found a member. Events thread. */
    void added(String memberId, String address, NodeInfo info) {
        Entry entry = new Entry(memberId, address, info, clockMillis.getAsLong());
        rumours.put(memberId, new Rumour(-1, false));
        Entry before = nodes.get(info.nodeId());
        boolean older = before != null
                && before.health != Health.DEAD
                && before.info.startedAtMillis() > info.startedAtMillis();
        if (older || isForgotten(info.nodeId()) || info.nodeId().equals(self.nodeId())) {
            if (info.nodeId().equals(self.nodeId())) {
                log.error("gossip: {} uses the node id of this node, {}", address, info.nodeId());
            }
            hidden.put(memberId, entry);
            return;
        }
        show(entry, before);
    }

    private void show(Entry entry, @Nullable Entry before) {
        if (before != null && before.health != Health.DEAD) {
            die(before);
        }
        for (Entry other : List.copyOf(nodes.values())) {
            if (other.address.equals(entry.address)) {
                if (other.health != Health.DEAD) {
                    die(other);
                }
                nodes.remove(other.info.nodeId());
            }
        }
        nodes.put(entry.info.nodeId(), entry);
        publish();
        tell("joined", entry, listener::joined);
    }

    /** A member told something new of itself. Events thread. */
    void updated(String memberId, NodeInfo info) {
        Entry entry = current(memberId);
        if (entry != null && entry.info.nodeId().equals(info.nodeId()) && !entry.info.equals(info)) {
            entry.info = info;
            publish();
            tell("changed its address, name or cluster", entry, listener::updated);
        }
    }

    /** A member said goodbye or is believed dead. Events thread. */
    void removed(String memberId, boolean goodbye) {
        rumours.remove(memberId);
        hidden.remove(memberId);
        Entry entry = current(memberId);
        if (entry != null) {
            entry.dropped = true;
            if (entry.health != Health.DEAD) {
                entry.goodbye = goodbye;
                die(entry);
            }
        }
    }

    private void die(Entry entry) {
        turn(entry, Health.DEAD);
        tell(entry.goodbye ? "left" : "is dead", entry, listener::left);
    }

    /** Takes soft states that are newer than those known. Events thread. */
    void states(Map<String, SoftState> states) {
        boolean changed = false;
        for (Map.Entry<String, SoftState> state : states.entrySet()) {
            Entry entry = nodes.get(state.getKey());
            if (entry != null && state.getValue().sequence() > entry.state.sequence()) {
                entry.state = state.getValue();
                changed = true;
            }
        }
        if (changed) {
            publish();
        }
    }

    /** Events thread. */
    void self(NodeInfo info) {
        self = info;
    }

    /** Drops a node and takes no news of it for a while. Events thread. */
    void forget(String nodeId) {
        forgottenUntil.put(nodeId, clockMillis.getAsLong() + FORGOTTEN_MILLIS);
        Entry entry = nodes.remove(nodeId);
        if (entry != null) {
            publish();
            if (entry.health != Health.DEAD) {
                hidden.put(entry.memberId, entry);
                tell("is forgotten", entry, listener::left);
            }
        }
    }

    private boolean isForgotten(String nodeId) {
        Long until = forgottenUntil.get(nodeId);
        return until != null && clockMillis.getAsLong() < until;
    }

    /** Declares dead who refuses too long; drops the long dead; takes in again those that are no longer forgotten. Events thread, about twice a second. */
    void sweep() {
        long now = clockMillis.getAsLong();
        for (Entry entry : List.copyOf(nodes.values())) {
            if (entry.refused && entry.health == Health.SUSPECT && now - entry.refusedMillis >= REFUSED_DEAD_MILLIS) {
                die(entry);
            }
        }
        boolean dropped = nodes.values()
                .removeIf(entry -> entry.health == Health.DEAD
                        && now - entry.sinceMillis > (entry.goodbye ? LEFT_KEPT_MILLIS : DEAD_KEPT_MILLIS));
        if (dropped) {
            publish();
        }
        if (forgottenUntil.values().removeIf(until -> until <= now)) {
            for (Entry entry : List.copyOf(hidden.values())) {
                Entry shown = nodes.get(entry.info.nodeId());
                boolean free = shown == null || shown.health == Health.DEAD;
                if (free
                        && !isForgotten(entry.info.nodeId())
                        && !entry.info.nodeId().equals(self.nodeId())) {
                    hidden.remove(entry.memberId);
                    show(entry, shown);
                }
            }
        }
    }

    /** Addresses to spread soft state to: all but the dead. Events thread. */
    List<String> reachable() {
        List<String> addresses = new ArrayList<>();
        for (Entry entry : nodes.values()) {
            if (entry.health != Health.DEAD) {
                addresses.add(entry.address);
            }
        }
        return addresses;
    }

    /** Addresses of members that died without a goodbye and may come back there. Events thread. */
    List<String> lost() {
        List<String> addresses = new ArrayList<>();
        for (Entry entry : nodes.values()) {
            if (entry.health == Health.DEAD && !entry.goodbye) {
                addresses.add(entry.address);
            }
        }
        return addresses;
    }

    /** True if a live member has that address. Any thread. */
    boolean knows(String address) {
        return liveAddresses.contains(address);
    }

    private void turn(Entry entry, Health health) {
        entry.health = health;
        entry.sinceMillis = clockMillis.getAsLong();
        publish();
    }

    private void publish() {
        Map<String, Peer> peers = new LinkedHashMap<>();
        Set<String> addresses = new HashSet<>();
        nodes.forEach((nodeId, entry) -> {
            peers.put(nodeId, entry.peer());
            if (entry.health != Health.DEAD) {
                addresses.add(entry.address);
            }
        });
        snapshot = peers;
        liveAddresses = addresses;
    }

    private void tell(String what, Entry entry, Consumer<Peer> event) {
        log.info(
                "gossip {}: {} at {} ({}:{}) {}",
                self.clientPort(),
                entry.info.nodeId(),
                entry.address,
                entry.info.host(),
                entry.info.clientPort(),
                what);
        try {
            event.accept(entry.peer());
        } catch (RuntimeException e) {
            log.error("gossip {}: the listener failed", self.clientPort(), e);
        }
    }
}
