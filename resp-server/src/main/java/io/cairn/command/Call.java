package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ListpackBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The context of one run of a data command, reused from call to call by one thread. The stripes of the command's keys
 * are locked while it runs.
 */
public final class Call {
    /** The arguments, command name first. */
    public Args args;

    public final Keyspace keyspace;
    /** Scratch views for handlers. */
    public final Value value = new Value();
    /** Second scratch view. */
    public final Value other = new Value();

    private @Nullable ListpackBuilder scratch;
    private KeyEvents events = KeyEvents.NONE;
    private Database database;
    private Reply reply;
    private long now;
    private long seed;
    private boolean changed;
    private long hits;
    private long misses;

    public Call(Keyspace keyspace, Args args, Reply reply) {
        this.keyspace = keyspace;
        this.args = args;
        this.reply = reply;
        this.database = keyspace.database(0);
    }

    /** Prepares the next run with other arguments. */
    public void begin(Args with, int databaseNumber, long at, long chance, Reply to) {
        this.args = with;
        begin(databaseNumber, at, chance, to);
    }

    /** Prepares the next run. {@code now} and {@code seed} are the record's in a write. */
    public void begin(int databaseNumber, long now, long seed, Reply reply) {
        this.database = keyspace.database(databaseNumber);
        this.now = now;
        this.seed = seed;
        this.reply = reply;
        this.changed = false;
    }

    /** Looks up the key at an argument for a read, and counts it as keyspace hit or miss (Redis: lookupKeyRead). */
    public boolean find(int argument, Value out) {
        return find(args.address(argument), args.length(argument), out);
    }

    /** As {@link #find(int, Value)}, for a key that is no argument. */
    public boolean find(long key, int keyLength, Value out) {
        boolean found = database.find(key, keyLength, now, out);
        if (found) {
            hits++;
        } else {
            misses++;
        }
        return found;
    }

    /** As {@link #find}, without touching the access time (EXISTS, TTL, TYPE, OBJECT). */
    public boolean peek(int argument, Value out) {
        boolean found = database.peek(args.address(argument), args.length(argument), now, out);
        if (found) {
            hits++;
        } else {
            misses++;
        }
        return found;
    }

    /** A listpack to change the copy of a compact value in; one for all handlers, of no use beyond a handler's run. */
    public ListpackBuilder scratch() {
        ListpackBuilder builder = scratch;
        if (builder == null) {
            builder = new ListpackBuilder();
            scratch = builder;
        }
        return builder;
    }

    /** Keyspace hits counted so far by the one thread that uses this call. */
    public long hits() {
        return hits;
    }

    /** Keyspace misses counted so far. */
    public long misses() {
        return misses;
    }

    public Database database() {
        return database;
    }

    public Reply reply() {
        return reply;
    }

    /** Milliseconds of the Unix epoch. */
    public long now() {
        return now;
    }

    /** Chance of the record: the same on every replica. */
    public long seed() {
        return seed;
    }

    /** Who is told of events from now on. */
    public void listener(KeyEvents listener) {
        events = listener;
    }

    /** Something happened to the key at an argument (Redis: notifyKeyspaceEvent). To be called where Redis does, after the change. */
    public void event(char type, String name, int argument) {
        events.event(database.number(), type, name, args.address(argument), args.length(argument));
    }

    /** As {@link #event(char, String, int)} for a key of another database. */
    public void event(Database of, char type, String name, int argument) {
        events.event(of.number(), type, name, args.address(argument), args.length(argument));
    }

    /** A handler says that it changed the keyspace: only then is a record logged outside of raft mode. */
    public void changed() {
        changed = true;
    }

    public boolean hasChanged() {
        return changed;
    }
}
