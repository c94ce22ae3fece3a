package io.cairn.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a comparison of replies with Redis cannot show of hashes: changes, events, expiries, forms. */
class HashCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);
    /** What happened to keys: "h hset key". */
    private final List<String> events = new ArrayList<>();

    @BeforeEach
    void listen() {
        redis.listener((database, type, event, key, length) -> {
            // Those of new and of missed keys come by themselves, see KeyEventsIT.
            if (type != 'n' && type != 'm') {
                events.add(type + " " + event + " " + new String(Memory.bytes(key, length), US_ASCII));
            }
        });
    }

    @AfterEach
    void close() {
        redis.close();
    }

    private void assertReply(String line, String expected) {
        assertThat(redis.brief(line)).as(line).isEqualTo(expected);
    }

    private void assertUnchanged(String line, String expected) {
        assertEvents(line, expected);
        assertThat(redis.changed).as(line + " changed something").isFalse();
    }

    private void assertEvents(String line, String expected, String... expectedEvents) {
        events.clear();
        assertReply(line, expected);
        assertThat(events).as(line).containsExactly(expectedEvents);
    }

    @Test
    void changesAndEventsAreRediss() {
        assertEvents("hset h a 1 b 2", ":2", "h hset h");
        assertThat(redis.changed).isTrue();
        assertEvents("hset h a 1", ":0", "h hset h");
        assertThat(redis.changed).as("as Redis counts it").isTrue();
        assertUnchanged("hsetnx h a 9", ":0");
        assertEvents("hsetnx h c 3", ":1", "h hset h");
        assertEvents("hincrby h a 4", ":5", "h hincrby h");
        assertEvents("hincrbyfloat h a 0.5", "$3 5.5", "h hincrbyfloat h");
        assertUnchanged("hincrby h a 1", "-ERR hash value is not an integer");
        assertUnchanged("hdel h none", ":0");
        assertUnchanged("hdel none a", ":0");
        assertEvents("hdel h a none", ":1", "h hdel h");
        assertEvents("hdel h b c b", ":2", "h hdel h", "g del h");
        assertReply("exists h", ":0");
        assertUnchanged("hset h a", "-ERR wrong number of arguments for 'hset' command");
        assertUnchanged("hset h a 1 b", "-ERR wrong number of arguments for 'hset' command");
        assertUnchanged("hmset h a 1 b", "-ERR wrong number of arguments for 'hmset' command");
        assertUnchanged("hincrbyfloat h a inf", "-ERR value is NaN or Infinity");
        assertReply("exists h", ":0");
    }

    @Test
    void everyChangeKeepsTheExpiry() {
        for (int large = 0; large < 2; large++) {
            redis.run("del h");
            redis.run("hset h a 1 b " + "x".repeat(large * 100));
            redis.run("pexpire h 5000");
            for (String line :
                    List.of("hset h c 1", "hsetnx h d 1", "hincrby h a 1", "hincrbyfloat h a 1", "hdel h c")) {
                redis.run(line);
                assertReply("pttl h", ":5000");
            }
            assertReply("object encoding h", large == 0 ? "$8 listpack" : "$9 hashtable");
        }
    }

    @Test
    void theLimitsDecideTheFormAsInRedis() {
        redis.keyspace.encodingLimits().hashEntries = 3;
        redis.run("hset h a 1 b 2 c 3");
        assertReply("object encoding h", "$8 listpack");
        redis.run("hset h d 4");
        assertReply("object encoding h", "$9 hashtable");
        redis.run("hdel h b c d");
        assertReply("object encoding h", "$9 hashtable");
        redis.run("hset g a " + "x".repeat(64));
        assertReply("object encoding g", "$8 listpack");
        redis.run("hset g a " + "x".repeat(65));
        assertReply("object encoding g", "$9 hashtable");
        redis.run("hsetnx f " + "f".repeat(65) + " 1");
        assertReply("object encoding f", "$9 hashtable");
        redis.run("hincrby e " + "f".repeat(65) + " 1");
        assertReply("object encoding e", "$9 hashtable");
        // Copies and renamed ones are what they were.
        redis.run("copy e e2");
        redis.run("hset e2 more 1");
        assertReply("hlen e", ":1");
        assertReply("hlen e2", ":2");
        redis.run("rename e2 e");
        assertReply("hget e more", "$1 1");
    }

    @Test
    void aRemovedFieldLeavesItsPlaceToTheLastInBothForms() {
        for (int limit : new int[] {512, 1}) {
            redis.run("del h");
            redis.keyspace.encodingLimits().hashEntries = limit;
            redis.run("hset h a 1 b 2 c 3 d 4 5 -5");
            redis.run("hdel h b");
            assertReply("hkeys h", "*4 $1 a $1 5 $1 c $1 d");
            redis.run("hset h c 33");
            redis.run("hset h e 6");
            assertReply("hvals h", "*5 $1 1 $2 -5 $2 33 $1 4 $1 6");
            redis.run("hdel h e");
            redis.run("hdel h a");
            assertReply("hgetall h", "*6 $1 d $1 4 $1 5 $2 -5 $1 c $2 33");
        }
    }

    @Test
    void scansSeeALargeHashWhileItChanges() {
        for (int i = 0; i < 2000; i++) {
            redis.run("hset h f" + i + " " + i);
        }
        TreeSet<String> seen = new TreeSet<>();
        String cursor = "0";
        int steps = 0;
        do {
            List<?> step = (List<?>)
                    Objects.requireNonNull(RespConnection.parse(redis.run("hscan h " + cursor + " count 30")));
            cursor = String.valueOf(step.get(0));
            List<?> pairs = (List<?>) step.get(1);
            assertThat(pairs.size()).isLessThanOrEqualTo(60);
            for (int i = 0; i < pairs.size(); i += 2) {
                seen.add(String.valueOf(pairs.get(i)));
            }
            redis.run("hdel h f" + (1000 + steps * 7) + " f" + (1001 + steps * 5));
            redis.run("hset h new" + steps + " x");
            steps++;
        } while (!cursor.equals("0"));
        for (int i = 0; i < 1000; i++) {
            assertThat(seen).contains("f" + i);
        }
        assertThat(steps).isLessThan(2000 / 30 + 3);
        assertReply("hscan h 0 count 100000 match f7", "*2 $1 0 *2 $2 f7 $1 7");
    }

    @Test
    void randomFieldsAreOfTheSeed() {
        for (int i = 0; i < 300; i++) {
            redis.run("hset small f" + i + " " + i);
            redis.run("hset large f" + i + " " + i + (i == 0 ? "x".repeat(100) : ""));
        }
        assertReply("object encoding small", "$8 listpack");
        assertReply("object encoding large", "$9 hashtable");
        for (redis.seed = 0; redis.seed < 50; redis.seed++) {
            for (String count : List.of("", " 1", " 5", " 150", " 299", " -7")) {
                String reply = redis.run("hrandfield small" + count);
                assertThat(redis.run("hrandfield large" + count)).isEqualTo(reply);
                if (!count.isEmpty()) {
                    int size = Math.abs(Integer.parseInt(count.strip()));
                    List<?> fields = (List<?>) RespConnection.parse(reply);
                    assertThat(fields).hasSize(size);
                    if (!count.contains("-")) {
                        assertThat(new TreeSet<Object>(fields)).hasSize(size);
                    }
                }
            }
        }
        TreeSet<String> all = new TreeSet<>();
        for (redis.seed = 0; redis.seed < 5000; redis.seed++) {
            all.add(redis.run("hrandfield large"));
        }
        assertThat(all).as("each has its chance").hasSize(300);
        try (CommandHarness three = new CommandHarness(true)) {
            three.run("hset h a 1");
            assertThat(three.brief("hrandfield h 2 withvalues")).isEqualTo("*1 *2 $1 a $1 1");
            assertThat(three.brief("hrandfield h -1 withvalues")).isEqualTo("*1 *2 $1 a $1 1");
            assertThat(three.brief("hgetall h")).isEqualTo("%1 $1 a $1 1");
            assertThat(three.brief("hgetall none")).isEqualTo("%0");
        }
    }
}
