package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.record.RecordFormat;
import io.cairn.record.RecordWriter;
import io.cairn.record.Seeds;

/**
 * The commands that a script, or a block with scripts in it, changed something with, in order: one record, a block whose
 * commands get the seeds again that they ran with. Reused; not thread-safe.
 */
final class EffectLog {
    /** Most bytes of one script's effects in a log of a node of its own; above it the script's next write is refused. */
    static final int MAX_BYTES = 512 << 20;

    private final RecordWriter body = new RecordWriter();
    private final LargeArguments large = new LargeArguments(new RecordWriter());
    private Journal journal = Journal.NONE;
    private boolean encodes;
    private long now;
    private long batchSeed;
    private long recordSeed;
    private int header;
    private int count;

    /** How far the log was. */
    record Mark(int length, int count) {}

    /** Begins effects that go to a journal; large arguments at once. */
    void begin(Journal to, long time, long seed) {
        begin(time, seed);
        journal = to;
        encodes = to != Journal.NONE;
    }

    /** Begins effects without large arguments, for {@link #block}. */
    void begin(long time, long seed) {
        journal = Journal.NONE;
        encodes = true;
        now = time;
        batchSeed = seed;
        recordSeed = Seeds.derive(seed, 0);
        count = 0;
        body.begin(time, seed);
        header = body.length();
    }

    /** Time of the record. */
    long now() {
        return now;
    }

    /** Chance of the command that runs next. */
    long nextSeed() {
        return Seeds.derive(recordSeed, count);
    }

    /** Commands that changed something. */
    int changes() {
        return count;
    }

    /** Bytes of the record so far. */
    int bytes() {
        return body.length();
    }

    /** True when no more can be logged as one record. */
    boolean isFull() {
        return encodes && (count >= RecordFormat.MAX_BLOCK || body.length() > MAX_BYTES);
    }

    Mark mark() {
        return new Mark(body.length(), count);
    }

    /** Takes back what was added since. */
    void rewind(Mark to) {
        body.rewind(to.length, body.records());
        count = to.count;
    }

    /** A command that ran with {@link #nextSeed} changed something. */
    void add(int database, Args args) {
        count++;
        if (!encodes) {
            return;
        }
        long[] blobs = journal == Journal.NONE ? LargeArguments.NO_BLOBS : large.ahead(journal, now, args);
        if (blobs.length == 0) {
            body.queued(database, args);
        } else {
            body.queued(database, args, blobs);
        }
    }

    /** Appends the record to the journal, under the locks of what was changed. */
    void finish(RecordWriter writer) {
        if (count == 0 || !encodes) {
            return;
        }
        writer.begin(now, batchSeed);
        writer.block(now, 0);
        commands(writer);
        journal.append(writer.address(), writer.length());
    }

    /** Begins a batch in the writer that holds the record, with the versions of all keys that were touched and the limits that held. */
    void block(RecordWriter writer, Speculation touched) {
        writer.begin(now, batchSeed);
        writer.effects(now, touched.limits(), touched.size());
        touched.watches(writer);
        commands(writer);
    }

    private void commands(RecordWriter writer) {
        writer.commands(count);
        writer.encoded(body.address() + header, body.length() - header);
    }
}
