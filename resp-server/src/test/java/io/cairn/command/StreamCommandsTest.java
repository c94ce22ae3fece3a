package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.rdb.Crc64;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the comparison with redis-server cannot show of streams: ids of the clock, what counts as a change, events, replicas, damaged payloads. */
class StreamCommandsTest {
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
    void aStarIsTheTimeOfTheCall() {
        assertChanged("xadd s * f v", "$15 1700000000000-0");
        assertChanged("xadd s * f v", "$15 1700000000000-1");
        redis.now--;
        assertChanged("xadd s * f v", "$15 1700000000000-2");
        redis.now += 5;
        assertChanged("xadd s * f v", "$15 1700000000004-0");
        assertChanged("xadd s 1700000000005-* f v", "$15 1700000000005-0");
        assertChanged("xsetid s 1700000000005-18446744073709551615", "+OK");
        assertChanged("xadd s * f v", "$15 1700000000006-0");
        assertChanged("xsetid s 1700000000006-18446744073709551615", "+OK");
        assertUnchanged(
                "xadd s 1700000000006-* f v",
                "-ERR The ID specified in XADD is equal or smaller than the target stream top item");
        assertChanged("xsetid s 18446744073709551615-18446744073709551615", "+OK");
        assertUnchanged("xadd s * f v", "-ERR The stream has exhausted the last possible ID, unable to add more items");
    }

    @Test
    void onlyWhatHasAnEffectIsAChange() {
        assertUnchanged("xadd s nomkstream 1 f v", "$-1");
        assertChanged("xadd s 1 f v", "$3 1-0");
        assertUnchanged("xdel s 2", ":0");
        assertUnchanged("xtrim s maxlen 1", ":0");
        assertUnchanged("xtrim s minid ~ 1", ":0");
        assertUnchanged("xack s g 1", ":0");
        assertChanged("xgroup create s g 0", "+OK");
        assertUnchanged("xgroup create s g 0", "-BUSYGROUP Consumer Group name already exists");
        assertUnchanged("xack s g 1", ":0");
        assertUnchanged("xclaim s g c 0 1", "*0");
        assertUnchanged("xautoclaim s g c 0 0", "*3 $3 0-0 *0 *0");
        assertChanged("xreadgroup group g c streams s 0", "*1 *2 $1 s *0");
        assertUnchanged("xgroup createconsumer s g c", ":0");
        assertChanged("xreadgroup group g c streams s >", "*1 *2 $1 s *1 *2 $3 1-0 *2 $1 f $1 v");
        assertUnchanged("xreadgroup group g c streams s >", "*-1");
        assertUnchanged("xreadgroup group g c block 1000 streams s >", "*-1");
        assertUnchanged("xread block 0 streams s $", "*-1");
        assertUnchanged("xclaim s g c 10 1", "*0");
        assertChanged("xclaim s g c 0 1 lastid 7", "*1 *2 $3 1-0 *2 $1 f $1 v");
        assertChanged("xdel s 1", ":1");
        assertChanged("xautoclaim s g c 0 0", "*3 $3 0-0 *0 *1 $3 1-0");
        assertUnchanged("xgroup delconsumer s g d", ":0");
        assertUnchanged("xgroup destroy s h", ":0");
        assertReply("exists s", ":1");
        assertReply("object encoding s", "$6 stream");
    }

    @Test
    void anExpiryStaysAsItIs() {
        assertReply("xadd s 1 f v", "$3 1-0");
        assertReply("pexpire s 5000", ":1");
        assertReply("xadd s 2 f v", "$3 2-0");
        assertReply("xgroup create s g 0", "+OK");
        assertReply("pttl s", ":5000");
    }

    @Test
    void eventsAreThoseOfRedis() {
        List<String> events = new ArrayList<>();
        Args args = new Args();
        Call call = new Call(redis.keyspace, args, new ReplyBytes(false));
        call.listener((database, type, event, key, length) -> events.add(
                type + " " + event + " " + new String(Memory.bytes(key, length), StandardCharsets.ISO_8859_1)));
        for (String line : List.of(
                "xadd s maxlen 0 1 f v",
                "xadd s 2 f v",
                "xdel s 7",
                "xdel s 2",
                "xadd s 3 f v",
                "xtrim s maxlen 5",
                "xtrim s maxlen 0",
                "xsetid s 9",
                "xadd s 10 f v",
                "xgroup create s g 0",
                "xgroup create t g 0 mkstream",
                "xreadgroup group g c streams s >",
                "xreadgroup group g c streams s >",
                "xack s g 10",
                "xclaim s g d 0 10 force",
                "xautoclaim s g e 0 0",
                "xgroup createconsumer s g f",
                "xgroup setid s g 0",
                "xgroup delconsumer s g f",
                "xgroup destroy s g")) {
            run(call, line);
        }
        assertThat(events)
                .containsExactly(
                        "n new s",
                        "t xadd s",
                        "t xtrim s",
                        "t xadd s",
                        "t xdel s",
                        "t xadd s",
                        "t xtrim s",
                        "t xsetid s",
                        "t xadd s",
                        "t xgroup-create s",
                        "n new t",
                        "t xgroup-create t",
                        "t xgroup-createconsumer s",
                        "t xgroup-createconsumer s",
                        "t xgroup-createconsumer s",
                        "t xgroup-createconsumer s",
                        "t xgroup-setid s",
                        "t xgroup-delconsumer s",
                        "t xgroup-destroy s");
    }

    /** Runs a line with a call of the test's own. */
    private void run(Call call, String line) {
        String[] words = line.split(" ");
        long at = Memory.allocate(4096);
        try {
            Args args = call.args;
            args.clear();
            long next = at;
            for (String word : words) {
                byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
                Memory.copy(bytes, 0, next, bytes.length);
                args.add(next, bytes.length);
                next += bytes.length;
            }
            ReplyBytes reply = new ReplyBytes(false);
            redis.keyspace.lockAll();
            try {
                call.begin(0, redis.now, 1, reply);
                Handler handler = redis.table.command(redis.table.find(args)).data();
                assertThat(handler).as(line).isNotNull();
                handler.run(call);
            } finally {
                redis.keyspace.unlockAll();
            }
            assertThat(reply.take()).as(line).doesNotStartWith("-");
        } finally {
            Memory.free(at, 4096);
        }
    }

    /** The same commands, in one of two keyspaces with a snapshot and its loading now and then and with other settings, give the same replies. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void replicasAgree(long seed) {
        Random random = new Random(seed);
        RandomArguments arguments = new RandomArguments(random, 3, List.of());
        try (CommandHarness other = new CommandHarness(false)) {
            for (int i = 0; i < 8000; i++) {
                String template = StreamTemplates.LINES.get(random.nextInt(StreamTemplates.LINES.size()));
                List<byte[]> words = CommandTemplate.expand(template, random, arguments::get);
                redis.now += random.nextInt(40_000);
                other.now = redis.now;
                String expected = redis.run(words);
                assertThat(other.run(words)).as(template).isEqualTo(expected);
                if (!expected.startsWith("-")) {
                    assertThat(other.changed).as(template).isEqualTo(redis.changed);
                }
                if (i % 300 == 0) {
                    StreamTemplates.KEYS.forEach(key -> reload(other, key));
                }
            }
            for (String key : StreamTemplates.KEYS) {
                assertThat(other.run("xinfo stream " + key + " full count 0"))
                        .isEqualTo(redis.run("xinfo stream " + key + " full count 0"));
            }
        }
    }

    private static void reload(CommandHarness harness, String key) {
        String dumped = harness.run("dump " + key);
        if (!dumped.equals("$-1\r\n")) {
            String ttl = harness.brief("pttl " + key).substring(1);
            String payload = dumped.substring(dumped.indexOf("\r\n") + 2, dumped.length() - 2);
            assertThat(harness.runWords("restore", key, ttl.startsWith("-") ? "0" : ttl, payload, "replace"))
                    .isEqualTo("+OK\r\n");
        }
    }

    /** Payloads that are damaged at some bytes, with a right checksum: they are refused, or are streams that every command can work on. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aDamagedPayloadDoesNoHarm(long seed) {
        Random random = new Random(seed);
        for (int i = 1; i < 130; i++) {
            redis.run("xadd s " + i + " f " + (i % 3 == 0 ? "x".repeat(i) : i) + " g " + -i);
        }
        redis.run("xadd s 500 other field");
        redis.run("xdel s 7 8 500");
        redis.run("xadd s 501 other field f v");
        redis.run("xgroup create s g0 0");
        redis.run("xreadgroup group g0 c0 count 5 streams s >");
        redis.run("xreadgroup group g0 c1 count 5 streams s >");
        redis.run("xgroup create s g1 5");
        String dumped = redis.run("dump s");
        byte[] whole = dumped.substring(dumped.indexOf("\r\n") + 2, dumped.length() - 2)
                .getBytes(StandardCharsets.ISO_8859_1);
        int accepted = 0;
        int refused = 0;
        for (int i = 0; i < 1500; i++) {
            byte[] payload = damage(random, whole);
            List<byte[]> words = new ArrayList<>();
            for (String word : List.of("restore", "d", "0")) {
                words.add(word.getBytes(StandardCharsets.ISO_8859_1));
            }
            words.add(payload);
            String reply = redis.run(words);
            if (reply.equals("+OK\r\n")) {
                accepted++;
                useAll();
            } else {
                refused++;
                assertThat(reply).isEqualTo("-ERR Bad data format\r\n");
                assertThat(redis.brief("exists d")).isEqualTo(":0");
            }
        }
        assertThat(accepted).isGreaterThan(20);
        assertThat(refused).isGreaterThan(200);
    }

    private static byte[] damage(Random random, byte[] whole) {
        int body = whole.length - 8;
        byte[] payload = whole.clone();
        if (random.nextInt(10) == 0) {
            int cut = 1 + random.nextInt(body - 3);
            payload = Arrays.copyOf(whole, whole.length - cut);
            body -= cut;
            payload[body - 2] = whole[whole.length - 10];
            payload[body - 1] = 0;
        } else {
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                // The type stays, and so does the version behind the body.
                int at = 1 + random.nextInt(random.nextInt(3) == 0 ? Math.min(60, body - 3) : body - 3);
                payload[at] = (byte) (random.nextBoolean() ? payload[at] + 1 : random.nextInt(256));
            }
        }
        long crc = Crc64.update(0, payload, 0, body);
        for (int i = 0; i < 8; i++) {
            payload[body + i] = (byte) (crc >>> (8 * i));
        }
        return payload;
    }

    private void useAll() {
        for (String line : List.of(
                "xinfo stream d full count 0",
                "xinfo stream d",
                "xrange d - +",
                "xrevrange d + -",
                "xrange d 100 120",
                "xreadgroup group g0 c1 streams d 0",
                "xreadgroup group g0 c1 streams d >",
                "xautoclaim d g0 c2 0 0",
                "xpending d g0 - + 1000",
                "xdel d 1 2 3 50 51 501",
                "xtrim d minid 60",
                "xadd d * f v",
                "xadd d * f v g w",
                "copy d e replace",
                "xinfo stream e full",
                "xgroup delconsumer d g0 c1",
                "xtrim d maxlen ~ 5",
                "xtrim d maxlen 3",
                "xrange d - +",
                "xtrim d maxlen 0",
                "xrevrange d + -",
                "del d")) {
            String reply = redis.run(line);
            assertThat(reply).as(line).isNotEmpty();
        }
    }
}
