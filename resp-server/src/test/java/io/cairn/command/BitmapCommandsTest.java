package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the differential test cannot say: what counts as a change, long strings, memory that is shared, and Valkey's conditions. */
class BitmapCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);

    @AfterEach
    void close() {
        redis.close();
    }

    private void assertUnchanged(String line, String expected) {
        assertThat(redis.brief(line)).as(line).isEqualTo(expected);
        assertThat(redis.changed).as(line + " changed something").isFalse();
    }

    private void assertChanged(String line, String expected) {
        assertThat(redis.brief(line)).as(line).isEqualTo(expected);
        assertThat(redis.changed).as(line + " changed something").isTrue();
    }

    private long version(String key) {
        byte[] bytes = key.getBytes(StandardCharsets.ISO_8859_1);
        io.cairn.keyspace.NativeBlock block = io.cairn.keyspace.NativeBlock.allocate(bytes.length);
        io.cairn.keyspace.Memory.copy(bytes, 0, block.address(), bytes.length);
        try {
            return redis.keyspace.database(0).version(block.address(), bytes.length, redis.now);
        } finally {
            block.release();
        }
    }

    @Test
    void aBitThatIsSetAlreadyIsNoChangeToWatchers() {
        redis.run("set k 7 ex 100");
        long before = version("k");
        assertUnchanged("setbit k 0 0", ":0");
        assertThat(version("k")).isEqualTo(before);
        assertThat(redis.brief("object encoding k")).isEqualTo("$3 raw");
        assertThat(redis.brief("pttl k")).isEqualTo(":100000");
        assertUnchanged("bitfield k set u8 0 55", "*1 :55");
        assertThat(version("k")).isEqualTo(before);
        assertChanged("setbit k 0 1", ":0");
        assertThat(version("k")).isNotEqualTo(before);
        assertThat(redis.brief("pttl k")).isEqualTo(":100000");
        assertChanged("setbit k 99 0", ":0");
        assertUnchanged("getbit k 99", ":0");
    }

    @Test
    void aFieldThatFailsMakesRoomNevertheless() {
        assertChanged("bitfield k overflow fail incrby u2 0 9", "*1 $-1");
        assertThat(redis.brief("strlen k")).isEqualTo(":1");
        assertUnchanged("bitfield k overflow fail incrby u2 0 9", "*1 $-1");
    }

    @Test
    void bitsOfALongStringAreChangedInPlace() {
        assertChanged("setbit k 8000000 1", ":0");
        assertThat(redis.brief("bitcount k")).isEqualTo(":1");
        assertThat(redis.brief("bitpos k 1")).isEqualTo(":8000000");
        assertThat(redis.brief("bitpos k 0 -1")).isEqualTo(":8000001");
        redis.run("rename k l");
        redis.run("copy l k");
        assertChanged("setbit k 3 1", ":0");
        assertThat(redis.brief("bitcount l")).as("the copy shares nothing").isEqualTo(":1");
        assertChanged("bitop xor d k l", ":1000001");
        assertThat(redis.brief("bitpos d 1")).isEqualTo(":3");
        assertThat(redis.brief("bitcount d")).isEqualTo(":1");
        assertChanged("bitop and d d none", ":1000001");
        assertThat(redis.brief("bitcount d")).isEqualTo(":0");
        assertChanged("bitop not d d", ":1000001");
        assertThat(redis.brief("bitcount d")).isEqualTo(":8000008");
    }

    @Test
    void theEndOfTheLongestStringCanBeReached() {
        assertUnchanged("setbit k 4294967296 1", "-ERR bit offset is not an integer or out of range");
        assertUnchanged("getbit k 4294967295", ":0");
        assertUnchanged("bitfield k get u63 4294967295", "*1 :0");
        assertUnchanged(
                "bitfield k get u64 0",
                "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is"
                        + " not supported but i64 is.");
    }

    @Test
    void operationsOfAllLengthsAreThoseOfTheBytes() {
        Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            byte[] a = new byte[random.nextInt(60)];
            byte[] b = new byte[random.nextInt(60)];
            random.nextBytes(a);
            random.nextBytes(b);
            redis.run(List.of(bytes("set"), bytes("a"), a));
            redis.run(List.of(bytes("set"), bytes("b"), b));
            int length = Math.max(a.length, b.length);
            for (String operation : List.of("and", "or", "xor")) {
                byte[] expected = new byte[length];
                for (int i = 0; i < length; i++) {
                    int x = i < a.length ? a[i] : 0;
                    int y = i < b.length ? b[i] : 0;
                    expected[i] = (byte) (operation.equals("and") ? x & y : operation.equals("or") ? x | y : x ^ y);
                }
                assertThat(redis.brief("bitop " + operation + " c a b")).isEqualTo(":" + length);
                String text = new String(expected, StandardCharsets.ISO_8859_1);
                assertThat(redis.run("get c"))
                        .isEqualTo(length == 0 ? "$-1\r\n" : "$" + length + "\r\n" + text + "\r\n");
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void setIfEqual() {
        assertUnchanged("set k v ifeq x", "$-1");
        assertUnchanged("set k v ifeq x get", "$-1");
        redis.run("set k 12 ex 100");
        assertUnchanged("set k v ifeq 1", "$-1");
        assertUnchanged("set k v ifeq 1 get", "$2 12");
        assertChanged("set k v ifeq 12 keepttl", "+OK");
        assertThat(redis.brief("ttl k")).isEqualTo(":100");
        assertChanged("set k longer-than-eight IFEQ v get ex 50", "$1 v");
        assertThat(redis.brief("ttl k")).isEqualTo(":50");
        assertUnchanged("set k v ifeq longer-than-eighd", "$-1");
        assertChanged("set k v ifeq longer-than-eight", "+OK");
        assertThat(redis.brief("ttl k")).isEqualTo(":-1");
        for (String wrong : List.of("ifeq", "nx ifeq v", "ifeq v xx", "ifeq v ifeq v", "ifeq v nx")) {
            assertUnchanged("set k w " + wrong, "-ERR syntax error");
        }
        redis.run("rpush l a");
        assertUnchanged("set l w ifeq a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    @Test
    void deleteIfEqual() {
        assertUnchanged("delifeq k v", ":0");
        redis.run("set k 12");
        assertUnchanged("delifeq k 1", ":0");
        assertChanged("delifeq k 12", ":1");
        assertThat(redis.brief("exists k")).isEqualTo(":0");
        redis.run("rpush l a");
        assertUnchanged("delifeq l a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
        assertUnchanged("delifeq k", "-ERR wrong number of arguments for 'delifeq' command");
    }
}
