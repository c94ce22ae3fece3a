package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import io.cairn.rdb.VersionsReader;
import io.cairn.rdb.VersionsWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Runs data commands over a real keyspace without a network: what the dispatcher does (table, arity, locks) in its
 * plainest form. Time stands still until a test moves it.
 */
final class CommandHarness implements AutoCloseable {
    final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    final CommandTable table;
    /** Milliseconds of the Unix epoch. */
    long now = 1_700_000_000_000L;

    long seed = 1;
    int database;
    boolean changed;

    private final Args args = new Args();
    private final ReplyBytes reply;
    private final Call call;

    CommandHarness(boolean resp3) {
        this(new CommandTable(Families.data()), resp3);
    }

    CommandHarness(CommandTable table, boolean resp3) {
        this.table = table;
        this.reply = new ReplyBytes(resp3);
        this.call = new Call(keyspace, args, reply);
    }

    /** Who is told of key events. */
    void listener(KeyEvents events) {
        call.listener(events);
    }

    /** Runs a command of words separated by single blanks and returns the reply's bytes, one char a byte. */
    String run(String line) {
        return runWords(line.split(" ", -1));
    }

    /** As {@link #run(String)}; the reply's lines are joined by blanks: {@code *2 $1 a :7}. */
    String brief(String line) {
        return run(line).strip().replace("\r\n", " ");
    }

    /** Runs a command of words given one by one, one char a byte. */
    String runWords(String... words) {
        List<byte[]> arguments = new ArrayList<>();
        for (String word : words) {
            arguments.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return run(arguments);
    }

    /** Runs a command; arguments of a block's size or more get a block of their own, as from a connection. */
    String run(List<byte[]> arguments) {
        List<NativeBlock> blocks = new ArrayList<>();
        args.clear();
        for (byte[] argument : arguments) {
            NativeBlock block = NativeBlock.allocate(argument.length);
            Memory.copy(argument, 0, block.address(), argument.length);
            blocks.add(block);
            if (argument.length > KeyspaceOptions.DEFAULT_BLOCK_THRESHOLD) {
                args.add(block, argument.length);
            } else {
                args.add(block.address(), argument.length);
            }
        }
        try {
            execute();
            return reply.take();
        } finally {
            args.clear();
            blocks.forEach(NativeBlock::release);
        }
    }

    /** The words of the call that would be made again for the n-th key of the latest command; null if that would not wait. */
    @Nullable
    String again(String line, int n) {
        run(line);
        Waiting waiting = call.waiting();
        if (waiting == null) {
            return null;
        }
        List<String> words = List.of(line.split(" ", -1));
        StringJoiner again = new StringJoiner(" ");
        for (Waiting.Argument argument : waiting.again(n)) {
            byte[] text = argument.text();
            again.add(text == null ? words.get(argument.index()) : new String(text, StandardCharsets.ISO_8859_1));
        }
        return again.toString();
    }

    private void execute() {
        int id = table.find(args);
        if (id < 0) {
            reply.error("ERR unknown command '" + args.text(0) + "'");
            return;
        }
        Command command = table.command(id);
        int arity = command.arity();
        if (arity > 0 ? args.count() != arity : args.count() < -arity) {
            reply.error(ErrorText.arity(command.name()));
            return;
        }
        if (command.data() == null) {
            throw new IllegalArgumentException("not a data command: " + command.name());
        }
        keyspace.lockAll();
        try {
            call.begin(database, now, seed, reply);
            call.run(command);
            changed = call.hasChanged();
        } finally {
            keyspace.unlockAll();
        }
    }

    @Override
    public void close() {
        keyspace.close();
    }

    /** What loads a snapshot of this one. */
    CommandHarness reloaded() throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteArrayOutputStream versions = new ByteArrayOutputStream();
        VersionsWriter versionsWriter = new VersionsWriter(Channels.newChannel(versions));
        RdbWriter writer = new RdbWriter(Channels.newChannel(data), true, versionsWriter);
        keyspace.lockAll();
        Keyspace.Snapshot snapshot;
        try {
            snapshot = keyspace.beginSnapshot();
        } finally {
            keyspace.unlockAll();
        }
        writer.begin(1_700_000_000, 0, snapshot.hasExpiringFields());
        snapshot.writeTo(writer);
        writer.finish();
        versionsWriter.finish(keyspace.lastVersion());
        CommandHarness to = new CommandHarness(false);
        new RdbReader(
                        Channels.newChannel(new ByteArrayInputStream(data.toByteArray())),
                        to.keyspace,
                        0,
                        new VersionsReader(Channels.newChannel(new ByteArrayInputStream(versions.toByteArray()))))
                .load();
        assertThat(to.keyspace.expiringHashes()).isEqualTo(keyspace.expiringHashes());
        return to;
    }
}
