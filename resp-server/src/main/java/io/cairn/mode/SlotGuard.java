package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.FunctionCommands;
import io.cairn.command.KeyPositions;
import io.cairn.command.ScriptCommands;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import org.jspecify.annotations.Nullable;

/**
 * Which calls a node in gossip mode takes (Redis: getNodeByQuery). Asked twice: before anything of a call happens, and under the locks of
 * its keys, for a slot may have changed hands in between, and only there it is certain which keys of an open slot are here.
 */
public final class SlotGuard {
    private static final String CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";
    private static final String NOT_LOCAL = "Script attempted to access a non local key in a cluster node";
    private static final String SCRIPT_CROSSES = "Script attempted to access keys that do not hash to the same slot";
    private static final int NONE = -1;
    private static final int SEVERAL = -2;

    /** How a slot stands at this node. */
    public enum State {
        /** Served as a whole, or not at all. */
        PLAIN,
        /** Key by key on its way to another node. */
        MIGRATING,
        /** Key by key on its way here. */
        IMPORTING
    }

    /** The cluster as the guard sees it. Any thread; cheap. */
    public interface View {
        /**
         * @param replica the call may be answered by a replica of the slot's owner
         * @param asking it may be answered by who imports the slot
         * @return the error line that refuses it, or null
         */
        @Nullable
        String refusal(int slot, boolean write, boolean replica, boolean asking);

        State state(int slot);

        /** The ASK line for a key that is not here of a slot that migrates. */
        String ask(int slot);
    }

    private final Keyspace keyspace;
    private final View view;

    public SlotGuard(Keyspace keyspace, View view) {
        this.keyspace = keyspace;
        this.view = view;
    }

    private static int slot(KeyPositions keys, int count, Args args) {
        int slot = NONE;
        for (int i = 0; i < count; i++) {
            int at = keys.at(i);
            int next = Slots.of(args.address(at), args.length(at));
            if (slot != NONE && next != slot) {
                return SEVERAL;
            }
            slot = next;
        }
        return slot;
    }

    private static boolean writes(Command command) {
        boolean runs = ScriptCommands.runsScript(command) && !command.is(Flag.READONLY);
        return command.is(Flag.WRITE) || runs || FunctionCommands.loads(command);
    }

    private @Nullable String refusal(int slot, Command command, boolean readonly, boolean asking) {
        if (slot < 0) {
            return slot == SEVERAL ? CROSS_SLOT : null;
        }
        boolean replica = command.is(Flag.PUBSUB) || (readonly && !writes(command));
        return view.refusal(slot, writes(command), replica, asking || command.is(Flag.ASKING) || isMigrate(command));
    }

    /** It sends what is here wherever the slot belongs by then. */
    private static boolean isMigrate(Command command) {
        return command.name().equals("migrate");
    }

    /** Before a call. */
    @Nullable
    String refusal(Origin origin, Command command, Args args, KeyPositions keys) {
        int count = keys.find(command, args);
        return count == 0 ? null : refusal(slot(keys, count, args), command, origin.readonly(), origin.asking());
    }

    /** Before a command is queued, or a session command that names keys runs. */
    @Nullable
    String queuedRefusal(Origin origin, Command command, Args args, KeyPositions keys) {
        int count = keys.find(command, args);
        int slot = slot(keys, count, args);
        String refusal = refusal(slot, command, origin.readonly(), origin.asking());
        if (refusal != null || slot < 0 || view.state(slot) == State.PLAIN || isMigrate(command)) {
            return refusal;
        }
        int stripe = keyspace.stripeOf(slot);
        if (!keyspace.tryLock(stripe)) {
            return null; // EXEC will see.
        }
        try {
            return missing(slot, count, present(keys, count, args, origin.database()));
        } finally {
            keyspace.unlock(stripe);
        }
    }

    /** Under the locks of the call's keys, of which {@code keys} has {@code count}. */
    @Nullable
    String locked(
            boolean readonly, boolean asking, Command command, Args args, KeyPositions keys, int count, int database) {
        int slot = count == 0 ? NONE : slot(keys, count, args);
        String refusal = refusal(slot, command, readonly, asking);
        if (refusal != null || slot < 0 || view.state(slot) == State.PLAIN) {
            return refusal;
        }
        return missing(slot, count, present(keys, count, args, database));
    }

    private int present(KeyPositions keys, int count, Args args, int database) {
        int present = 0;
        for (int i = 0; i < count; i++) {
            int at = keys.at(i);
            present += keyspace.database(database).version(args.address(at), args.length(at), 0) != 0 ? 1 : 0;
        }
        return present;
    }

    private @Nullable String missing(int slot, int count, int present) {
        if (present == count) {
            return null;
        }
        if (view.state(slot) == State.MIGRATING) {
            return present > 0 ? OpenSlots.TRY_AGAIN : view.ask(slot);
        }
        return count > 1 ? OpenSlots.TRY_AGAIN : null;
    }

    /** Under the locks of a block's keys: all its commands together. */
    @Nullable
    String locked(Origin origin, Block block, KeyPositions keys) {
        int slot = NONE;
        int all = 0;
        int present = 0;
        boolean several = false;
        byte @Nullable [] first = null;
        for (Block.Queued queued : block.commands()) {
            int count = keys.find(queued.command(), queued.args());
            if (count == 0) {
                continue;
            }
            int next = slot(keys, count, queued.args());
            if (next == SEVERAL || (slot != NONE && next != slot)) {
                return CROSS_SLOT;
            }
            slot = next;
            String refusal = refusal(slot, queued.command(), origin.readonly(), origin.asking());
            if (refusal != null) {
                return refusal;
            }
            all += count;
            present += present(keys, count, queued.args(), queued.database());
            for (int i = 0; i < count; i++) {
                byte[] name = Memory.bytes(
                        queued.args().address(keys.at(i)), queued.args().length(keys.at(i)));
                several |= first != null && !java.util.Arrays.equals(first, name);
                first = name;
            }
        }
        if (slot < 0 || view.state(slot) == State.PLAIN || present == all) {
            return null;
        }
        // One key named often is one key: at the importer it may not be there yet.
        return missing(slot, several ? all : 1, several ? present : 0);
    }

    /** What a script calls, under the locks of all keys; {@code declared}: the slot of the script's own keys, or -1. */
    @Nullable
    String scripted(Command command, Args args, KeyPositions keys, int declared) {
        int count = keys.find(command, args);
        int slot = count == 0 ? NONE : slot(keys, count, args);
        if (slot == NONE) {
            return null;
        }
        if (slot == SEVERAL || (declared >= 0 && slot != declared)) {
            return SCRIPT_CROSSES;
        }
        return view.refusal(slot, writes(command), true, true) == null ? null : NOT_LOCAL;
    }

    /** The slot of a script's keys, -1 for none. */
    static int declared(KeyPositions keys, Command command, Args args) {
        int count = keys.find(command, args);
        return count == 0 ? NONE : Math.max(NONE, slot(keys, count, args));
    }
}
