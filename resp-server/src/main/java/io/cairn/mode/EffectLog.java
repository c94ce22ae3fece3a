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
    /** Most bytes of one script's effects; above it the script's next write is refused. */
    static final int MAX_BYTES = 512 << 20;

    private final RecordWriter body = new RecordWriter();
    private final LargeArguments large = new LargeArguments(new RecordWriter());
    private Journal journal = Journal.NONE;
    private long now;
    private long batchSeed;
    private long recordSeed;
    private int header;
    private int count;
    /** Changes, for what counts them when nothing is logged. */
    private long changes;

    void begin(Journal to, long time, long seed) {
        journal = to;
        now = time;
        batchSeed = seed;
        recordSeed = Seeds.derive(seed, 0);
        count = 0;
        changes = 0;
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

    long changes() {
        return changes;
    }

    /** True when no more can be logged as one record. */
    boolean isFull() {
        return count >= RecordFormat.MAX_BLOCK || body.length() > MAX_BYTES;
    }

    /** A command that ran with {@link #nextSeed} changed something. */
    void add(int database, Args args) {
        count++;
        changes++;
        if (journal == Journal.NONE) {
            return;
        }
        long[] blobs = large.ahead(journal, now, args);
        if (blobs.length == 0) {
            body.queued(database, args);
        } else {
            body.queued(database, args, blobs);
        }
    }

    /** Appends the record to the journal, under the locks of what was changed. */
    void finish(RecordWriter writer) {
        if (count == 0 || journal == Journal.NONE) {
            return;
        }
        writer.begin(now, batchSeed);
        writer.block(now, 0);
        writer.commands(count);
        writer.encoded(body.address() + header, body.length() - header);
        journal.append(writer.address(), writer.length());
    }
}
