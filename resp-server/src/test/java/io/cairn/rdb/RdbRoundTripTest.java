package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the writer writes the reader loads; what is damaged it refuses. */
class RdbRoundTripTest {
    private final StringStore from = new StringStore();
    private final StringStore to = new StringStore();

    @BeforeEach
    void fill() {
        Random random = new Random(5);
        from.put(0, "empty", new byte[0], 0);
        from.put(0, "", "value of the empty key".getBytes(ISO_8859_1), 0);
        from.put(0, "12345", "6789".getBytes(ISO_8859_1), 0);
        from.put(0, "-99999999999", "00012".getBytes(ISO_8859_1), 0);
        from.put(0, "expires", "x".getBytes(ISO_8859_1), 5_000);
        from.put(0, "packed", "abcabcabcd".repeat(1000).getBytes(ISO_8859_1), 0);
        from.put(0, "same", new byte[300_000], 9_000);
        byte[] noise = new byte[2_000_000];
        random.nextBytes(noise);
        from.put(0, "noise", noise, 0);
        for (long number : new long[] {
            0,
            -1,
            127,
            -128,
            128,
            32_767,
            -32_769,
            65_536,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            1L << 31,
            Long.MIN_VALUE
        }) {
            from.putNumber(3, "number" + number, number);
        }
        for (int length = 0; length < 300; length++) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) random.nextInt(random.nextInt(3) + 1);
            }
            from.put(length % 4, "length" + length, bytes, length % 5 == 0 ? 10_000 + length : 0);
        }
    }

    @AfterEach
    void close() {
        from.close();
        to.close();
    }

    private byte[] write(boolean compression, ByteArrayOutputStream versions) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        VersionsWriter sidecar = new VersionsWriter(Channels.newChannel(versions));
        RdbWriter writer = new RdbWriter(Channels.newChannel(bytes), compression, sidecar);
        from.write(writer);
        sidecar.finish(from.keyspace.lastVersion());
        return bytes.toByteArray();
    }

    private void load(byte[] rdb, long skipExpiredAt) throws IOException {
        new RdbReader(StringStore.channel(rdb), to.keyspace, skipExpiredAt).load();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allComesBack(boolean compression) throws IOException {
        ByteArrayOutputStream versions = new ByteArrayOutputStream();
        byte[] rdb = write(compression, versions);
        VersionsReader sidecar = new VersionsReader(StringStore.channel(versions.toByteArray()));
        RdbReader reader = new RdbReader(StringStore.channel(rdb), to.keyspace, 0, sidecar);
        reader.load();
        assertThat(to.dump(true)).isEqualTo(from.dump(true));
        assertThat(to.keyspace.lastVersion()).isGreaterThanOrEqualTo(from.keyspace.lastVersion());
        assertThat(reader.aux("redis-bits")).isEqualTo("64");
        assertThat(reader.loaded()).isEqualTo(from.dump(true).size());
        assertThat(reader.offset()).isEqualTo(rdb.length);
        if (compression) {
            assertThat(rdb.length).isLessThan(2_200_000);
        }
    }

    @Test
    void functionLibrariesComeBackAsTheyWereWhenTheSnapshotBegan() throws IOException {
        byte[] text = "#!lua name=lib\nreturn \u00ff".getBytes(ISO_8859_1);
        from.keyspace.libraries().put("lib", text);
        from.keyspace.libraries().put("another", "#!lua name=another\n".getBytes(ISO_8859_1));
        load(write(true, new ByteArrayOutputStream()), 0);
        assertThat(to.keyspace.libraries().names()).containsExactly("another", "lib");
        assertThat(to.keyspace.libraries().text("lib")).isEqualTo(text);
        assertThat(to.dump(false)).isEqualTo(from.dump(false));
    }

    @Test
    void expiredKeysAreSkippedOnlyWhenAsked() throws IOException {
        byte[] rdb = write(true, new ByteArrayOutputStream());
        load(rdb, 9_000);
        assertThat(to.dump(false)).hasSize(from.dump(false).size() - 2).doesNotContainKeys("0/expires", "0/same");
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        from.clear();
        from.put(1, "key", "value".getBytes(ISO_8859_1), 77);
        from.put(1, "packed", "abc".repeat(100).getBytes(ISO_8859_1), 0);
        byte[] rdb = write(true, new ByteArrayOutputStream());
        for (int length = 0; length < rdb.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(rdb, length);
            assertThatThrownBy(() -> load(cut, 0)).as("cut at " + length).isInstanceOf(RdbException.class);
        }
        load(rdb, 0);
    }

    @Test
    void everyFlippedBitIsNoticedAndNoLengthIsTrusted() throws IOException {
        from.clear();
        from.put(1, "key", "value".getBytes(ISO_8859_1), 77);
        from.put(1, "packed", "abc".repeat(100).getBytes(ISO_8859_1), 0);
        byte[] rdb = write(true, new ByteArrayOutputStream());
        for (int i = 0; i < rdb.length * 8; i++) {
            byte[] flipped = rdb.clone();
            flipped[i / 8] ^= (byte) (1 << (i % 8));
            assertThatThrownBy(() -> load(flipped, 0)).as("bit " + i).isInstanceOf(RdbException.class);
        }
    }

    @Test
    void missingChecksumIsAccepted() throws IOException {
        byte[] rdb = write(true, new ByteArrayOutputStream());
        for (int i = 1; i <= 8; i++) {
            rdb[rdb.length - i] = 0;
        }
        load(rdb, 0);
        assertThat(to.dump(false)).isEqualTo(from.dump(false));
    }

    @Test
    void otherTypesAreNamedInTheError() {
        assertThatThrownBy(() -> load(("REDIS0010\u0007\u0005thing\u0081" + "\0".repeat(8)).getBytes(ISO_8859_1), 0))
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("key 'thing' is of the module type 'AAAAAAAAA', and modules are not supported");
        assertThatThrownBy(() -> load("REDIS0010\u00f5\u0001x".getBytes(ISO_8859_1), 0))
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("a function library: Missing library metadata");
        assertThatThrownBy(() -> load("REDIS0010\u00f6\u0001x".getBytes(ISO_8859_1), 0))
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("release candidate of Redis 7.0");
        assertThatThrownBy(() -> load("REDIS0099".getBytes(ISO_8859_1), 0))
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("99");
        assertThatThrownBy(() -> load("hello world".getBytes(ISO_8859_1), 0))
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("not an RDB file");
    }

    @Test
    void hostileLengthsTakeNoMemory() {
        for (String length : new String[] {
            "\u0080\u00ff\u00ff\u00ff\u00ff",
            "\u0081\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
            "\u0080\u001f\u0000\u0000\u0000"
        }) {
            assertThatThrownBy(() -> load(("REDIS0010\u0000" + length + "abc").getBytes(ISO_8859_1), 0))
                    .isInstanceOf(RdbException.class);
            assertThatThrownBy(() ->
                            load(("REDIS0010\u0000\u0001k\u00c3\u0004" + length + "abcd").getBytes(ISO_8859_1), 0))
                    .isInstanceOf(RdbException.class);
        }
    }

    @Test
    void damagedVersionsAreNoticed() throws IOException {
        ByteArrayOutputStream versions = new ByteArrayOutputStream();
        byte[] rdb = write(true, versions);
        byte[] sidecar = versions.toByteArray();
        sidecar[20] ^= 1;
        assertThatThrownBy(() -> new RdbReader(
                                StringStore.channel(rdb),
                                to.keyspace,
                                0,
                                new VersionsReader(StringStore.channel(sidecar)))
                        .load())
                .isInstanceOf(RdbException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void dumpedValuesAreRestored() throws IOException {
        Value view = new Value();
        for (String name : from.names(0)) {
            byte[] key = name.getBytes(ISO_8859_1);
            long at = Memory.allocate(key.length + 1L);
            Memory.copy(key, 0, at, key.length);
            assertThat(from.keyspace.database(0).find(at, key.length, 1, view)).isTrue();
            byte[] payload = DumpPayload.of(view, true);
            long native_ = Memory.allocate(payload.length);
            Memory.copy(payload, 0, native_, payload.length);
            assertThat(DumpPayload.verify(native_, payload.length)).isTrue();
            DumpPayload.restore(
                    native_, payload.length, to.keyspace.database(0), at, key.length, view.expireAt, to.keyspace);
            Memory.putByte(native_, (byte) (payload[0] ^ 1));
            assertThat(DumpPayload.verify(native_, payload.length)).isFalse();
            Memory.free(native_, payload.length);
            Memory.free(at, key.length + 1L);
        }
        from.keyspace.database(1).clear();
        from.keyspace.database(2).clear();
        from.keyspace.database(3).clear();
        assertThat(to.dump(false)).isEqualTo(from.dump(false));
    }

    @Test
    void checksumIsRedissOwn() {
        byte[] digits = "123456789".getBytes(ISO_8859_1);
        assertThat(Crc64.update(0, digits, 0, 9)).isEqualTo(0xe9c6d914c4b8d9caL);
        long at = Memory.allocate(9);
        Memory.copy(digits, 0, at, 9);
        assertThat(Crc64.update(0, at, 9)).isEqualTo(0xe9c6d914c4b8d9caL);
        Memory.free(at, 9);
    }

    @Test
    void onlyCanonicalLongsAreNumbers() {
        for (String text : new String[] {"0", "-1", "9223372036854775807", "-9223372036854775808", "10"}) {
            assertThat(number(text)).as(text).isEqualTo(Long.parseLong(text));
        }
        for (String text : new String[] {
            "",
            "-",
            "-0",
            "+1",
            "01",
            "1 ",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "1e3"
        }) {
            assertThat(number(text)).as(text).isNull();
        }
    }

    private static @org.jspecify.annotations.Nullable Long number(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        long at = Memory.allocate(32);
        Memory.copy(bytes, 0, at, bytes.length);
        Long result = Numbers.isNumber(at, bytes.length) ? Numbers.parse(at, bytes.length) : null;
        Memory.free(at, 32);
        return result;
    }
}
