package io.cairn.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordCodecTest {
    private static final long NOW = 1_795_219_200_000L;

    private final RecordWriter writer = new RecordWriter();
    private final ReceivedBlobs blobs = new ReceivedBlobs(64 << 20);
    private final RecordReader reader = new RecordReader(blobs);
    private final List<Long> allocated = new ArrayList<>();

    @Test
    void commandsComeBackAsTheyWereWritten() {
        writer.begin(NOW, 42);
        long firstSeed = writer.nextSeed();
        writer.command(NOW, 0, args("SET", "key", "value"));
        long secondSeed = writer.nextSeed();
        writer.command(NOW + 5, 3, args("del", "", "b"));
        DataLimits limits = new DataLimits(0, 1L << 40, 4096, 7);
        writer.limits(NOW, limits);
        writer.tick(NOW - 7);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.COMMAND);
        assertThat(texts(reader.args())).containsExactly("SET", "key", "value");
        assertThat(reader.timeMillis()).isEqualTo(NOW);
        assertThat(reader.seed()).isEqualTo(firstSeed).isNotEqualTo(secondSeed);
        assertThat(reader.database()).isZero();
        assertThat(reader.next()).isTrue();
        assertThat(texts(reader.args())).containsExactly("del", "", "b");
        assertThat(reader.timeMillis()).isEqualTo(NOW + 5);
        assertThat(reader.seed()).isEqualTo(secondSeed);
        assertThat(reader.database()).isEqualTo(3);
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.LIMITS);
        assertThat(reader.limits()).isEqualTo(limits);
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.TICK);
        assertThat(reader.timeMillis()).isEqualTo(NOW - 7);
        assertThat(reader.next()).isFalse();
        assertThat(reader.next()).isFalse();
    }

    @Test
    void aSetCostsLessThan25BytesBesideItsKeyAndValue() {
        writer.begin(NOW, -1);
        writer.command(NOW, 0, args("SET", "k".repeat(20), "v".repeat(100)));
        assertThat(writer.length() - 120).isLessThan(25);
    }

    @Test
    void aBlockCarriesWatchesAndCommands() {
        writer.begin(NOW, 7);
        writer.block(NOW, 2);
        writer.watch(0, new byte[] {1, 2}, 99);
        writer.watch(5, new byte[0], 0);
        writer.commands(2);
        writer.queued(0, args("INCR", "a"));
        writer.queued(9, args("GET", "b"));
        writer.command(NOW, 0, args("PING"));
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.BLOCK);
        long seed = reader.seed();
        assertThat(reader.watchCount()).isEqualTo(2);
        assertThat(reader.nextWatch()).isTrue();
        assertThat(Memory.bytes(reader.watchKey(), reader.watchKeyLength())).containsExactly(1, 2);
        assertThat(reader.watchVersion()).isEqualTo(99);
        assertThat(reader.nextCommand()).as("skips the other watch").isTrue();
        assertThat(texts(reader.args())).containsExactly("INCR", "a");
        assertThat(reader.seed()).isEqualTo(Seeds.derive(seed, 0));
        assertThat(reader.nextCommand()).isTrue();
        assertThat(reader.database()).isEqualTo(9);
        assertThat(reader.nextCommand()).isFalse();
        assertThat(reader.nextCommand()).isFalse();
        assertThat(reader.next()).isTrue();
        assertThat(texts(reader.args())).containsExactly("PING");
        assertThat(reader.next()).isFalse();
    }

    @Test
    void effectsAreABlockWithLimits() {
        DataLimits limits = new DataLimits(1, 2, 3, 1L << 33);
        writer.begin(NOW, 7);
        writer.effects(NOW + 2, limits, 1);
        writer.watch(0, new byte[] {1, 2}, 99);
        writer.commands(2);
        writer.queued(0, args("INCR", "a"));
        writer.queued(0, args("INCR", "b"));
        writer.tick(NOW);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.EFFECTS);
        assertThat(reader.limits()).isEqualTo(limits);
        assertThat(reader.timeMillis()).isEqualTo(NOW + 2);
        long seed = reader.seed();
        assertThat(reader.nextWatch()).isTrue();
        assertThat(reader.watchVersion()).isEqualTo(99);
        assertThat(reader.nextCommand()).isTrue();
        assertThat(reader.nextCommand()).isTrue();
        assertThat(texts(reader.args())).containsExactly("INCR", "b");
        assertThat(reader.seed()).isEqualTo(Seeds.derive(seed, 1));
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.TICK);
        assertThat(reader.next()).isFalse();
    }

    @Test
    void anEmptyBlockIsSkippedUnread() {
        writer.begin(NOW, 7);
        writer.block(NOW, 0);
        writer.commands(0);
        writer.tick(NOW);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.nextCommand()).isFalse();
        assertThat(reader.nextCommand()).isFalse();
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind()).isEqualTo(RecordKind.TICK);
    }

    @Test
    void aLargeArgumentIsSentAheadInChunksAndReferredTo() {
        int total = 3 * RecordFormat.CHUNK_BYTES + 17;
        long source = allocate(total);
        byte[] bytes = new byte[total];
        new Random(1).nextBytes(bytes);
        Memory.copy(bytes, 0, source, total);
        for (int offset = 0; offset < total; offset += RecordFormat.CHUNK_BYTES) {
            writer.begin(NOW, 1);
            writer.chunk(NOW, 77, offset, total, source + offset, Math.min(RecordFormat.CHUNK_BYTES, total - offset));
            reader.reset(writer.address(), writer.length());
            assertThat(reader.next()).isTrue();
            assertThat(reader.kind()).isEqualTo(RecordKind.CHUNK);
            blobs.accept(reader);
        }
        Args args = args("SET", "big");
        args.add(source, total);
        writer.begin(NOW, 1);
        writer.command(NOW, 0, args, new long[] {0, 0, 77});
        assertThat(writer.length()).isLessThan(50);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.args().bytes(2)).isEqualTo(bytes);
        assertThat(reader.args().block(2)).isNotNull();
        blobs.drop(77);
        assertThat(blobs.count()).isZero();
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.incomplete()).isTrue();
    }

    @Test
    void aBlobThatNoRecordRefersToIsDropped() {
        long source = allocate(RecordFormat.CHUNK_BYTES);
        writer.begin(NOW, 1);
        writer.chunk(NOW, 5, 0, RecordFormat.CHUNK_BYTES, source, RecordFormat.CHUNK_BYTES);
        writer.dropBlob(NOW, 5);
        writer.dropBlob(NOW, 6);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(blobs.accept(reader)).isTrue();
        assertThat(blobs.count()).isEqualTo(1);
        assertThat(reader.next()).isTrue();
        assertThat(blobs.accept(reader)).isFalse();
        assertThat(blobs.count()).isZero();
        assertThat(reader.next()).isTrue();
        assertThat(blobs.accept(reader)).isFalse();
        assertThat(reader.next()).isFalse();
    }

    @Test
    void aSmallBatchMayFollowALargeOne() {
        for (int round = 0; round < 50; round++) {
            writer.begin(NOW, 1);
            writer.command(NOW, 0, args("SET", "large", "x".repeat(3 << 20)));
            writer.begin(NOW, 1);
            writer.command(NOW, 0, args("SET", "small", "y"));
            int length = writer.length();
            writer.command(NOW, 0, args("SET", "taken", "back"));
            writer.rewind(length, 1);
            reader.reset(writer.address(), writer.length());
            assertThat(reader.next()).isTrue();
            assertThat(texts(reader.args())).containsExactly("SET", "small", "y");
            assertThat(reader.next()).isFalse();
        }
    }

    @Test
    void chunksThatWaitAreBounded() {
        long source = allocate(16);
        writer.begin(NOW, 1);
        writer.chunk(NOW, 1, 0, 65 << 20, source, 16);
        reader.reset(writer.address(), writer.length());
        assertThat(reader.next()).isTrue();
        assertThat(blobs.accept(reader)).isFalse();
        assertThat(blobs.count()).isZero();
    }

    @Test
    void everyCutAndEveryFlippedByteEndsInAClearException() {
        writer.begin(NOW, 42);
        writer.command(NOW + 1, 2, args("SET", "key", "value"));
        writer.block(NOW, 1);
        writer.watch(0, new byte[] {1}, 5);
        writer.commands(1);
        writer.queued(0, args("INCR", "a"));
        writer.chunk(NOW, 3, 0, 8, allocate(8), 8);
        int length = writer.length();
        long copy = allocate(length);
        Memory.copy(writer.address(), copy, length);
        for (int cut = 0; cut < length; cut++) {
            drain(copy, cut);
        }
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            Memory.copy(writer.address(), copy, length);
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                Memory.putByte(copy + random.nextInt(length), (byte) random.nextInt());
            }
            drain(copy, random.nextBoolean() ? length : random.nextInt(length + 1));
        }
    }

    @Test
    void randomBytesNeverReadOutOfBounds() {
        Random random = new Random(11);
        long memory = allocate(64);
        byte[] bytes = new byte[64];
        for (int i = 0; i < 50_000; i++) {
            random.nextBytes(bytes);
            bytes[0] = 1;
            Memory.copy(bytes, 0, memory, 64);
            drain(memory, random.nextInt(65));
        }
    }

    private void drain(long address, int length) {
        try {
            reader.reset(address, length);
            while (reader.next()) {
                switch (reader.kind()) {
                    case COMMAND -> within(reader.args(), address, length);
                    case BLOCK, EFFECTS -> {
                        while (reader.nextCommand()) {
                            within(reader.args(), address, length);
                        }
                    }
                    case TICK -> assertThat(reader.timeMillis()).isNotNegative();
                    case LIMITS -> assertThat(reader.limits().setIntegers()).isNotNegative();
                    case CHUNK ->
                        assertThat(reader.chunkAddress() + reader.chunkLength()).isLessThanOrEqualTo(address + length);
                }
            }
        } catch (RecordException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static void within(Args args, long address, int length) {
        for (int i = 0; i < args.count(); i++) {
            if (args.address(i) < address || args.address(i) + args.length(i) > address + length) {
                throw new AssertionError("argument outside of the batch");
            }
        }
    }

    private long allocate(int size) {
        long address = Memory.allocate(size);
        allocated.add(address);
        return address;
    }

    private Args args(String... texts) {
        Args args = new Args();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            long address = allocate(Math.max(1, bytes.length));
            Memory.copy(bytes, 0, address, bytes.length);
            args.add(address, bytes.length);
        }
        return args;
    }

    private static List<String> texts(Args args) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < args.count(); i++) {
            texts.add(args.text(i));
        }
        return texts;
    }
}
