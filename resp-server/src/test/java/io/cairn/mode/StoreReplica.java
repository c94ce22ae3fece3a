package io.cairn.mode;

import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyEvents;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.SlotTable;
import io.cairn.record.RecordWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;

/** The data of one replica of a shard, as in a node in raft mode; for tests of what a shard's log does to it. */
public final class StoreReplica implements AutoCloseable {
    public static final long NOW = 1_700_000_000_000L;

    public final ChronicleKeyspace keyspace =
            new ChronicleKeyspace(KeyspaceOptions.defaults().withDatabases(SentKeys.DATABASES));
    final CommandTable table = new CommandTable(Families.data(true));
    final Stamps stamps = new Stamps(() -> NOW);
    public final ShardStore store = new ShardStore(
            keyspace, table, stamps, new OwnBlobs(), Clock.systemUTC(), KeyEvents.NONE, new ShardStore.Listener() {
                @Override
                public void leading(boolean leading) {}

                @Override
                public void broken(Throwable cause) {
                    throw new AssertionError(cause);
                }
            });

    private long index;

    /** A batch of one command, words between blanks. */
    public static ByteBuffer batch(String line) {
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 1);
        writer.command(NOW, 0, LonelyRaft.args(line.split(" ", -1)));
        return bytes(writer);
    }

    /** Applies a command to slots that are all served. */
    void run(String line) {
        store.batch(++index, 1, batch(line), SlotTable.EMPTY.activate(new SlotRange(0, 16_383), 1), null);
    }

    static ByteBuffer bytes(RecordWriter writer) {
        byte[] bytes = new byte[writer.length()];
        writer.batch().get(bytes);
        return ByteBuffer.wrap(bytes);
    }

    /** MIGRATE has begun to send the key. */
    public void mark(String key) {
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 1);
        SentKeys.mark(writer, NOW, key.getBytes(StandardCharsets.ISO_8859_1), version(0, key));
        store.batch(++index, 1, bytes(writer), SlotTable.EMPTY.activate(new SlotRange(0, 16_383), 1), null);
    }

    /** Whether the key is marked. */
    public boolean isMarked(String key) {
        return version(SentKeys.DATABASE, key) != 0;
    }

    /** Whether the key is there, hidden or not. */
    public boolean has(String key) {
        return version(0, key) != 0;
    }

    long version(int database, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.ISO_8859_1);
        return HeldKeys.locked(keyspace, database, bytes, (on, at, length) -> on.version(at, length, 0));
    }

    @Override
    public void close() {
        keyspace.close();
    }
}
