package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.Reply;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.group.Failure;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import io.cairn.record.RecordFormat;
import io.cairn.record.RecordWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applying a shard's records: what every replica must do alike. */
class ShardStoreTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final SlotTable ALL = SlotTable.EMPTY.activate(new SlotRange(0, 16_383), 1);

    private final List<Replica> replicas = new ArrayList<>();

    @TempDir
    Path dir;

    /** A replica's state machine over a keyspace of its own. */
    private static final class Replica {
        final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
        final CommandTable table = new CommandTable(Families.data());
        final NodeStats stats = new NodeStats(table);
        final Stamps stamps = new Stamps(() -> NOW);
        final OwnBlobs own = new OwnBlobs();
        final List<String> events = new ArrayList<>();
        final ShardStore store =
                new ShardStore(keyspace, table, stamps, own, Clock.systemUTC(), this::told, new ShardStore.Listener() {
                    @Override
                    public void leading(boolean leading) {}

                    @Override
                    public void broken(Throwable cause) {
                        throw new AssertionError(cause);
                    }
                });
        long index;

        private void told(int database, char type, String event, long key, int keyLength) {
            events.add(
                    type + ":" + event + ":" + new String(Memory.bytes(key, keyLength), StandardCharsets.ISO_8859_1));
        }

        /** Applies a batch; the replies' bytes, one char a byte. */
        String apply(ByteBuffer batch, SlotTable slots, int replies) {
            Waiting waiting = new Waiting(replies, stats);
            store.batch(++index, 1, batch.duplicate(), slots, waiting);
            return waiting.text();
        }
    }

    private static final class Waiting implements LocalProposal {
        private final BatchReplies replies;

        Waiting(int calls, NodeStats stats) {
            replies = new BatchReplies(calls, stats);
        }

        @Override
        public Reply reply() {
            replies.begin(false);
            return replies.reply();
        }

        @Override
        public void recordDone() {
            replies.end();
        }

        @Override
        public void applied() {}

        @Override
        public void failed(Failure failure) {
            throw new AssertionError(failure);
        }

        String text() {
            String text = new String(replies.bytes(), StandardCharsets.ISO_8859_1);
            replies.close();
            return text;
        }
    }

    private Replica replica() {
        Replica replica = new Replica();
        replicas.add(replica);
        return replica;
    }

    @AfterEach
    void close() {
        replicas.forEach(replica -> replica.keyspace.close());
    }

    private static Args args(String... words) {
        Args args = new Args();
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            NativeBlock block = NativeBlock.allocate(bytes.length);
            Memory.copy(bytes, 0, block.address(), bytes.length);
            args.add(block, bytes.length);
        }
        return args;
    }

    private static ByteBuffer batch(long time, String... lines) {
        RecordWriter writer = new RecordWriter();
        writer.begin(time, 7);
        for (String line : lines) {
            writer.command(time, 0, args(line.split(" ")));
        }
        return copy(writer);
    }

    private static ByteBuffer copy(RecordWriter writer) {
        byte[] bytes = new byte[writer.length()];
        writer.batch().get(bytes);
        return ByteBuffer.wrap(bytes);
    }

    /** The delete of active expiry tells that the key expired, and only of a key that did. */
    @Test
    void keyEventsAreToldAlikeOnEveryReplica() {
        List<ByteBuffer> log = List.of(
                batch(NOW, "set k v px 10", "set l v px 10", "pfadd h a b c"),
                batch(NOW + 10, "get k", "incr l"),
                watched(NOW + 11, "k", 0, "del k"),
                watched(NOW + 11, "l", 0, "del l"));
        Replica first = replica();
        Replica second = replica();
        for (ByteBuffer entry : log) {
            assertThat(first.apply(entry, ALL, 3)).isEqualTo(second.apply(entry, ALL, 3));
        }
        assertThat(first.events)
                .isEqualTo(second.events)
                .containsExactly(
                        "n:new:k",
                        "$:set:k",
                        "g:expire:k",
                        "n:new:l",
                        "$:set:l",
                        "g:expire:l",
                        "n:new:h",
                        "$:pfadd:h",
                        "m:keymiss:k",
                        "x:expired:l",
                        "n:new:l",
                        "$:incrby:l",
                        "x:expired:k");
        assertThat(first.keyspace.database(0).size()).isEqualTo(2);
    }

    /** Who evicts tells that a key was evicted; replicas, which see a delete like any other, that it was deleted (as in Redis). */
    @Test
    void evictionsDeleteTheVersionThatWasChosen() {
        Replica primary = replica();
        Replica other = replica();
        ByteBuffer first = batch(NOW, "set k v", "set l v");
        primary.apply(first, ALL, 2);
        other.apply(first, ALL, 2);
        long chosen = version(primary, "k");
        ByteBuffer again = batch(NOW, "set l w");
        long stale = version(primary, "l");
        primary.apply(again, ALL, 1);
        other.apply(again, ALL, 1);
        primary.events.clear();
        other.events.clear();
        for (ByteBuffer entry : List.of(watched(NOW, "k", chosen, "del k"), watched(NOW, "l", stale, "del l"))) {
            Evicting proposal = new Evicting();
            primary.store.batch(++primary.index, 1, entry.duplicate(), ALL, proposal);
            assertThat(proposal.gone).isEqualTo(entry.equals(watched(NOW, "k", chosen, "del k")));
            other.store.batch(++other.index, 1, entry.duplicate(), ALL, null);
        }
        assertThat(primary.events).containsExactly("e:evicted:k");
        assertThat(other.events).containsExactly("g:del:k");
        assertThat(primary.keyspace.database(0).size()).isOne();
        assertThat(other.keyspace.database(0).size()).isOne();
        primary.apply(batch(NOW, "del l"), ALL, 1);
        assertThat(primary.events).endsWith("g:del:l");
    }

    private static final class Evicting implements LocalProposal {
        boolean gone;

        @Override
        public Reply reply() {
            return DiscardReply.INSTANCE;
        }

        @Override
        public boolean evicts() {
            return true;
        }

        @Override
        public void evicted(boolean didGo) {
            gone |= didGo;
        }

        @Override
        public void recordDone() {}

        @Override
        public void applied() {}

        @Override
        public void failed(Failure failure) {
            throw new AssertionError(failure);
        }
    }

    private static ByteBuffer watched(long time, String key, long version, String... lines) {
        RecordWriter writer = new RecordWriter();
        writer.begin(time, 7);
        writer.block(time, 1);
        writer.watch(0, key.getBytes(StandardCharsets.ISO_8859_1), version);
        writer.commands(lines.length);
        for (String line : lines) {
            writer.queued(0, args(line.split(" ")));
        }
        return copy(writer);
    }

    private static long version(Replica replica, String key) {
        Args name = args(key);
        return replica.keyspace.database(0).version(name.address(0), name.length(0), NOW);
    }

    @Test
    void commandsOfABatchAreAnsweredInOrder() {
        Replica replica = replica();
        assertThat(replica.apply(batch(NOW, "SET a 1", "INCR a", "GET a", "INCR b c"), ALL, 4))
                .startsWith("+OK\r\n:2\r\n$1\r\n2\r\n");
    }

    @Test
    void aSlotThatTheShardDoesNotServeIsRefusedAndUnchanged() {
        Replica replica = replica();
        assertThat(replica.apply(batch(NOW, "SET a 1"), SlotTable.EMPTY, 1)).startsWith("-TRYAGAIN");
        assertThat(replica.apply(batch(NOW, "GET a"), ALL, 1)).isEqualTo("$-1\r\n");
    }

    @Test
    void timeNeverRunsBackAcrossRecords() {
        Replica replica = replica();
        replica.apply(batch(NOW, "SET a 1 PX 100"), ALL, 1);
        replica.apply(batch(NOW + 100, "SET b 1"), ALL, 1);
        assertThat(replica.apply(batch(NOW - 5_000, "GET a"), ALL, 1))
                .as("expired by an earlier record's stamp")
                .isEqualTo("$-1\r\n");
    }

    @Test
    void aBlockWhoseWatchedKeyChangedAnswersNilAndChangesNothing() {
        Replica replica = replica();
        replica.apply(batch(NOW, "SET a 1"), ALL, 1);
        long version = version(replica, "a");
        assertThat(replica.apply(watched(NOW, "a", version, "INCR a", "GET a"), ALL, 1))
                .isEqualTo("*2\r\n:2\r\n$1\r\n2\r\n");
        assertThat(replica.apply(watched(NOW, "a", version, "INCR a"), ALL, 1)).isEqualTo("*-1\r\n");
        assertThat(replica.apply(batch(NOW, "GET a"), ALL, 1)).isEqualTo("$1\r\n2\r\n");
    }

    private static final int SLOT_OF_A = Slots.of("a".getBytes(StandardCharsets.ISO_8859_1));
    private static final SlotTable MOVING = ALL.with(SLOT_OF_A, SlotState.MIGRATING, 1);

    private static ByteBuffer marking(Consumer<RecordWriter> records) {
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 7);
        records.accept(writer);
        return copy(writer);
    }

    /** SAFETY 17: the target may have a copy, so the source goes on answering for the key until that is settled. */
    @Test
    void aKeyThatWasSentIsTheSourcesEvenWhenItIsDeletedHere() {
        byte[] key = "a".getBytes(StandardCharsets.ISO_8859_1);
        Replica replica = replica();
        replica.store.asks(slot -> "ASK elsewhere", slot -> "MOVED elsewhere");
        replica.apply(batch(NOW, "SET a 1"), ALL, 1);
        long version = version(replica, "a");
        assertThat(replica.apply(marking(writer -> SentKeys.mark(writer, NOW, key, version + 1)), MOVING, 1))
                .as("a key that changed is not marked")
                .isEqualTo("*-1\r\n");
        assertThat(replica.apply(marking(writer -> SentKeys.mark(writer, NOW, key, version)), MOVING, 1))
                .isEqualTo("*1\r\n+OK\r\n");
        assertThat(replica.apply(batch(NOW, "DEL a", "GET a", "GET {a}b"), MOVING, 3))
                .isEqualTo(":1\r\n$-1\r\n-ASK elsewhere\r\n");
        assertThat(replica.apply(batch(NOW, "DBSIZE"), MOVING, 1)).isEqualTo(":0\r\n");
        assertThat(replica.store.isEmpty(SLOT_OF_A)).isFalse();
        assertThat(SentKeys.keysOfSlot(replica.keyspace, SLOT_OF_A, 10)).containsExactly(key);
        assertThat(replica.apply(batch(NOW, "SET a 2"), MOVING, 1)).isEqualTo("+OK\r\n");
        assertThat(replica.apply(marking(writer -> SentKeys.unmark(writer, NOW, key, SentKeys.ABSENT)), MOVING, 1))
                .as("it is here: its mark stays")
                .isEqualTo("*-1\r\n");
        long now = version(replica, "a");
        assertThat(replica.apply(
                        marking(writer -> {
                            RaftExpiry.delete(writer, NOW, key, now);
                            SentKeys.unmark(writer, NOW, key, SentKeys.ABSENT);
                        }),
                        MOVING,
                        2))
                .isEqualTo("*1\r\n:1\r\n*1\r\n:1\r\n");
        assertThat(replica.apply(batch(NOW, "GET a"), MOVING, 1)).isEqualTo("-ASK elsewhere\r\n");
        assertThat(replica.store.isEmpty(SLOT_OF_A)).isTrue();
        assertThat(replica.apply(batch(NOW, "GET a"), ALL.release(new SlotRange(0, 16_383), 1), 1))
                .isEqualTo("-MOVED elsewhere\r\n");
    }

    @Test
    void theMarksOfSentKeysAreInSnapshots() throws Exception {
        byte[] key = "a".getBytes(StandardCharsets.ISO_8859_1);
        Replica old = replica();
        old.apply(batch(NOW, "SET a 1"), ALL, 1);
        long version = version(old, "a");
        old.apply(marking(writer -> SentKeys.mark(writer, NOW, key, version)), MOVING, 1);
        old.apply(batch(NOW, "DEL a"), MOVING, 1);
        save(old);
        Replica young = replica();
        assertThat(young.store.loadSnapshot(dir)).isTrue();
        assertThat(young.apply(batch(NOW, "GET a"), MOVING, 1)).isEqualTo("$-1\r\n");
        assertThat(young.store.isEmpty(SLOT_OF_A)).isFalse();
    }

    private static ByteBuffer block(String... lines) {
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 7);
        writer.block(NOW, 0);
        writer.commands(lines.length);
        for (String line : lines) {
            writer.queued(0, args(line.split(" ")));
        }
        return copy(writer);
    }

    /** Redis: getNodeByQuery looks at all keys of an EXEC together. */
    @Test
    void aBlockRunsWhereItsKeysAre() {
        Replica replica = replica();
        replica.store.asks(slot -> "ASK elsewhere", slot -> "MOVED elsewhere");
        replica.apply(batch(NOW, "SET a 1"), ALL, 1);
        assertThat(replica.apply(block("INCR a", "GET a"), MOVING, 1)).isEqualTo("*2\r\n:2\r\n$1\r\n2\r\n");
        assertThat(replica.apply(block("SET {a}b 1", "GET {a}b"), MOVING, 1)).isEqualTo("-ASK elsewhere\r\n");
        assertThat(replica.apply(block("SET {a}b 1", "GET a"), MOVING, 1)).startsWith("-TRYAGAIN");
        SlotTable importing = SlotTable.EMPTY.with(SLOT_OF_A, SlotState.IMPORTING, 0);
        Replica target = replica();
        assertThat(target.apply(block("SET a 1", "INCR a"), importing, 1))
                .as("one key, wherever it was")
                .isEqualTo("*2\r\n+OK\r\n:2\r\n");
        assertThat(target.apply(block("GET a", "GET {a}b"), importing, 1)).startsWith("-TRYAGAIN");
    }

    /** What an importer got goes on living there: it expires, and MIGRATE may send it on. */
    @Test
    void keysOfAnImportedSlotAreDeletedByTheirVersion() {
        Replica replica = replica();
        SlotTable importing = SlotTable.EMPTY.with(SLOT_OF_A, SlotState.IMPORTING, 0);
        assertThat(replica.apply(batch(NOW, "SET a 1 PX 10"), importing, 1)).isEqualTo("+OK\r\n");
        assertThat(replica.apply(watched(NOW + 20, "a", 0, "DEL a"), importing, 1))
                .isEqualTo("*1\r\n:0\r\n");
        assertThat(replica.keyspace.database(0).size()).isZero();
    }

    private static ByteBuffer effects(long time, DataLimits limits, String key, long version, String... lines) {
        RecordWriter writer = new RecordWriter();
        writer.begin(time, 7);
        writer.effects(time, limits, 1);
        writer.watch(0, key.getBytes(StandardCharsets.ISO_8859_1), version);
        writer.commands(lines.length);
        for (String line : lines) {
            writer.queued(0, args(line.split(" ")));
        }
        return copy(writer);
    }

    /** The script has answered the id and the expiry already, by its own time. */
    @Test
    void whatAScriptDidTakesEffectAtItsTimeThoughOthersOvertookIt() {
        Replica replica = replica();
        replica.apply(batch(NOW + 20, "SET other 1"), ALL, 1);
        assertThat(replica.apply(effects(NOW, DataLimits.DEFAULT, "s", 0, "XADD s * f v", "PEXPIRE s 500"), ALL, 1))
                .isEqualTo("*2\r\n$15\r\n" + NOW + "-0\r\n:1\r\n");
        assertThat(replica.apply(batch(NOW + 20, "PEXPIRETIME s"), ALL, 1)).isEqualTo(":" + (NOW + 500) + "\r\n");
        assertThat(replica.stamps.applied()).isEqualTo(NOW + 20);
    }

    @Test
    void whatAScriptDidIsVoidWhereSomethingExpiredSinceOrLimitsChanged() {
        Replica replica = replica();
        replica.apply(batch(NOW, "SET k 1 PX 15", "HSET h f 1 g 1", "HPEXPIRE h 15 FIELDS 1 f"), ALL, 3);
        long key = version(replica, "k");
        long hash = version(replica, "h");
        DataLimits limits = DataLimits.DEFAULT;
        assertThat(replica.apply(effects(NOW + 1, limits, "h", hash, "HINCRBY h f 1"), ALL, 1))
                .isEqualTo("*1\r\n:2\r\n");
        hash = version(replica, "h");
        replica.apply(batch(NOW + 20, "SET other 1"), ALL, 1);
        assertThat(replica.apply(effects(NOW + 1, limits, "k", key, "INCR k"), ALL, 1))
                .isEqualTo("*-1\r\n");
        assertThat(replica.apply(effects(NOW + 1, limits, "h", hash, "HINCRBY h f 1"), ALL, 1))
                .isEqualTo("*-1\r\n");
        assertThat(replica.apply(effects(NOW + 17, limits, "h", hash, "HINCRBY h f 1"), ALL, 1))
                .isEqualTo("*1\r\n:1\r\n");
        hash = version(replica, "h");
        DataLimits others = new DataLimits(1, 1, 1, 1);
        assertThat(replica.apply(effects(NOW + 20, others, "h", hash, "HINCRBY h f 1"), ALL, 1))
                .isEqualTo("*-1\r\n");
        assertThat(replica.apply(batch(NOW + 20, "HGET h f", "HGET h g"), ALL, 2))
                .isEqualTo("$1\r\n1\r\n$1\r\n1\r\n");
    }

    @Test
    void expiryRemovesOnlyWhatIsStillExpired() {
        Replica replica = replica();
        replica.apply(batch(NOW, "SET gone 1 PX 10", "SET renewed 1 PX 10"), ALL, 2);
        replica.apply(batch(NOW + 10, "SET renewed 2"), ALL, 1);
        replica.apply(watched(NOW + 20, "gone", 0, "DEL gone"), ALL, 1);
        assertThat(replica.apply(watched(NOW + 20, "renewed", 0, "DEL renewed"), ALL, 1))
                .isEqualTo("*-1\r\n");
        assertThat(replica.keyspace.database(0).size()).isEqualTo(1);
    }

    @Test
    void aLargeArgumentComesInChunks() {
        Replica sender = replica();
        Replica follower = replica();
        byte[] value = new byte[3 * RecordFormat.CHUNK_BYTES + 17];
        new java.util.Random(1).nextBytes(value);
        NativeBlock block = NativeBlock.allocate(value.length);
        Memory.copy(value, 0, block.address(), value.length);
        long id = sender.own.register(block);
        for (Replica replica : List.of(sender, follower)) {
            for (int offset = 0; offset < value.length; offset += RecordFormat.CHUNK_BYTES) {
                replica.apply(chunk(id, block, offset, value.length), ALL, 0);
            }
            assertThat(replica.apply(referring(id, block, value.length), ALL, 1))
                    .isEqualTo("+OK\r\n");
            String reply = replica.apply(batch(NOW, "GET big"), ALL, 1);
            String bulk = "$" + value.length + "\r\n" + new String(value, StandardCharsets.ISO_8859_1) + "\r\n";
            assertThat(reply.equals(bulk)).as("the value comes back").isTrue();
        }
    }

    @Test
    void aLargeArgumentWithAMissingChunkIsRefused() {
        Replica replica = replica();
        int length = 2 * RecordFormat.CHUNK_BYTES;
        NativeBlock block = NativeBlock.allocate(length);
        replica.apply(chunk(5, block, RecordFormat.CHUNK_BYTES, length), ALL, 0);
        assertThat(replica.apply(referring(5, block, length), ALL, 1)).startsWith("-TRYAGAIN");
        replica.apply(chunk(6, block, 0, length), ALL, 0);
        replica.store.termStarted(++replica.index, 2);
        assertThat(replica.apply(referring(6, block, length), ALL, 1)).startsWith("-TRYAGAIN");
    }

    private static ByteBuffer chunk(long id, NativeBlock block, int offset, int total) {
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 0);
        int length = Math.min(RecordFormat.CHUNK_BYTES, total - offset);
        writer.chunk(NOW, id, offset, total, block.address() + offset, length);
        return copy(writer);
    }

    private static ByteBuffer referring(long id, NativeBlock block, int length) {
        Args args = args("SET", "big");
        args.add(block, length);
        RecordWriter writer = new RecordWriter();
        writer.begin(NOW, 0);
        writer.command(NOW, 0, args, new long[] {0, 0, id});
        return copy(writer);
    }

    @Test
    void aReplicaFromASnapshotGoesOnExactlyAsOneFromTheLog() throws Exception {
        Replica old = replica();
        for (int i = 0; i < 500; i++) {
            old.apply(
                    batch(NOW + i, "SET k" + i + " " + i, "APPEND k" + (i / 2) + " x", "PEXPIRE k" + i + " 100000"),
                    ALL,
                    3);
        }
        int length = 2 * RecordFormat.CHUNK_BYTES;
        NativeBlock block = NativeBlock.allocate(length);
        old.apply(chunk(9, block, 0, length), ALL, 0);
        save(old);

        Replica young = replica();
        young.apply(batch(NOW, "SET stale 1"), ALL, 1);
        assertThat(young.store.loadSnapshot(dir)).isTrue();
        assertThat(young.keyspace.lastVersion()).isEqualTo(old.keyspace.lastVersion());
        assertThat(young.stamps.applied()).isEqualTo(old.stamps.applied());
        long version = version(old, "k7");
        for (Replica replica : List.of(old, young)) {
            assertThat(version(replica, "k7")).isEqualTo(version);
            assertThat(replica.apply(watched(NOW, "k7", version, "INCRBY n 5"), ALL, 1))
                    .isEqualTo("*1\r\n:5\r\n");
            replica.apply(chunk(9, block, RecordFormat.CHUNK_BYTES, length), ALL, 0);
            assertThat(replica.apply(referring(9, block, length), ALL, 1)).isEqualTo("+OK\r\n");
            assertThat(replica.apply(batch(NOW, "DBSIZE"), ALL, 1)).isEqualTo(":502\r\n");
        }
        assertThat(young.keyspace.lastVersion()).isEqualTo(old.keyspace.lastVersion());
    }

    private void save(Replica replica) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        replica.store.saveSnapshot(dir, replica.index, cause -> {
            failure.set(cause);
            done.countDown();
        });
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(failure.get()).isNull();
    }
}
