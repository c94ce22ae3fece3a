package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.keyspace.StripeBusyException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what a node's primary sends, in its order, and passes it on to the node's own followers. Used by one thread, which must be no event loop: it waits
 * for log space and for scripts.
 */
public final class PrimaryFeed {
    private static final long SPACE_NANOS = 1_000_000;
    private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryFeed.class);

    private final StandaloneMode mode;
    private final long following;
    private long failures;
    private long lineNanos = System.nanoTime() - LINE_NANOS;

    /** @param following what {@link StandaloneMode#follow} returned */
    PrimaryFeed(StandaloneMode mode, long following) {
        this.mode = mode;
        this.following = following;
    }

    /** Whether the node still follows the one that this is for. */
    public boolean isCurrent() {
        return mode.follows(following);
    }

    /** The command that these arguments call, or null when there is none that changes or reads data. */
    public @org.jspecify.annotations.Nullable Command find(Args args) {
        int id = mode.commands.find(args);
        Command command = id < 0 ? null : mode.commands.command(id);
        return command == null || command.data() == null ? null : command;
    }

    /** Bytes that change no data are passed on; {@code database} is selected after them. */
    public void pass(long address, int length, int database) {
        mode.stream().pass(following, address, length, database);
    }

    /** The primary's stream has a mark here. */
    public void mark(String text) {
        mode.marked(text);
    }

    /**
     * The primary's history goes on under this id, from where this node was when it asked.
     *
     * @return false when it is not there any more: its data was replaced, or it follows another
     */
    public boolean continueAs(ChangeStream.Position from, String id) {
        return mode.stream().continueAs(following, from, id);
    }

    /** Whether there is a link; without one nobody may begin to follow this node. */
    public void linked(boolean up) {
        mode.stream().cutOff(following, !up);
    }

    /**
     * Applies one command, or a block of them as a whole.
     *
     * @param block whether MULTI and EXEC stood around them
     * @param address the bytes as they came, to be passed on
     * @param database selected after them
     * @return false when the node follows another by now, or nobody: nothing was applied
     */
    public boolean apply(List<Block.Queued> commands, boolean block, long address, int length, int database) {
        awaitSpace(commands);
        while (true) {
            try {
                boolean applied = mode.worker().apply(new Part(commands, block, address, length, database));
                mode.serveSoon();
                return applied;
            } catch (StripeBusyException e) {
                LockSupport.parkNanos(SPACE_NANOS); // A test may run this on an event loop's thread.
            }
        }
    }

    private void awaitSpace(List<Block.Queued> commands) {
        boolean writes = commands.stream().anyMatch(queued -> queued.command().is(Flag.WRITE));
        while (writes
                && isCurrent()
                && !(mode.journal().hasSpace() && mode.journal().diskHasRoom())) {
            LockSupport.parkNanos(SPACE_NANOS);
        }
    }

    /** What is applied at once. */
    final class Part {
        private final List<Block.Queued> commands;
        private final boolean block;
        private final long address;
        private final int length;
        private final int database;

        Part(List<Block.Queued> commands, boolean block, long address, int length, int database) {
            this.commands = commands;
            this.block = block;
            this.address = address;
            this.length = length;
            this.database = database;
        }

        List<Block.Queued> commands() {
            return commands;
        }

        boolean isBlock() {
            return block;
        }

        long following() {
            return following;
        }

        void pass(ChangeStream stream) {
            stream.pass(following, address, length, database);
        }

        /** The primary has done what cannot be done here: the data may differ from now on. Redis: afterErrorReply. */
        void failed(Block.Queued queued, String error) {
            failures++;
            long now = System.nanoTime();
            if (now - lineNanos >= LINE_NANOS) {
                lineNanos = now;
                LOG.error(
                        "the primary sent {}, which fails here: {}. The data may differ ({} such errors so far)",
                        queued.command().name(),
                        error,
                        failures);
            }
        }
    }
}
