package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the differential test cannot say: what counts as a change, exact expiries, where bytes live. */
class StringCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);

    @AfterEach
    void close() {
        redis.close();
    }

    private void assertReply(String line, String expected) {
        assertThat(redis.brief(line)).as(line).isEqualTo(expected);
    }

    private void assertUnchanged(String line, String expected) {
        assertReply(line, expected);
        assertThat(redis.changed).as(line + " changed something").isFalse();
    }

    private void assertChanged(String line, String expected) {
        assertReply(line, expected);
        assertThat(redis.changed).as(line + " changed something").isTrue();
    }

    @Test
    void setTakesEveryOption() {
        assertChanged("set k v", "+OK");
        assertUnchanged("set k w nx", "$-1");
        assertChanged("set k w xx get", "$1 v");
        assertUnchanged("set other w xx", "$-1");
        assertUnchanged("set k x nx get", "$1 w");
        assertChanged("set n x nx get", "$-1");
        assertChanged("set k 10 ex 100", "+OK");
        assertReply("pttl k", ":100000");
        assertChanged("set k 11 keepttl", "+OK");
        assertReply("pttl k", ":100000");
        assertChanged("set k 12", "+OK");
        assertReply("pttl k", ":-1");
        assertReply("set k v px 1500", "+OK");
        assertReply("pexpiretime k", ":" + (redis.now + 1500));
        assertReply("set k v exat 2000000000", "+OK");
        assertReply("pexpiretime k", ":2000000000000");
        assertReply("set k v pxat 2000000000001", "+OK");
        assertReply("pexpiretime k", ":2000000000001");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set k v nx xx",
                "set k v ex 1 px 1",
                "set k v ex 1 keepttl",
                "set k v keepttl exat 1",
                "set k v ex",
                "set k v persist",
                "set k v foo",
                "getex k nx",
                "getex k keepttl",
                "getex k persist ex 1",
                "getex k ex 1 persist"
            })
    void contradictoryOptionsAreASyntaxError(String line) {
        assertUnchanged(line, "-ERR syntax error");
    }

    @Test
    void expiriesOutOfRangeAreRefusedByName() {
        assertUnchanged("set k v ex 0", "-ERR invalid expire time in 'set' command");
        assertUnchanged("set k v ex -1", "-ERR invalid expire time in 'set' command");
        assertUnchanged("set k v ex 9223372036854775807", "-ERR invalid expire time in 'set' command");
        assertUnchanged("set k v px 9223372036854775807", "-ERR invalid expire time in 'set' command");
        assertUnchanged("set k v px x", "-ERR value is not an integer or out of range");
        assertUnchanged("setex k 0 v", "-ERR invalid expire time in 'setex' command");
        assertUnchanged("psetex k 0 v", "-ERR invalid expire time in 'psetex' command");
        redis.run("set k v");
        assertUnchanged("getex k ex 0", "-ERR invalid expire time in 'getex' command");
        assertUnchanged("getex absent ex 0", "$-1");
    }

    @Test
    void aKeyIsAbsentFromItsExpiryOn() {
        redis.run("set k v px 10");
        redis.now += 9;
        assertReply("get k", "$1 v");
        redis.now += 1;
        assertReply("get k", "$-1");
        assertChanged("setnx k w", ":1");
        assertReply("pttl k", ":-1");
    }

    @Test
    void getAndItsKinAnswerTheOldValue() {
        assertChanged("getset k a", "$-1");
        assertChanged("getset k b", "$1 a");
        assertUnchanged("getex k", "$1 b");
        assertChanged("getex k px 50", "$1 b");
        assertReply("pttl k", ":50");
        assertChanged("getex k persist", "$1 b");
        assertUnchanged("getex k persist", "$1 b");
        assertChanged("getex k exat 1", "$1 b");
        assertUnchanged("get k", "$-1");
        redis.run("set k c");
        assertChanged("getdel k", "$1 c");
        assertUnchanged("getdel k", "$-1");
    }

    @Test
    void severalKeysAtOnce() {
        assertChanged("mset a 1 b 2 a 3", "+OK");
        assertReply("mget a b c", "*3 $1 3 $1 2 $-1");
        assertUnchanged("mset a 1 b", "-ERR wrong number of arguments for 'mset' command");
        assertUnchanged("msetnx a", "-ERR wrong number of arguments for 'msetnx' command");
        assertUnchanged("msetnx c 1 b 1", ":0");
        assertUnchanged("exists c", ":0");
        assertChanged("msetnx c 1 d 1", ":1");
    }

    @Test
    void aCanonicalNumberIsKeptAsOne() {
        redis.run("set k 12");
        assertReply("object encoding k", "$3 int");
        redis.run("set k 012");
        assertReply("object encoding k", "$6 embstr");
        assertReply("get k", "$3 012");
    }

    @Test
    void aValueInABlockIsTakenOverWithoutACopy() {
        Args args = new Args();
        Call call = new Call(redis.keyspace, args, new ReplyBytes(false));
        NativeBlock block = NativeBlock.allocate(100_000);
        try (NativeText words = new NativeText("setk")) {
            args.add(words.address(), 3);
            args.add(words.address() + 3, 1);
            args.add(block, 100_000);
            redis.keyspace.lockAll();
            call.begin(0, redis.now, 1, new ReplyBytes(false));
            Handler set = redis.table.command(redis.table.find(args)).data();
            assertThat(set).isNotNull();
            set.run(call);
            Value value = new Value();
            assertThat(call.database().find(words.address() + 3, 1, redis.now, value))
                    .isTrue();
            assertThat(value.block).isSameAs(block);
            assertThat(block.shared()).isTrue();
            redis.keyspace.unlockAll();
        }
        block.release();
        assertReply("strlen k", ":100000");
    }

    @Test
    void copiesShareTheBlockUntilOneIsChanged() {
        byte[] large = new byte[50_000];
        redis.run(List.of(bytes("set"), bytes("a"), large));
        assertChanged("copy a b", ":1");
        assertReply("append b x", ":50001");
        assertReply("strlen a", ":50000");
        assertReply("rename b c", "+OK");
        assertReply("getrange c 49999 -1", "$2 \0x");
    }

    @Test
    void hitsAndMissesAreCountedByReadsOnly() {
        Args args = new Args();
        Call call = new Call(redis.keyspace, args, new ReplyBytes(false));
        try (NativeText key = new NativeText("k")) {
            args.add(key.address(), 1);
            redis.keyspace.lockAll();
            call.begin(0, redis.now, 1, new ReplyBytes(false));
            assertThat(call.find(0, call.value)).isFalse();
            assertThat(StringCommands.find(call, 0)).isFalse();
            redis.keyspace.unlockAll();
        }
        assertThat(call.misses()).isEqualTo(1);
        assertThat(call.hits()).isZero();
    }

    @Test
    void bytesGoThroughUnharmed() {
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        redis.run(List.of(bytes("SET"), all, all));
        String reply = redis.run(List.of(bytes("GeT"), all));
        assertThat(reply).startsWith("$256\r\n").hasSize(256 + 8);
        assertThat(reply.charAt(6 + 255)).isEqualTo((char) 255);
    }

    private static byte[] bytes(String text) {
        try (NativeText nativeText = new NativeText(text)) {
            return Memory.bytes(nativeText.address(), nativeText.length);
        }
    }
}
