package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.HashExpiryCommands;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.metrics.LoopStats;
import io.cairn.record.RecordWriter;
import io.cairn.record.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What one thread needs to run calls of a standalone node; reused from call to call. */
final class StandaloneWorker {
    private final StandaloneMode mode;
    private final Keyspace keyspace;
    private final LoopStats stats;
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final KeyPositions positions = new KeyPositions();
    private final Stripes stripes;
    private final Call call;
    /** Scratch view. */
    private final Value expired = new Value();

    private final RecordWriter writer = new RecordWriter();
    private final LargeArguments large;
    private final ChangeRecorder recorder;
    private final StandaloneEviction eviction;
    private @Nullable DurableReplies replies;
    private @Nullable Journal repliesOf;
    /** Time of this turn's reads and records; 0 until it is asked for. */
    private long turnMillis;
    /** The mode knows the event loop that uses this. */
    StandaloneWorker(StandaloneMode mode) {
        this.mode = mode;
        this.keyspace = mode.keyspace;
        this.stats = mode.stats.local();
        this.stripes = new Stripes(keyspace);
        this.call = new Call(keyspace, new Args(), NoReply.INSTANCE);
        call.listener(mode.events);
        this.large = new LargeArguments(writer);
        this.recorder = new ChangeRecorder(mode.stream());
        this.eviction = new StandaloneEviction(mode, recorder, large, writer);
    }

    /** The turn's time, or a later stamp of another event loop: time never runs back between connections. */
    private long now() {
        turnMillis = turnMillis == 0
                ? mode.clock().stamp()
                : Math.max(turnMillis, mode.clock().lastStamp());
        return turnMillis;
    }

    /** Scratch for what looks at keys before a call runs. */
    KeyPositions positions() {
        return positions;
    }

    void endOfTurn() {
        turnMillis = 0;
        stats.lookups(call.hits(), call.misses());
    }

    // ---- one command

    Mode.Outcome execute(Origin origin, Command command, Args args) {
        if (origin.pending() > 0) {
            return Mode.Outcome.WAIT; // For a script before it.
        }
        boolean write = command.is(Flag.WRITE);
        boolean room = eviction.makeRoom();
        if (write) {
            String refusal = room || !command.is(Flag.DENYOOM) ? mode.brokenRefusal() : Refusal.OUT_OF_MEMORY;
            if (refusal != null) {
                origin.reply().error(refusal);
                return Mode.Outcome.DONE;
            }
            if (!mode.journal().hasSpace()) {
                resumeLater(origin);
                return Mode.Outcome.WAIT;
            }
        }
        origin.beginsWriting(); // What was evicted for it is not its own change.
        try {
            runLocked(origin, command, args, write);
        } finally {
            origin.endsWriting();
        }
        return Mode.Outcome.DONE;
    }

    private void runLocked(Origin origin, Command command, Args args, boolean write) {
        int keys = positions.find(command, args);
        if (keys == 1 && !command.keys().wholeKeyspace()) {
            int at = positions.at(0);
            int stripe = keyspace.stripeOf(Slots.of(args.address(at), args.length(at)));
            keyspace.lock(stripe);
            try {
                run(origin, command, args, write, 1);
            } finally {
                keyspace.unlock(stripe);
            }
        } else if (keys == 0 && !command.keys().wholeKeyspace()) {
            run(origin, command, args, write, 0);
        } else {
            stripes.clear();
            if (command.keys().wholeKeyspace()) {
                stripes.addAll();
            }
            stripes.addKeys(args, positions);
            stripes.lock();
            try {
                run(origin, command, args, write, keys);
            } finally {
                stripes.unlock();
            }
        }
    }

    private void run(Origin origin, Command command, Args args, boolean write, int keys) {
        if (write && mode.isReadOnly()) {
            origin.reply().error(Refusal.READ_ONLY); // It became a replica since this was looked at.
            return;
        }
        SlotGuard guard = mode.guard();
        String elsewhere = guard == null
                ? null
                : guard.locked(origin.readonly(), origin.asking(), command, args, positions, keys, origin.database());
        if (elsewhere != null) {
            origin.reply().error(elsewhere);
            return;
        }
        long now = now();
        Journal journal = mode.journal();
        long batchSeed = random.nextLong();
        long mark = origin.replyMark();
        boolean changed;
        call.noTouch(origin.noTouch());
        if (!write && origin.tracks() && command.is(Flag.READONLY)) {
            origin.remembers(args, positions);
        }
        recorder.begin(call);
        try {
            changed = runHandler(command, args, origin.database(), now, Seeds.derive(batchSeed, 0), origin.reply());
            recorder.ran(call, origin.database(), args, changed && write);
            origin.shows(command, args, origin.database());
            ranOnReplica(command, args, origin.database(), changed && write);
            if (call.concernsWaiting()) {
                origin.waits(call);
            }
        } catch (OutOfMemoryError e) {
            origin.rewindReply(mark);
            origin.reply().error(Refusal.OUT_OF_MEMORY);
            // With several keys some may have been changed before memory ran out: what readers see must be in the log.
            changed = write && keys > 1;
            if (changed) {
                recorder.lost();
            }
        }
        recorder.end();
        if (recorder.position() > 0) {
            origin.wrote(recorder.position());
        }
        long expiredAt =
                write || keys == 0 || mode.isReplica() ? 0 : call.database().sawExpired();
        if (expiredAt != 0) {
            expireSeen(args, origin.database(), now);
        }
        if (changed && write) {
            mode.changed(1);
            if (journal != Journal.NONE) {
                large.command(journal, now, batchSeed, origin.database(), args);
                journal.append(writer.address(), writer.length());
            }
        }
    }

    /** Runs a command of a script, or of a block with scripts; its stripes are locked. */
    Call run(Command command, Args args, int database, long now, long seed, Reply reply, boolean scripted) {
        call.noTouch(false);
        call.scripted(scripted);
        try {
            runHandler(command, args, database, now, seed, reply);
        } finally {
            call.scripted(false);
        }
        return call;
    }

    /** A client of a writable replica changed something, under the locks of its keys. */
    void ranOnReplica(Command command, Args args, int database, boolean changed) {
        if (changed && mode.isReplica()) {
            mode.ownExpiries().ran(command, args, database, positions, expired);
        }
    }

    private boolean runHandler(Command command, Args args, int database, long now, long seed, Reply reply) {
        call.begin(args, database, now, seed, reply);
        call.run(command);
        return call.hasChanged();
    }

    /** See {@link StandaloneEviction#makeRoom}. */
    boolean makeRoom() {
        return eviction.makeRoom();
    }

    /** What the commands of a script do is gathered here. */
    ChangeRecorder beginRecord() {
        recorder.begin(call);
        return recorder;
    }

    private void resumeLater(Origin origin) {
        Journal journal = mode.journal();
        journal.whenDurable(journal.appendedIndex(), () -> origin.eventLoop().execute(origin::resume));
    }

    // ---- a MULTI block

    Mode.Outcome executeBlock(Origin origin, Block block) {
        stripes.clear();
        boolean writes = false;
        for (Block.Watch watch : block.watches()) {
            stripes.addKey(watch.key());
        }
        for (Block.Queued queued : block.commands()) {
            Command command = queued.command();
            writes |= command.is(Flag.WRITE);
            if (command.keys().wholeKeyspace()) {
                stripes.addAll();
            }
            positions.find(command, queued.args());
            stripes.addKeys(queued.args(), positions);
        }
        boolean room = eviction.makeRoom();
        String refusal = writes ? blockRefusal(block, room) : null;
        if (refusal != null) {
            origin.reply().error("EXECABORT Transaction discarded because of: " + refusal);
            return Mode.Outcome.DONE;
        }
        stripes.lock();
        origin.beginsWriting();
        try {
            runBlock(origin, block);
        } finally {
            origin.endsWriting();
            stripes.unlock();
        }
        return Mode.Outcome.DONE;
    }

    private @Nullable String blockRefusal(Block block, boolean room) {
        for (Block.Queued queued : block.commands()) {
            if (!room && queued.command().is(Flag.DENYOOM)) {
                return Refusal.OUT_OF_MEMORY;
            }
        }
        return mode.brokenRefusal();
    }

    private void runBlock(Origin origin, Block block) {
        if (mode.isReadOnly() && writes(block)) {
            origin.reply().error("EXECABORT Transaction discarded because of: " + Refusal.READ_ONLY);
            return;
        }
        SlotGuard guard = mode.guard();
        String elsewhere = guard == null ? null : guard.locked(origin, block, positions);
        if (elsewhere != null) {
            origin.reply().error(elsewhere);
            return;
        }
        long now = now();
        if (!unchanged(block, now)) {
            origin.reply().nilArray();
            return;
        }
        long batchSeed = random.nextLong();
        long recordSeed = Seeds.derive(batchSeed, 0);
        List<Block.Queued> logged = new ArrayList<>();
        long changes = 0;
        origin.reply().array(block.commands().size());
        recorder.begin(call);
        for (Block.Queued queued : block.commands()) {
            boolean write = queued.command().is(Flag.WRITE);
            long mark = origin.replyMark();
            try {
                boolean changed = runQueued(origin, queued, now, Seeds.derive(recordSeed, logged.size()));
                recorder.ran(call, queued.database(), queued.args(), changed);
                ranOnReplica(queued.command(), queued.args(), queued.database(), changed);
                if (changed) {
                    changes++;
                }
                if (write) {
                    logged.add(queued);
                }
            } catch (OutOfMemoryError e) {
                origin.rewindReply(mark);
                origin.reply().error(Refusal.OUT_OF_MEMORY);
                if (write && positions.find(queued.command(), queued.args()) > 1) {
                    logged.add(queued);
                    changes++;
                    recorder.lost();
                }
            }
        }
        recorder.end();
        if (recorder.position() > 0) {
            origin.wrote(recorder.position());
        }
        if (changes > 0) {
            mode.changed(changes);
            log(now, batchSeed, logged);
        }
    }

    private static boolean writes(Block block) {
        return block.commands().stream().anyMatch(queued -> queued.command().is(Flag.WRITE));
    }

    private boolean runQueued(Origin origin, Block.Queued queued, long now, long seed) {
        long start = System.nanoTime();
        int errors = origin.replyErrors();
        call.noTouch(origin.noTouch());
        if (queued.command().is(Flag.READONLY) && origin.tracks()) {
            positions.find(queued.command(), queued.args());
            origin.remembers(queued.args(), positions);
        }
        boolean changed = runHandler(queued.command(), queued.args(), queued.database(), now, seed, origin.reply());
        stats.executed(mode.commands.id(queued.command()), System.nanoTime() - start, origin.replyErrors() != errors);
        origin.shows(queued.command(), queued.args(), queued.database());
        return changed && queued.command().is(Flag.WRITE);
    }

    private void log(long now, long batchSeed, List<Block.Queued> logged) {
        Journal journal = mode.journal();
        if (journal == Journal.NONE) {
            return;
        }
        large.block(journal, now, batchSeed, logged);
        journal.append(writer.address(), writer.length());
    }

    /** Whether the keys that a block watches are what they were. */
    boolean unchanged(Block block, long now) {
        for (Block.Watch watch : block.watches()) {
            if (version(watch, now) != watch.version()) {
                return false;
            }
        }
        return true;
    }

    private long version(Block.Watch watch, long now) {
        byte[] key = watch.key();
        long memory = Memory.allocate(Math.max(1, key.length));
        try {
            Memory.copy(key, 0, memory, key.length);
            return keyspace.database(watch.database()).version(memory, key.length, now);
        } finally {
            Memory.free(memory, Math.max(1, key.length));
        }
    }

    // ---- expiry

    boolean expire(int number, byte[] key, long expireAt, long version) {
        if (mode.leavesKeysAlone()) {
            return false;
        }
        long memory = Memory.allocate(Math.max(1, key.length));
        try {
            Memory.copy(key, 0, memory, key.length);
            int stripe = keyspace.stripeOf(Slots.of(memory, key.length));
            long now = mode.clock().stamp();
            if (!keyspace.tryLock(stripe)) {
                return false; // A later round finds it again; a script may hold the stripe for long.
            }
            try {
                return expireLocked(number, memory, key.length, expireAt, version, now);
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            Memory.free(memory, Math.max(1, key.length));
        }
    }

    /** Removes those of some fields of a hash that are expired now. */
    void expireFields(int number, byte[] key, List<byte[]> fields) {
        Journal journal = mode.journal();
        if (mode.leavesKeysAlone()) {
            return;
        }
        List<byte[]> words = HashExpiryCommands.dropping(key, fields);
        NativeBlock block = NativeBlock.allocate(Args.totalLength(words));
        try {
            Args args = new Args();
            args.addAll(block, words);
            Command command = Objects.requireNonNull(mode.commands.find("hpexpireat"));
            int stripe = keyspace.stripeOf(Slots.of(args.address(1), args.length(1)));
            long now = mode.clock().stamp();
            if (!keyspace.tryLock(stripe)) {
                return; // A later round finds them again; a script may hold the stripe for long.
            }
            try {
                if (mode.isReplica()) {
                    return;
                }
                recorder.begin(call);
                boolean changed = runHandler(command, args, number, now, 0, DiscardReply.INSTANCE);
                recorder.ran(call, number, args, changed);
                recorder.end();
                if (changed) {
                    mode.changed(1);
                    if (journal != Journal.NONE) {
                        large.command(journal, now, 0, number, args);
                        journal.append(writer.address(), writer.length());
                    }
                }
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            block.release();
        }
    }

    /** A read met expired keys, and holds their stripes: they go, each as a logged delete. Redis: expireIfNeeded. */
    private void expireSeen(Args args, int number, long now) {
        if (mode.leavesKeysAlone()) {
            return;
        }
        Database database = keyspace.database(number);
        for (int i = 0; i < positions.count(); i++) {
            long key = args.address(positions.at(i));
            int length = args.length(positions.at(i));
            if (database.peek(key, length, now, expired) || expired.expireAt == 0) {
                continue;
            }
            long version = database.version(key, length, expired.expireAt - 1);
            if (expireLocked(
                    number, key, length, expired.expireAt, version, mode.clock().stamp())) {
                mode.stats.expired(1);
            }
        }
        // What was looked at here is no other read's.
        database.sawExpired();
    }

    /** See {@link OwnExpiries.Expirer#expire}. */
    boolean expireOwn(int number, byte[] key) {
        long memory = Memory.allocate(Math.max(1, key.length));
        try {
            Memory.copy(key, 0, memory, key.length);
            int stripe = keyspace.stripeOf(Slots.of(memory, key.length));
            long now = mode.clock().stamp();
            if (mode.leavesKeysAlone() || !keyspace.tryLock(stripe)) {
                return false; // A later round finds it again.
            }
            try {
                Database database = keyspace.database(number);
                if (!database.peek(memory, key.length, 0, expired) || expired.expireAt == 0) {
                    return true;
                }
                long expireAt = expired.expireAt;
                return expireAt <= now
                        && mode.isReplica()
                        && remove(number, memory, key.length, expireAt, database.version(memory, key.length, 0), now);
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            Memory.free(memory, Math.max(1, key.length));
        }
    }

    private boolean expireLocked(int number, long key, int length, long expireAt, long version, long now) {
        return !mode.isReplica() && remove(number, key, length, expireAt, version, now);
    }

    private boolean remove(int number, long key, int length, long expireAt, long version, long now) {
        Database database = keyspace.database(number);
        // Asked at the moment before its expiry, the key still counts as there, with the version it was found with.
        if (expireAt > now || database.version(key, length, expireAt - 1) != version) {
            return false;
        }
        database.remove(key, length, expireAt - 1);
        mode.changed(1);
        mode.events.event(number, 'x', "expired", key, length);
        recorder.deleted(number, key, length);
        Journal journal = mode.journal();
        if (journal != Journal.NONE) {
            Args args = large.delete(key, length);
            writer.begin(now, 0);
            writer.command(now, number, args);
            journal.append(writer.address(), writer.length());
        }
        return true;
    }

    // ---- what comes from the primary

    /**
     * Applies a command of the primary, or a block of them, as one record, and passes its bytes on, all under the locks of what it changes. Redis:
     * processCommand of the master's client, replicationFeedStreamFromMasterStream.
     *
     * @return false when the node follows nobody, or another, by now: nothing was applied
     */
    boolean apply(PrimaryFeed.Part part) {
        stripes.clear();
        for (Block.Queued queued : part.commands()) {
            int keys = positions.find(queued.command(), queued.args());
            if (queued.command().keys().wholeKeyspace()
                    || (keys == 0 && queued.command().is(Flag.WRITE))) {
                stripes.addAll();
            }
            stripes.addKeys(queued.args(), positions);
        }
        stripes.lock();
        try {
            if (!mode.follows(part.following())) {
                return false;
            }
            call.applied(true);
            writer.applied(true);
            applyLocked(part);
            part.pass(mode.stream());
            return true;
        } finally {
            call.applied(false);
            writer.applied(false);
            stripes.unlock();
        }
    }

    private void applyLocked(PrimaryFeed.Part part) {
        long now = mode.clock().stamp();
        turnMillis = 0;
        long batchSeed = random.nextLong();
        long recordSeed = Seeds.derive(batchSeed, 0);
        List<Block.Queued> logged = new ArrayList<>();
        long changes = 0;
        call.followed(false);
        call.noTouch(false);
        boolean block = part.isBlock();
        for (Block.Queued queued : part.commands()) {
            FirstReply reply = new FirstReply();
            long start = System.nanoTime();
            long seed = block ? Seeds.derive(recordSeed, logged.size()) : recordSeed;
            // PFCOUNT is no write, and changes what it counts all the same.
            boolean changed = runHandler(queued.command(), queued.args(), queued.database(), now, seed, reply);
            boolean failed = reply.error() != null;
            stats.executed(mode.commands.id(queued.command()), System.nanoTime() - start, failed);
            if (failed) {
                part.failed(queued, String.valueOf(reply.error()));
            }
            changes += changed ? 1 : 0;
            if (changed) {
                logged.add(queued);
            }
        }
        mode.changed(changes);
        Journal journal = mode.journal();
        if (logged.isEmpty() || journal == Journal.NONE) {
            return;
        }
        if (block) {
            large.block(journal, now, batchSeed, logged);
        } else {
            Block.Queued only = logged.get(0);
            large.command(journal, now, batchSeed, only.database(), only.args());
        }
        journal.append(writer.address(), writer.length());
    }

    void whenDurable(Origin origin, Journal journal, Runnable run) {
        DurableReplies waiting = replies;
        if (waiting == null || repliesOf != journal) {
            waiting = new DurableReplies(journal, origin.eventLoop());
            replies = waiting;
            repliesOf = journal;
        }
        waiting.run(run);
    }
}
