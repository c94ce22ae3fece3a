package io.cairn.cluster;

import io.cairn.command.Clients;
import io.cairn.command.MovingKeys;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.mode.ReplicationRole;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's data as its claims see it and change it: replication, keys of slots. What may wait for stripes runs on {@code worker}, in order. */
final class GossipData implements ClaimsRunner.NodeData {
    private static final Logger LOG = LoggerFactory.getLogger(GossipData.class);
    private static final int KEYS_AT_A_TIME = 500;
    private static final long HOLD_MILLIS = 1_000;
    private static final int DELETE_ATTEMPTS = 60;
    private static final int LEAD_ATTEMPTS = 1_000;
    private static final long LEAD_PAUSE_NANOS = 5_000_000;
    private static final int LOCK_ATTEMPTS = 20;
    private static final long LOCK_PAUSE_NANOS = 100_000;

    private final Keyspace keyspace;
    private final Clients clients;
    private final Executor worker;
    private final Supplier<ReplicationRole> role;
    private final Supplier<MovingKeys> keys;
    private final IntPredicate isBack;
    private final AtomicBoolean hasFollowed = new AtomicBoolean();
    private final AtomicInteger roleChanges = new AtomicInteger();
    private boolean started;
    private @Nullable String wanted;
    /** The node id in {@link #wanted}. */
    private volatile String follows = "";

    private volatile @Nullable Had had;
    private Runnable pending = () -> {};
    private volatile boolean rests;
    private final AtomicBoolean stopsWrites = new AtomicBoolean();
    private volatile boolean writesStopped;

    /** The node had all data of that primary then, without having followed it. */
    private record Had(String primaryId, long millis) {}

    /**
     * @param worker one thing after the other
     * @param role,keys asked once the node has started
     * @param isBack whether a slot that was lost is this node's again, or on its way here
     */
    GossipData(
            Keyspace keyspace,
            Clients clients,
            Executor worker,
            Supplier<ReplicationRole> role,
            Supplier<MovingKeys> keys,
            IntPredicate isBack) {
        this.keyspace = keyspace;
        this.clients = clients;
        this.worker = worker;
        this.role = role;
        this.keys = keys;
        this.isBack = isBack;
    }

    /** The node serves: from now on it follows whom the claims say. */
    synchronized void start() {
        role.get().listen(new ReplicationRole.Listener() {
            @Override
            public void roleChanged() {
                hasFollowed.set(false);
            }

            @Override
            public void linkChanged(ReplicationRole.Link link) {
                if (link == ReplicationRole.Link.UP) {
                    hasFollowed.set(true);
                    had = null;
                }
            }
        });
        if (!rests) {
            started = true;
            pending.run();
        }
    }

    @Override
    public synchronized void role(@Nullable Claim primary) {
        String now = primary == null
                ? ""
                : primary.id()
                        + '@'
                        + primary.place().bus()
                        + '/'
                        + primary.place().port();
        if (now.equals(wanted)) {
            return;
        }
        wanted = now;
        Had before = had;
        String id = primary == null ? "" : primary.id();
        if (before != null && before.primaryId().equals(follows) && !id.equals(follows)) {
            had = null;
        }
        follows = id;
        int change = roleChanges.incrementAndGet();
        Runnable task = () -> worker.execute(() -> {
            if (change != roleChanges.get()) {
                return;
            }
            if (primary == null) {
                role.get().lead();
            } else {
                role.get().follow(primary.place().host(), primary.place().port(), primary.id());
            }
        });
        pending = task;
        if (started) {
            task.run();
        }
    }

    /** The data is another part's of the node from now on: whom the claims would have it follow counts later, and nothing is deleted. */
    synchronized void rests() {
        rests = true;
        started = false;
        roleChanges.incrementAndGet();
    }

    /** @param upTo whose data this is as of now, null for nobody's */
    synchronized void goesOn(@Nullable String upTo) {
        if (rests) {
            // The claims say whom it follows at their next turn; what they said of the time before counts no more.
            rests = false;
            started = true;
            wanted = null;
            pending = () -> {};
            had = upTo == null ? null : new Had(upTo, System.currentTimeMillis());
        }
    }

    @Override
    public long offset() {
        return role.get().state().offset();
    }

    @Override
    public long dataAgeMillis() {
        ReplicationRole.Upstream primary = role.get().state().primary();
        if (primary == null) {
            return 0;
        }
        if (primary.link() == ReplicationRole.Link.UP) {
            return 0;
        }
        Had before = had;
        boolean followed = hasFollowed.get();
        boolean has = followed || (before != null && before.primaryId().equals(follows));
        if (!has || primary.loading()) {
            return Long.MAX_VALUE;
        }
        long since = followed || before == null ? primary.downSinceMillis() : before.millis();
        return Math.max(0, System.currentTimeMillis() - since);
    }

    @Override
    public boolean hasData() {
        return keyspace.database(0).size() > 0;
    }

    /** With the stripe's lock, so that a write that began before has ended; not for long, as others wait for this thread. */
    @Override
    public int keys(int slot) {
        int stripe = keyspace.stripeOf(slot);
        for (int i = 0; i < LOCK_ATTEMPTS; i++) {
            if (keyspace.tryLock(stripe)) {
                try {
                    return (int) Math.min(Integer.MAX_VALUE, keyspace.keysInSlot(slot));
                } finally {
                    keyspace.unlock(stripe);
                }
            }
            LockSupport.parkNanos(LOCK_PAUSE_NANOS);
        }
        return -1;
    }

    /** Redis: delKeysInSlot. */
    @Override
    public void lost(SlotSet slots) {
        if (rests) {
            return;
        }
        delete(slots, isBack);
    }

    @Override
    public void clear() {
        delete(SlotSet.range(0, SlotSet.SLOTS - 1), slot -> false);
    }

    @Override
    public void afterwards(Runnable action) {
        worker.execute(action);
    }

    private void delete(SlotSet slots, IntPredicate spared) {
        worker.execute(() -> {
            awaitLead();
            delete(slots.bits(), spared);
        });
    }

    /** A node that was reset is about to lead: until then what it holds is its primary's. */
    private void awaitLead() {
        for (int i = 0; i < LEAD_ATTEMPTS && role.get().state().primary() != null; i++) {
            boolean leads;
            synchronized (this) {
                leads = "".equals(wanted);
            }
            if (leads) {
                role.get().lead();
            }
            LockSupport.parkNanos(LEAD_PAUSE_NANOS);
        }
    }

    private void delete(BitSet slots, IntPredicate spared) {
        int slot = slots.nextSetBit(0);
        for (int attempt = 0; slot >= 0 && attempt < DELETE_ATTEMPTS; ) {
            List<byte[]> some = new ArrayList<>();
            int next = slot;
            while (next >= 0 && some.size() < KEYS_AT_A_TIME) {
                int room = KEYS_AT_A_TIME - some.size();
                List<byte[]> keys = keyspace.keysInSlot(next) == 0 ? List.of() : keyspace.keysOfSlot(next, room);
                some.addAll(keys);
                boolean whole = keys.size() < room || spared.test(next);
                next = whole ? slots.nextSetBit(next + 1) : next;
            }
            if (some.isEmpty()) {
                return;
            }
            boolean done = deleted(some, spared);
            attempt = done ? 0 : attempt + 1;
            slot = done ? next : slot;
        }
        if (slot >= 0) {
            LOG.warn("keys of slots from {}, which are not this node's any more, could not be deleted", slot);
        }
    }

    private boolean deleted(List<byte[]> some, IntPredicate spared) {
        try (MovingKeys.Held held = keys.get().hold(0, some, HOLD_MILLIS)) {
            BitSet old = new BitSet();
            for (int i = 0; i < some.size(); i++) {
                // The worker may be late: what is there now may be new.
                if (!spared.test(Slots.of(some.get(i)))) {
                    held.note(i);
                    old.set(i);
                }
            }
            LOG.info("{} keys of slots that are not this node's any more are deleted", old.cardinality());
            return held.delete(old).isEmpty();
        } catch (MovingKeys.Refused e) {
            LOG.debug("keys of slots that are not this node's any more stay for now", e);
            return false;
        }
    }

    /** Calls wait at the door; those that were in already end first, or find out under their locks. */
    @Override
    public long stopWrites(long millis) {
        // Until after resumeWrites, which comes when the time is over: a call that waited must not be refused.
        clients.pause(System.currentTimeMillis() + 2 * millis, true);
        if (stopsWrites.compareAndSet(false, true)) {
            worker.execute(() -> {
                role.get().stopWrites(true);
                writesStopped = stopsWrites.get();
            });
        }
        return writesStopped ? offset() : -1;
    }

    @Override
    public void resumeWrites() {
        if (stopsWrites.compareAndSet(true, false)) {
            writesStopped = false;
            worker.execute(() -> {
                writesStopped = false;
                role.get().stopWrites(false);
                clients.unpause();
            });
        }
    }
}
