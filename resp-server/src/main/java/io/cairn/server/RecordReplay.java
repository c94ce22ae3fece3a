package io.cairn.server;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.keyspace.Keyspace;
import io.cairn.mode.NoReply;
import io.cairn.mode.RecordClock;
import io.cairn.record.ReceivedBlobs;
import io.cairn.record.RecordException;
import io.cairn.record.RecordReader;
import java.io.IOException;

/** Runs the records of a log again, through the same handlers, at start. Nobody else uses the keyspace meanwhile. */
final class RecordReplay implements AutoCloseable {
    private final CommandTable commands;
    private final RecordClock clock;
    private final ReceivedBlobs blobs = new ReceivedBlobs(Long.MAX_VALUE);
    private final RecordReader reader = new RecordReader(blobs);
    private final Call call;
    private long records;

    RecordReplay(Keyspace keyspace, CommandTable commands, RecordClock clock) {
        this.commands = commands;
        this.clock = clock;
        this.call = new Call(keyspace, new Args(), NoReply.INSTANCE);
    }

    /** Records run so far. */
    long records() {
        return records;
    }

    /** Runs a batch out of native memory. */
    void run(long address, int length) throws IOException {
        try {
            reader.reset(address, length);
            while (reader.next()) {
                records++;
                clock.seen(reader.timeMillis());
                if (reader.incomplete()) {
                    throw new IOException("a record refers to a large argument that is not in the log");
                }
                apply();
                // Blobs of other connections may lie between: only what this record used is done with.
                for (int i = 0; i < reader.references(); i++) {
                    blobs.drop(reader.reference(i));
                }
            }
        } catch (RecordException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void apply() throws IOException {
        switch (reader.kind()) {
            case COMMAND -> command();
            case BLOCK, EFFECTS -> {
                while (reader.nextCommand()) {
                    command();
                }
            }
            case TICK -> {}
            case LIMITS -> call.keyspace.dataLimits(reader.limits());
            case CHUNK -> {
                if (!blobs.accept(reader)) {
                    throw new IOException("a piece of a large argument is missing");
                }
            }
        }
    }

    private void command() throws IOException {
        Args args = reader.args();
        int id = commands.find(args);
        Command command = id < 0 ? null : commands.command(id);
        if (command == null || command.data() == null) {
            throw new IOException("the log holds a command that this version does not know: " + args.text(0));
        }
        call.applied(reader.applied());
        call.begin(args, reader.database(), reader.timeMillis(), reader.seed(), NoReply.INSTANCE);
        call.run(command);
    }

    @Override
    public void close() {
        blobs.close();
    }
}
