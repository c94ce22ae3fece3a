package io.cairn.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The forms of streams that redis-server 7.0 does not write, and what is refused. */
class StreamRdbTest {
    private static final byte[] GROUP = "group".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CONSUMER = "consumer".getBytes(StandardCharsets.US_ASCII);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final RdbOutput out = new RdbOutput(Channels.newChannel(bytes), false);
    private final StringStore store = new StringStore();

    @AfterEach
    void close() {
        store.close();
    }

    /** A node of id 7-0 with entries 7-0 and 7-1. */
    private void putNode() throws IOException {
        out.putLength(1);
        putNodeAlone();
    }

    private void putNodeAlone() throws IOException {
        out.putLength(16);
        putId(7, 0);
        try (ListpackBuilder node = new ListpackBuilder()) {
            for (long element : new long[] {2, 0, 1, 100, 0, 2, 0, 0, 1, 4, 2, 0, 1, 1, 4}) {
                node.append(element);
            }
            out.putString(node.address(), node.bytes());
        }
    }

    private void putId(long ms, long sequence) throws IOException {
        out.putLongLittleEndian(Long.reverseBytes(ms));
        out.putLongLittleEndian(Long.reverseBytes(sequence));
    }

    private void putName(byte[] name) throws IOException {
        out.putLength(name.length);
        out.putBytes(name);
    }

    private void putLengths(long... lengths) throws IOException {
        for (long length : lengths) {
            out.putLength(length);
        }
    }

    private void read(int type) throws IOException {
        out.flush();
        byte[] input = bytes.toByteArray();
        long at = Memory.allocate(input.length + 8L);
        try (RdbString string = new RdbString()) {
            Memory.copy(input, 0, at, input.length);
            RdbInput in = new RdbInput(at, input.length);
            store.keyspace.lockAll();
            try (LoadedValue value = RdbTypes.read(type, in, string, new EncodingLimits(), 512)) {
                assertThat(in.atEnd()).isTrue();
                value.store(store.keyspace.database(0), at, 1, 0);
                Value found = new Value();
                store.keyspace.database(0).find(at, 1, 0, found);
                loaded = (StreamObject) Objects.requireNonNull(found.object);
            } finally {
                store.keyspace.unlockAll();
            }
        } finally {
            Memory.free(at, input.length + 8L);
        }
    }

    private StreamObject loaded = new StreamObject();

    private void putGroup(boolean offset, boolean active) throws IOException {
        out.putLength(1);
        putName(GROUP);
        putLengths(7, 1);
        if (offset) {
            out.putLength(2);
        }
        out.putLength(1);
        putId(7, 1);
        out.putLongLittleEndian(1234);
        out.putLength(3);
        out.putLength(1);
        putName(CONSUMER);
        out.putLongLittleEndian(5678);
        if (active) {
            out.putLongLittleEndian(-1);
        }
        out.putLength(1);
        putId(7, 1);
    }

    private void isWhole() {
        assertThat(loaded.elements()).isEqualTo(2);
        assertThat(loaded.first()).hasToString("7-0");
        assertThat(loaded.last()).hasToString("9-0");
        assertThat(loaded.entriesAdded()).isEqualTo(2);
        StreamGroup group = Objects.requireNonNull(loaded.group(GROUP));
        assertThat(group.last()).hasToString("7-1");
        assertThat(group.pending()).isEqualTo(1);
        assertThat(Objects.requireNonNull(group.consumer(CONSUMER)).seen()).isEqualTo(5678);
        assertThat(loaded.contains(new StreamId(7, 1))).isTrue();
    }

    @Test
    void theFirstFormHasNoFiguresOfThePast() throws IOException {
        putNode();
        putLengths(2, 9, 0);
        putGroup(false, false);
        read(RdbFormat.TYPE_STREAM_LISTPACKS);
        isWhole();
        assertThat(Objects.requireNonNull(loaded.group(GROUP)).entriesRead()).isEqualTo(StreamGroup.UNKNOWN);
    }

    @Test
    void theThirdFormHasATimeMore() throws IOException {
        putNode();
        putLengths(2, 9, 0, 7, 0, 0, 0, 2);
        putGroup(true, true);
        read(RdbFormat.TYPE_STREAM_LISTPACKS_3);
        isWhole();
        assertThat(Objects.requireNonNull(loaded.group(GROUP)).entriesRead()).isEqualTo(2);
    }

    private void isRefused() {
        assertThatThrownBy(() -> read(RdbFormat.TYPE_STREAM_LISTPACKS_2)).isInstanceOf(RdbException.class);
    }

    @Test
    void aNodeThatIsThereTwiceIsRefused() throws IOException {
        out.putLength(2);
        putNodeAlone();
        putNodeAlone();
        putLengths(4, 9, 0, 7, 0, 0, 0, 4, 0);
        isRefused();
    }

    @Test
    void aWrongLengthIsRefused() throws IOException {
        putNode();
        putLengths(3, 9, 0, 7, 0, 0, 0, 2, 0);
        isRefused();
    }

    @Test
    void aPendingEntryWithoutAConsumerIsRefused() throws IOException {
        putNode();
        putLengths(2, 9, 0, 7, 0, 0, 0, 2, 1);
        putName(GROUP);
        putLengths(0, 0, 0, 1);
        putId(7, 1);
        out.putLongLittleEndian(0);
        putLengths(1, 0);
        isRefused();
    }

    @Test
    void aConsumerWithAnEntryThatIsNotPendingIsRefused() throws IOException {
        putNode();
        putLengths(2, 9, 0, 7, 0, 0, 0, 2, 1);
        putName(GROUP);
        putLengths(0, 0, 0, 0, 1);
        putName(CONSUMER);
        out.putLongLittleEndian(0);
        out.putLength(1);
        putId(7, 1);
        isRefused();
    }

    @Test
    void hugeNumbersOfWhatDoesNotComeAreRefused() throws IOException {
        out.putLength(-1);
        isRefused();
    }
}
