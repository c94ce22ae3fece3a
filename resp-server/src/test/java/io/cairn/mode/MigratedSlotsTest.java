package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyEvents;
import io.cairn.command.RandomCalls;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.SlotExport;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import io.cairn.record.RecordWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What leaves a source as a stream is, at the target, what the source has: order, expiry and all; and nobody sees it before its time. */
class MigratedSlotsTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final int CALLS = Integer.getInteger("cairn.migration.calls", 6_000);
    private static final SlotTable ALL = SlotTable.EMPTY.activate(new SlotRange(0, 16_383), 1);
    private static final String ID = "0123456789012345678901234567890123456789";

    private final List<Replica> replicas = new ArrayList<>();

    @TempDir
    Path dir;

    private static final class Replica {
        final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
        final CommandTable table = new CommandTable(Families.data());
        final Stamps stamps = new Stamps(() -> NOW);
        final ShardStore store = new ShardStore(
                keyspace, table, stamps, new OwnBlobs(), Clock.systemUTC(), KeyEvents.NONE, new ShardStore.Listener() {
                    @Override
                    public void leading(boolean leading) {}

                    @Override
                    public void broken(Throwable cause) {
                        throw new AssertionError(cause);
                    }
                });
        private long index;

        void apply(long time, long seed, byte[]... words) {
            RecordWriter writer = new RecordWriter();
            writer.begin(time, seed);
            writer.command(time, 0, args(words));
            apply(writer);
        }

        void apply(RecordWriter writer) {
            byte[] bytes = new byte[writer.length()];
            writer.batch().get(bytes);
            store.batch(++index, 1, ByteBuffer.wrap(bytes), ALL, null);
        }

        void run(String line) {
            apply(NOW, 1, words(line));
        }

        /** What is in the slots, by key: value, order and expiry, without versions. */
        Map<String, String> contents(BitSet slots) {
            Map<String, String> contents = new TreeMap<>();
            Database database = keyspace.database(0);
            for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
                keyspace.lock(stripe);
                List<byte[]> keys = new ArrayList<>();
                database.forEach(stripe, 0, (key, length, value) -> {
                    if (slots.get(Slots.of(key, length))) {
                        keys.add(Memory.bytes(key, length));
                    }
                });
                for (byte[] key : keys) {
                    NativeBlock block = NativeBlock.allocate(key.length);
                    Memory.copy(key, 0, block.address(), key.length);
                    long version = database.version(block.address(), key.length, 0);
                    database.setVersion(block.address(), key.length, 1);
                    contents.put(
                            new String(key, StandardCharsets.ISO_8859_1),
                            DatasetDigest.exact(keyspace).value(0, key));
                    database.setVersion(block.address(), key.length, version);
                    block.release();
                }
                keyspace.unlock(stripe);
            }
            return contents;
        }

        long size() {
            return keyspace.database(0).size();
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

    private static byte[][] words(String line) {
        String[] parts = line.split(" ");
        byte[][] words = new byte[parts.length][];
        for (int i = 0; i < parts.length; i++) {
            words[i] = parts[i].getBytes(StandardCharsets.ISO_8859_1);
        }
        return words;
    }

    private static Args args(byte[]... words) {
        Args args = new Args();
        for (byte[] bytes : words) {
            NativeBlock block = NativeBlock.allocate(Math.max(1, bytes.length));
            Memory.copy(bytes, 0, block.address(), bytes.length);
            args.add(block, bytes.length);
        }
        return args;
    }

    private static BitSet slots(String... tags) {
        BitSet slots = new BitSet();
        for (String tag : tags) {
            slots.set(Slots.of(tag.getBytes(StandardCharsets.ISO_8859_1)));
        }
        return slots;
    }

    /** What the target's table says while it receives. */
    private static SlotTable receiving(BitSet slots) {
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 16_383), 1);
        for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
            table = table.with(slot, SlotState.RECEIVING, 1);
        }
        return table;
    }

    /** Random calls of all types at the source, pieces of any size, other limits and compact forms at the targets, one of which is replaced by what loads its snapshot. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theTargetHasWhatTheSourceHas(long seed) throws Exception {
        Random random = new Random(seed);
        RandomCalls moving = new RandomCalls(seed, "{t}");
        RandomCalls staying = new RandomCalls(seed + 100, "{u}");
        BitSet slots = slots("t");
        Replica source = replica();
        List<Replica> targets = new ArrayList<>(List.of(replica(), replica()));
        targets.get(1).keyspace.encodingLimits().hashEntries = 1;
        targets.get(1).keyspace.encodingLimits().zsetEntries = 1;
        for (Replica target : targets) {
            target.run("set own value");
            target.store.importBegin(ID, slots);
            target.store.slotsChanged(1, receiving(slots));
        }
        SlotExport export = null;
        boolean ended = false;
        long now = NOW;
        int freeze = CALLS - random.nextInt(CALLS / 4);
        for (int i = 0; i < CALLS && !ended; i++) {
            now += random.nextInt(20);
            byte[][] call = random.nextInt(4) == 0 ? staying.next() : moving.next();
            String name = new String(call[0], StandardCharsets.ISO_8859_1);
            if (!name.equals("eval") && source.table.find(args(call)) >= 0) {
                source.apply(now, random.nextLong(), call);
            }
            if (random.nextInt(2_000) == 0) {
                source.apply(now, 1, words("flushall"));
            }
            if (random.nextInt(300) == 0) {
                RecordWriter limits = new RecordWriter();
                limits.begin(now, 0);
                limits.limits(
                        now,
                        new DataLimits(random.nextInt(8), random.nextInt(300), random.nextInt(200), random.nextInt(5)));
                source.apply(limits);
            }
            if (i == CALLS / 4) {
                export = source.store.export(slots);
            }
            if (export != null && random.nextInt(8) == 0) {
                ended = send(export, targets, 1 + random.nextInt(random.nextBoolean() ? 50 : 20_000));
            }
            if (i == CALLS / 2) {
                replaced(targets, slots);
            }
            if (i == freeze && export != null) {
                while (!export.isSnapshotDone()) {
                    send(export, targets, 10_000);
                }
                export.end();
                while (!ended) {
                    ended = send(export, targets, 1 + random.nextInt(5_000));
                }
            }
        }
        assertThat(ended).isTrue();
        assertThat(Objects.requireNonNull(export).failure()).isEmpty();
        export.close();
        for (Replica target : targets) {
            assertThat(target.size()).as("hidden keys do not count").isOne();
            assertThat(target.contents(slots)).isEmpty();
            target.store.slotsChanged(2, ALL);
            target.store.importOver(ID);
        }
        Map<String, String> wanted = source.contents(slots);
        assertThat(wanted).isNotEmpty();
        for (Replica target : targets) {
            assertThat(target.contents(slots)).isEqualTo(wanted);
            assertThat(target.stamps.applied()).isEqualTo(source.stamps.applied());
        }
        assertThat(DatasetDigest.exact(targets.get(0).keyspace).all())
                .isEqualTo(DatasetDigest.exact(targets.get(1).keyspace).all());
    }

    private static boolean send(SlotExport export, List<Replica> targets, int bytes) {
        boolean ended = false;
        byte[] piece = export.next(bytes);
        assertThat(export.failure()).isEmpty();
        if (piece.length > 0) {
            for (Replica target : targets) {
                ended = target.store.importBytes(ID, ByteBuffer.wrap(piece));
            }
        }
        return ended;
    }

    private void replaced(List<Replica> targets, BitSet slots) throws Exception {
        Path to = Files.createDirectory(dir.resolve("snapshot"));
        Replica old = targets.remove(1);
        CountDownLatch done = new CountDownLatch(1);
        old.store.saveSnapshot(to, 5, failure -> {
            assertThat(failure).isNull();
            done.countDown();
        });
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        Replica young = replica();
        assertThat(young.store.loadSnapshot(to)).isTrue();
        young.store.slotsChanged(5, receiving(slots));
        targets.add(young);
    }

    @Test
    void hiddenKeysAreInNothingAndFlushSparesThem() {
        Replica target = replica();
        BitSet slots = slots("t");
        target.store.importBegin(ID, slots);
        target.store.slotsChanged(1, receiving(slots));
        Replica source = replica();
        for (int i = 0; i < 500; i++) {
            source.run("set {t}" + i + " v px 1");
            target.run("set {u}" + i + " v");
        }
        SlotExport export = source.store.export(slots);
        send(export, List.of(target), 1 << 20);
        assertThat(export.keysSent()).isEqualTo(500);
        assertThat(export.keysTotal()).isEqualTo(500);
        int slot = slots.nextSetBit(0);
        assertThat(target.size()).isEqualTo(500);
        assertThat(target.keyspace.keysInSlot(slot)).isZero();
        assertThat(target.keyspace.allKeysInSlot(slot)).isEqualTo(500);
        assertThat(target.keyspace.keysOfSlot(slot, 10)).isEmpty();
        List<String> seen = new ArrayList<>();
        long cursor = 0;
        do {
            cursor = target.keyspace
                    .database(0)
                    .scan(
                            cursor,
                            50,
                            0,
                            (key, length, value) ->
                                    seen.add(new String(Memory.bytes(key, length), StandardCharsets.ISO_8859_1)));
        } while (cursor != 0);
        assertThat(seen).hasSize(500).allMatch(key -> key.startsWith("{u}"));
        for (int i = 0; i < 200; i++) {
            byte[] chosen = target.keyspace.database(0).randomKey(i, 0);
            assertThat(new String(chosen, StandardCharsets.ISO_8859_1)).startsWith("{u}");
            target.keyspace.sample(
                    0,
                    i,
                    5,
                    false,
                    (key, length, access, expireAt, version, bytes) ->
                            assertThat(Memory.getByte(key + 1)).isEqualTo((byte) 'u'));
        }
        int[] expired = new int[1];
        target.keyspace.collectExpired(NOW + 100, 10_000, (database, key, expireAt, version) -> expired[0]++);
        assertThat(expired[0]).isZero();
        target.run("flushall");
        assertThat(target.size()).isZero();
        assertThat(target.keyspace.allKeysInSlot(slot)).isEqualTo(500);
        target.store.slotsChanged(2, ALL);
        assertThat(target.size()).isEqualTo(500);
        target.keyspace.collectExpired(NOW + 100, 10_000, (database, key, expireAt, version) -> expired[0]++);
        assertThat(expired[0]).isEqualTo(500);
        export.close();
    }

    @Test
    void whatWasGivenAwayIsHiddenAndGoesPieceByPiece() {
        Replica source = replica();
        BitSet slots = slots("t", "w");
        for (int i = 0; i < 3_000; i++) {
            source.run("set {t}" + i + " v");
            source.run("set {u}" + i + " v");
            source.run("rpush {w}" + i + " a b");
        }
        SlotTable table = ALL;
        for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
            table = table.with(slot, SlotState.DROPPED, 1);
        }
        source.store.slotsChanged(1, table);
        assertThat(source.size()).isEqualTo(3_000);
        for (int i = 0; i < 50; i++) {
            source.store.tidy();
        }
        assertThat(slots.stream().mapToLong(source.keyspace::allKeysInSlot).sum())
                .isZero();
        assertThat(source.size()).isEqualTo(3_000);
    }

    @Test
    void largeValuesComeInPieces() {
        Replica source = replica();
        Replica target = replica();
        BitSet slots = slots("t");
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        source.apply(NOW, 1, words("set")[0], words("{t}large")[0], large);
        for (int i = 0; i < 2_000; i++) {
            source.run("hset {t}hash field" + i + " " + HexFormat.of().formatHex(new byte[100]));
        }
        target.store.importBegin(ID, slots);
        target.store.slotsChanged(1, receiving(slots));
        SlotExport export = source.store.export(slots);
        int pieces = 0;
        while (!export.isSnapshotDone() || export.waitingBytes() > 0) {
            send(export, List.of(target), 64 * 1024);
            pieces++;
        }
        source.apply(NOW, 1, words("setrange {t}large 5 abc"));
        export.end();
        while (!send(export, List.of(target), 64 * 1024)) {
            pieces++;
        }
        assertThat(pieces).isGreaterThan(40);
        target.store.slotsChanged(2, ALL);
        assertThat(target.contents(slots)).isEqualTo(source.contents(slots));
        export.close();
    }

    @Test
    void aStepOfTheWalkCopiesNoMoreThanIsAskedForAndOneValue() {
        Replica source = replica();
        Replica target = replica();
        BitSet slots = slots("t");
        byte[] large = new byte[1 << 20];
        for (int i = 0; i < 40; i++) {
            large[0] = (byte) i;
            source.apply(NOW, 1, words("set")[0], words("{t}" + i)[0], large);
        }
        target.store.importBegin(ID, slots);
        target.store.slotsChanged(1, receiving(slots));
        SlotExport export = source.store.export(slots);
        long most = 0;
        for (int pieces = 0; !export.isSnapshotDone() || export.waitingBytes() > 0; pieces++) {
            send(export, List.of(target), 64 * 1024);
            most = Math.max(most, export.waitingBytes());
            if (pieces == 100) {
                most = Math.max(most, export.waitingBytes());
                source.run("del {t}1 {t}2 {t}3 {t}4 {t}5 {t}6 {t}7 {t}8");
                source.run("append {t}20 more");
            }
            if (pieces < 100) {
                assertThat(export.waitingBytes()).isLessThan(large.length + 128 * 1024);
            }
        }
        assertThat(most).as("what commands touch goes at once").isLessThan(12L * large.length);
        target.store.slotsChanged(2, ALL);
        assertThat(target.contents(slots)).isEqualTo(source.contents(slots)).hasSize(32);
        export.close();
    }

    /** SAFETY 17: what FLUSHALL at the source leaves is left at the target. */
    @Test
    void flushingTheSourceSparesTheMarksOfKeysThatMayBeElsewhere() {
        try (StoreReplica source = new StoreReplica();
                StoreReplica target = new StoreReplica()) {
            BitSet slots = slots("t");
            source.run("set {t}marked v");
            source.run("set {t}other v");
            source.mark("{t}marked");
            target.store.importBegin(ID, slots);
            target.store.slotsChanged(1, receiving(slots));
            SlotExport export = source.store.export(slots);
            byte[] piece = export.next(1 << 20);
            assertThat(export.isSnapshotDone()).isTrue();
            target.store.importBytes(ID, ByteBuffer.wrap(piece));
            assertThat(target.isMarked("{t}marked")).isTrue();
            source.run("flushall");
            target.store.importBytes(ID, ByteBuffer.wrap(export.next(1 << 20)));
            assertThat(target.has("{t}marked")).isFalse();
            assertThat(target.has("{t}other")).isFalse();
            assertThat(source.isMarked("{t}marked")).isTrue();
            assertThat(target.isMarked("{t}marked")).isTrue();
            export.close();
        }
    }

    /** The snapshot holds on to the part of a value; it is written while the rest comes. */
    @Test
    void aSnapshotHasThePartOfAValueThatHadCome() throws Exception {
        Replica source = replica();
        Replica target = replica();
        Replica young = replica();
        BitSet slots = slots("t");
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        source.apply(NOW, 1, words("set")[0], words("{t}large")[0], large);
        target.store.importBegin(ID, slots);
        target.store.slotsChanged(1, receiving(slots));
        SlotExport export = source.store.export(slots);
        for (int i = 0; i < 20; i++) {
            send(export, List.of(target), 64 * 1024);
        }
        Path to = Files.createDirectory(dir.resolve("part"));
        CountDownLatch done = new CountDownLatch(1);
        target.store.saveSnapshot(to, 5, failure -> {
            assertThat(failure).isNull();
            done.countDown();
        });
        List<byte[]> rest = new ArrayList<>();
        while (export.waitingBytes() > 0) {
            byte[] piece = export.next(64 * 1024);
            rest.add(piece);
            target.store.importBytes(ID, ByteBuffer.wrap(piece));
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(young.store.loadSnapshot(to)).isTrue();
        young.store.slotsChanged(5, receiving(slots));
        rest.forEach(piece -> young.store.importBytes(ID, ByteBuffer.wrap(piece)));
        for (Replica replica : List.of(target, young)) {
            replica.store.slotsChanged(6, ALL);
            assertThat(replica.contents(slots))
                    .isEqualTo(source.contents(slots))
                    .isNotEmpty();
        }
        export.close();
    }
}
