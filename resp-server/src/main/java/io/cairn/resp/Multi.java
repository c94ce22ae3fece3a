package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.SessionCall;
import io.cairn.command.Transaction;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.mode.Block;
import io.cairn.mode.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** MULTI and WATCH of one connection (Redis: multi.c). */
final class Multi implements Transaction {
    /** Commands that one MULTI may queue: what a record can carry. */
    static final int MAX_QUEUED = 1024 * 1024;

    private final Connection connection;
    private final List<QueuedCall> queue = new ArrayList<>(0);
    /** What a watched key takes beside its bytes. */
    private static final int WATCH_BYTES = 64;

    private final List<Block.Watch> watches = new ArrayList<>(0);
    private long watchBytes;
    private boolean open;
    private boolean failed;
    private long queuedBytes;
    /** The database after the SELECTs queued so far. */
    private int database;

    Multi(Connection connection) {
        this.connection = connection;
    }

    @Override
    public boolean open() {
        return open;
    }

    @Override
    public void begin() {
        open = true;
        database = connection.database();
    }

    @Override
    public void discard() {
        queue.forEach(QueuedCall::release);
        queue.clear();
        watches.clear();
        watchBytes = 0;
        open = false;
        failed = false;
        queuedBytes = 0;
    }

    /** A command was refused while it should have been queued: EXEC will refuse all. */
    void fail() {
        if (open) {
            failed = true;
        }
    }

    long queuedBytes() {
        return queuedBytes;
    }

    int watchCount() {
        return watches.size();
    }

    /** Bytes that the watched keys take, about. */
    long watchBytes() {
        return watchBytes;
    }

    /** Queues a command; false when the bounds of a block are reached. */
    boolean queue(Command command, Args args, long maxBytes) {
        QueuedCall call = new QueuedCall(command, args, database);
        if (queue.size() >= MAX_QUEUED || queuedBytes + call.heldBytes() > maxBytes) {
            call.release();
            return false;
        }
        queue.add(call);
        queuedBytes += call.heldBytes();
        boolean numbered = !connection.server().identity().mode().equals("cluster");
        if (numbered && command.name().equals("select") && args.count() == 2) {
            long number = DecimalLine.parse(args.address(1), args.length(1));
            if (number >= 0 && number < connection.server().keyspace().databases()) {
                database = (int) number;
            }
        }
        return true;
    }

    /** Whether EXEC has to wait: {@link Mode#holds}. */
    boolean isHeld(Mode mode) {
        for (QueuedCall queued : queue) {
            if (queued.command.session() == null && mode.holds(connection, queued.command, queued.args)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void execute(SessionCall call) {
        if (failed) {
            discard();
            call.reply().error("EXECABORT Transaction discarded because of previous errors.");
            return;
        }
        List<Block.Queued> commands = new ArrayList<>(queue.size());
        for (QueuedCall queued : queue) {
            queued.refuse(connection.refusalAtExec(queued));
            if (queued.isData()) {
                commands.add(new Block.Queued(queued.command, queued.args, queued.database));
            }
        }
        List<QueuedCall> calls = List.copyOf(queue);
        Block block = new Block(List.copyOf(commands), List.copyOf(watches));
        queue.clear();
        discard();
        connection.execute(block, calls);
    }

    @Override
    public void watch(long key, int keyLength) {
        int number = connection.database();
        byte[] name = Memory.bytes(key, keyLength);
        for (Block.Watch watch : watches) {
            if (watch.database() == number && Arrays.equals(watch.key(), name)) {
                return;
            }
        }
        Keyspace keyspace = connection.server().keyspace();
        Database watched = keyspace.database(number);
        int stripe = keyspace.stripeOf(Slots.of(key, keyLength));
        long version;
        keyspace.lock(stripe);
        try {
            version = watched.version(key, keyLength, connection.server().micros() / 1000);
        } finally {
            keyspace.unlock(stripe);
        }
        watches.add(new Block.Watch(number, name, version));
        watchBytes += WATCH_BYTES + keyLength;
    }

    @Override
    public void unwatch() {
        watches.clear();
        watchBytes = 0;
    }

    @Override
    public int queued() {
        return queue.size();
    }
}
