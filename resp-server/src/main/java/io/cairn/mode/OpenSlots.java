package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.raft.shards.SlotState;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which calls a slot takes while it is moved key by key (Redis: getNodeByQuery). A key is where it lies, expired or not: so
 * replicas say alike, whatever their clocks. Callers hold the slot's stripe.
 */
final class OpenSlots {
    static final String TRY_AGAIN = "TRYAGAIN Multiple keys request during rehashing of slot";

    static final String NOT_SERVED = "TRYAGAIN The shard no longer serves this slot";

    private final Keyspace keyspace;
    private volatile IntFunction<String> asks = slot -> TRY_AGAIN;
    private volatile IntFunction<String> gone = slot -> NOT_SERVED;

    OpenSlots(Keyspace keyspace) {
        this.keyspace = keyspace;
    }

    /**
     * @param redirect the ASK line for a slot
     * @param elsewhere the line for a slot that this shard's log does not serve
     */
    void asks(IntFunction<String> redirect, IntFunction<String> elsewhere) {
        asks = redirect;
        gone = elsewhere;
    }

    /** The line for a call that was logged before the slot was released. */
    String gone(int slot) {
        return gone.apply(slot);
    }

    /** False for a slot that is none of this shard's business. */
    static boolean mayServe(SlotState state) {
        return state == SlotState.SERVING || state == SlotState.MIGRATING || state == SlotState.IMPORTING;
    }

    /**
     * Whether a read that came while the slot was served may be answered now.
     *
     * @param samePrimary this replica served as the primary when the read came, and has ever since: it alone ends the stream of what
     *     it has seen frozen, so what is frozen was all there was when the read came. Others may hear of the freeze when the new
     *     owner has long gone on.
     */
    static boolean mayRead(SlotState state, boolean samePrimary) {
        return mayServe(state) || (samePrimary && state == SlotState.FROZEN);
    }

    /** The error line for a call on an open slot that cannot run here, or null. */
    @Nullable
    String refusal(SlotState state, KeyPositions keys, Command command, Args args, int slot, int database) {
        if (state == SlotState.SERVING || state == SlotState.FROZEN || database == SentKeys.DATABASE) {
            return null;
        }
        int count = keys.find(command, args);
        int present = present(keys, count, args, database);
        if (state == SlotState.MIGRATING && present < count) {
            return present > 0 ? TRY_AGAIN : asks.apply(slot);
        }
        return state == SlotState.IMPORTING && present < count && count > 1 ? TRY_AGAIN : null;
    }

    /** What a MULTI block, or the effects of a script, names of an open slot: all of its commands together, as in Redis. */
    final class OfBlock {
        private final boolean effects;
        private SlotState state = SlotState.SERVING;
        private int slot;
        private int present;
        private int missing;
        private byte @Nullable [] first;
        private boolean several;

        /** @param effects of a script: where they are not all here, it runs again */
        OfBlock(boolean effects) {
            this.effects = effects;
        }

        /** The line for a command that cannot run whatever the others name, or null. */
        @Nullable
        String add(SlotState of, int inSlot, KeyPositions keys, Command command, Args args, int database) {
            int count = keys.find(command, args);
            if (database == SentKeys.DATABASE) {
                return null;
            }
            if (!mayServe(of)) {
                return TRY_AGAIN;
            }
            state = of;
            slot = inSlot;
            for (int i = 0; i < count; i++) {
                long key = args.address(keys.at(i));
                int length = args.length(keys.at(i));
                boolean here = isHere(keyspace, database, key, length);
                present += here ? 1 : 0;
                missing += here ? 0 : 1;
                byte[] name = Memory.bytes(key, length);
                several |= first != null && !Arrays.equals(first, name);
                first = name;
            }
            return null;
        }

        /** The line for the block, or null. */
        @Nullable
        String refusal() {
            if (missing == 0) {
                return null;
            }
            if (effects || (state == SlotState.MIGRATING && present > 0)) {
                return TRY_AGAIN;
            }
            if (state == SlotState.MIGRATING) {
                return asks.apply(slot);
            }
            return several ? TRY_AGAIN : null;
        }
    }

    /** Whether this shard answers for a key of a slot on its way to another; the caller holds its stripe's lock. */
    static boolean isHere(Keyspace keyspace, int database, long key, int length) {
        return keyspace.database(database).version(key, length, 0) != 0 || SentKeys.isSent(keyspace, key, length);
    }

    private int present(KeyPositions keys, int count, Args args, int database) {
        int present = 0;
        for (int i = 0; i < count; i++) {
            int at = keys.at(i);
            if (isHere(keyspace, database, args.address(at), args.length(at))) {
                present++;
            }
        }
        return present;
    }
}
