package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ListpackBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    private final CallDatabase database;
    /** The database of a second key, if it is another one. */
    private final CallDatabase second;

    private final ExpiredKeys expired = new ExpiredKeys();
    private final Effects effects = new Effects();
    private boolean followed;
    private boolean scripted;
    private boolean applied;
    private boolean writing;
    private boolean evicting;
    private boolean quiet;
    private boolean touching = true;
    private Reply reply;
    private long now;
    private long seed;
    private boolean changed;
    private @Nullable Waiting waiting;
    private boolean wrongType;
    private @Nullable String ending;
    private long hits;
    private long misses;

    public Call(Keyspace keyspace, Args args, Reply reply) {
        this.keyspace = keyspace;
        this.args = args;
        this.reply = reply;
        this.database = new CallDatabase(this, keyspace.database(0));
        this.second = new CallDatabase(this, keyspace.database(0));
    }

    /** Prepares the next run with other arguments. */
    public void begin(Args with, int databaseNumber, long at, long chance, Reply to) {
        this.args = with;
        begin(databaseNumber, at, chance, to);
    }

    /** Prepares the next run. {@code now} and {@code seed} are the record's in a write. */
    public void begin(int databaseNumber, long now, long seed, Reply reply) {
        this.database.at(keyspace.database(databaseNumber));
        this.now = now;
        this.seed = seed;
        this.reply = reply;
        this.changed = false;
        this.waiting = null;
        this.wrongType = false;
        this.ending = null;
        if (followed) {
            effects.begin();
        }
    }

    /** Whether somebody follows what commands do, from the next {@link #begin} on. */
    public void followed(boolean is) {
        followed = is;
    }

    /** Whether a handler is to say by {@link #instead} what it did, if the command would do something else at another time or by another chance. */
    boolean isFollowed() {
        return followed;
    }

    /** What the command did; while it is {@link #followed}. */
    public Effects effects() {
        return effects;
    }

    /** Followers get this command in the place of the one that runs; several calls make several commands. */
    void instead(String name, int keyArgument, byte[]... more) {
        if (followed) {
            List<byte[]> words = new ArrayList<>(more.length + 2);
            words.add(Effects.text(name));
            words.add(args.bytes(keyArgument));
            words.addAll(List.of(more));
            effects.instead(database.number(), words);
        }
    }

    /** As {@link #instead(String, int, byte[][])}, all words given. */
    void instead(List<byte[]> words) {
        if (followed) {
            effects.instead(database.number(), words);
        }
    }

    /** Followers get nothing, though something changed. */
    void insteadNothing() {
        if (followed) {
            effects.nothing();
        }
    }

    /** Runs a data command that was prepared by {@link #begin}. */
    public void run(Command command) {
        writing = command.is(Flag.WRITE);
        touching = !quiet || command.name().equals("touch");
        if (writing) {
            keyspace.nextVersion();
        }
        try {
            Objects.requireNonNull(command.data(), command.name()).run(this);
        } finally {
            if (!expired.isEmpty()) {
                expired.remove(now);
            }
        }
    }

    /** Looks up the key at an argument for a read, and counts it as keyspace hit or miss (Redis: lookupKeyRead). */
    public boolean find(int argument, Value out) {
        boolean found = find(args.address(argument), args.length(argument), out);
        if (!found) {
            event('m', "keymiss", argument);
        }
        return found;
    }

    /** As {@link #find(int, Value)}, for a key that is no argument: nobody is told that it was missed. */
    public boolean find(long key, int keyLength, Value out) {
        boolean found = database.find(key, keyLength, now, out);
        count(found);
        return found;
    }
    /** As {@link #find}, without touching the access time (EXISTS, TTL, TYPE). */
    public boolean peek(int argument, Value out) {
        boolean found = look(argument, out);
        if (!found) {
            event('m', "keymiss", argument);
        }
        return found;
    }

    /** As {@link #peek}, without telling of a miss (OBJECT). */
    public boolean look(int argument, Value out) {
        boolean found = database.peek(args.address(argument), args.length(argument), now, out);
        count(found);
        return found;
    }

    private void count(boolean found) {
        if (found) {
            hits++;
        } else {
            misses++;
        }
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

    /** Another database than that of the call; valid until the next call of this method. */
    Database database(int number) {
        return number == database.number() ? database : second.at(keyspace.database(number));
    }

    /** The call's database without what it tells: for what nobody is to see. */
    Database quietDatabase() {
        return database.real();
    }

    /** A lookup met a key that is expired. */
    void metExpired(Database of, long key, int keyLength) {
        if (writing && expired.add(of, key, keyLength)) {
            if (followed) {
                effects.expired(of.number(), key, keyLength);
            }
            events.event(of.number(), 'x', "expired", key, keyLength);
        }
    }

    /** True if the key was told to be expired in this call. */
    boolean forgetExpired(Database of, long key, int keyLength) {
        return expired.forget(of, key, keyLength);
    }

    /** A key that was expired is gone. */
    void removedExpired(Database of, long key, int keyLength) {
        if (!expired.forget(of, key, keyLength)) {
            if (followed) {
                effects.expired(of.number(), key, keyLength);
            }
            events.event(of.number(), 'x', "expired", key, keyLength);
        }
    }

    /** A key was made where none was, or one that is expired. */
    void created(Database of, long key, int keyLength, boolean overExpired) {
        if (overExpired) {
            removedExpired(of, key, keyLength);
        }
        events.event(of.number(), 'n', "new", key, keyLength);
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

    /** Something happened to the key at an argument (Redis: notifyKeyspaceEvent). To be called where Redis does, after the change; "new" and "expired" are told by {@link #database()}. */
    public void event(char type, String name, int argument) {
        boolean evicted = evicting && name.equals("del");
        events.event(
                database.number(),
                evicted ? 'e' : type,
                evicted ? "evicted" : name,
                args.address(argument),
                args.length(argument));
    }

    /** As {@link #event(char, String, int)} for a key of another database. */
    public void event(Database of, char type, String name, int argument) {
        events.event(of.number(), type, name, args.address(argument), args.length(argument));
    }

    /** Whether lookups of what runs next are no accesses (CLIENT NO-TOUCH), but for TOUCH. */
    public void noTouch(boolean on) {
        quiet = on;
    }

    boolean touches() {
        return touching;
    }

    /** What is deleted from now on is told as evicted. */
    public void evicts(boolean on) {
        evicting = on;
    }

    /** A handler says that it changed the keyspace: only then is a record logged outside of raft mode. */
    public void changed() {
        changed = true;
    }

    /**
     * A blocking command found nothing: outside of MULTI and scripts its client waits for {@code wait}. What it has answered counts where
     * nothing waits. Redis: blockForKeys.
     */
    public void wouldBlock(Waiting wait) {
        waiting = wait;
    }

    /** What this run would wait for, or null. */
    public @Nullable Waiting waiting() {
        return waiting;
    }

    /** A key holds another type. Whoever calls has answered that; a client that has waited does not get to know, and waits on. */
    void wrongType() {
        wrongType = true;
    }

    /** What a client gets that has waited, whatever this run answers. */
    void endsWaiting(String error) {
        ending = error;
    }

    /** Whether a client that has waited waits on after this run. */
    public boolean waitsOn() {
        return waiting != null || wrongType;
    }

    /** The error for a client that has waited, or null for the run's own reply. */
    public @Nullable String ending() {
        return ending;
    }

    /** Whether {@link #waiting}, {@link #waitsOn} or {@link #ending} has anything to say. */
    public boolean concernsWaiting() {
        return waiting != null || wrongType || ending != null;
    }

    /**
     * What runs comes from this node's primary, which has decided what is expired: nothing is here, until the primary deletes it. Redis: expireIfNeeded.
     */
    public void applied(boolean ofPrimary) {
        applied = ofPrimary;
    }

    boolean isApplied() {
        return applied;
    }

    /** The time at which keys and fields are judged: those that expire then or before are not there. */
    long expiryTime() {
        return applied ? 0 : now;
    }

    /** As {@link #expiryTime()}, for a handler that asks by {@code now}. */
    long expiryTime(long asked) {
        return applied ? 0 : asked;
    }

    /** Scripts may not even ask to wait (XREAD BLOCK). */
    public void scripted(boolean calledByScript) {
        scripted = calledByScript;
    }

    boolean isScripted() {
        return scripted;
    }

    /** What happens now happens to all keys (FLUSHALL, SWAPDB). */
    void everythingChanged() {
        events.everything();
    }

    public boolean hasChanged() {
        return changed;
    }
}
