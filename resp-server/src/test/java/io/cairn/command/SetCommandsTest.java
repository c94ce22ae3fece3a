package io.cairn.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a comparison of replies with Redis cannot show of sets: changes, events, expiries, forms, chance. */
class SetCommandsTest {
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

    /** Members that make it an intset, a listpack, a table. */
    private static List<String> forms() {
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 600; i++) {
            many.append(" m").append(i);
        }
        return List.of(" 1 2 3 -70000", " 1 2 a b", many.toString());
    }

    @Test
    void changesAndEventsAreRediss() {
        for (String members : forms()) {
            redis.run("del s t");
            int count = members.strip().split(" ").length;
            String first = members.strip().split(" ")[0];
            assertEvents("sadd s" + members, ":" + count, "s sadd s");
            assertThat(redis.changed).isTrue();
            assertUnchanged("sadd s" + members, ":0");
            assertUnchanged("srem s none 99", ":0");
            assertEvents("srem s none " + first, ":1", "s srem s");
            assertEvents("sadd s " + first, ":1", "s sadd s");
            assertEvents("smove s t " + first, ":1", "s srem s", "s sadd t");
            assertEvents("sadd s " + first, ":1", "s sadd s");
            assertEvents("smove s t " + first, ":1", "s srem s");
            assertUnchanged("smove s t none", ":0");
            assertUnchanged("smove t t " + first, ":1");
            assertEvents("smove t s " + first, ":1", "s srem t", "g del t", "s sadd s");
            assertUnchanged("spop s 0", "*0");
            assertUnchanged("spop none", "$-1");
            assertUnchanged("spop none 3", "*0");
            events.clear();
            redis.run("spop s");
            assertThat(events).containsExactly("s spop s");
            events.clear();
            redis.run("spop s " + (count - 2));
            assertThat(events).containsExactly("s spop s");
            assertReply("scard s", ":1");
            events.clear();
            redis.run("spop s");
            assertThat(events).containsExactly("s spop s", "g del s");
            assertReply("exists s", ":0");
            redis.run("sadd s" + members);
            events.clear();
            redis.run("spop s " + count);
            assertThat(events).containsExactly("s spop s", "g del s");
            assertThat(redis.changed).isTrue();
            assertReply("exists s", ":0");
            redis.run("sadd s" + members);
            assertEvents("srem s" + members + " more", ":" + count, "s srem s", "g del s");
        }
    }

    @Test
    void storedResultsReplaceWhatWasThere() {
        redis.run("sadd a 1 2 3 x");
        redis.run("sadd b 2 3 4 x");
        redis.run("set target v px 5000");
        assertEvents("sinterstore target a b", ":3", "s sinterstore target");
        assertReply("pttl target", ":-1");
        assertEvents("sunionstore target a b", ":5", "s sunionstore target");
        assertEvents("sdiffstore target a b", ":1", "s sdiffstore target");
        assertReply("smembers target", "*1 $1 1");
        assertReply("object encoding target", "$6 intset");
        assertEvents("sdiffstore target a a", ":0", "g del target");
        assertThat(redis.changed).isTrue();
        assertUnchanged("sdiffstore target a a", ":0");
        assertUnchanged("sinterstore target a none", ":0");
        assertUnchanged("sunionstore target none", ":0");
        redis.run("set string v");
        assertUnchanged(
                "sinterstore target none string", "-WRONGTYPE Operation against a key holding the wrong kind of value");
        assertEvents("sunionstore a a b", ":5", "s sunionstore a");
        assertReply("sintercard 2 a b limit 2", ":2");
    }

    @Test
    void everyChangeKeepsTheExpiry() {
        for (String members : forms()) {
            redis.run("del s");
            redis.run("sadd s" + members);
            redis.run("pexpire s 5000");
            for (String line :
                    List.of("sadd s 77", "srem s 77", "spop s", "spop s 2", "sadd s q", "sadd s " + "x".repeat(70))) {
                redis.run(line);
                assertReply("pttl s", ":5000");
            }
        }
    }

    @Test
    void theFormIsRediss() {
        redis.keyspace.dataLimits(new DataLimits(4, 3000, 4096, 100));
        redis.run("sadd s 3 1 4");
        assertReply("object encoding s", "$6 intset");
        assertReply("smembers s", "*3 $1 1 $1 3 $1 4");
        redis.run("sadd s 9223372036854775807");
        assertReply("object encoding s", "$6 intset");
        redis.run("sadd s -9223372036854775808");
        assertReply("object encoding s", "$9 hashtable");
        assertReply("smembers s", "*5 $20 -9223372036854775808 $1 1 $1 3 $1 4 $19 9223372036854775807");
        redis.run("srem s 1");
        assertReply("smembers s", "*4 $20 -9223372036854775808 $19 9223372036854775807 $1 3 $1 4");
        redis.run("sadd t 01");
        assertReply("object encoding t", "$9 hashtable");
        redis.run("sadd t 1");
        redis.run("srem t 01");
        assertReply("object encoding t", "$9 hashtable");
    }

    @Test
    void whatIsPoppedIsOfTheSeedAndWhatIsLeftToo() {
        try (CommandHarness other = new CommandHarness(false)) {
            for (String members : forms()) {
                redis.run("del s");
                other.run("del s");
                redis.run("sadd s" + members);
                other.run("sadd s" + members);
                other.seed = redis.seed;
                for (String line : List.of(
                        "spop s", "spop s 2", "srandmember s", "srandmember s 2", "srandmember s -5", "smembers s")) {
                    assertThat(other.run(line)).isEqualTo(redis.run(line));
                }
            }
        }
        TreeSet<String> first = new TreeSet<>();
        for (redis.seed = 0; redis.seed < 200; redis.seed++) {
            redis.run("sadd few a b c d");
            first.add(redis.run("spop few"));
        }
        assertThat(first).hasSize(4);
        redis.run("spop s 300");
        assertReply("scard s", ":297");
    }

    @Test
    void aRandomChoiceOfDistinctMembers() {
        for (String members : forms()) {
            redis.run("del s");
            redis.run("sadd s" + members);
            int size = members.strip().split(" ").length;
            for (int count = 1; count <= size + 1; count += size / 4) {
                List<?> chosen = (List<?>) RespConnection.parse(redis.run("srandmember s " + count));
                assertThat(chosen).hasSize(Math.min(count, size));
                assertThat(new TreeSet<Object>(chosen)).hasSize(chosen.size());
            }
            assertThat((List<?>) RespConnection.parse(redis.run("srandmember s -1000")))
                    .hasSize(1000);
        }
    }

    @Test
    void scansSeeALargeSetWhileItChanges() {
        List<String> stays = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            redis.run("sadd s stays" + i + " goes" + i);
            stays.add("stays" + i);
        }
        TreeSet<String> seen = new TreeSet<>();
        String cursor = "0";
        int step = 0;
        do {
            List<?> reply = (List<?>) Objects.requireNonNull(RespConnection.parse(redis.run("sscan s " + cursor)));
            cursor = String.valueOf(reply.get(0));
            ((List<?>) reply.get(1)).forEach(member -> seen.add(String.valueOf(member)));
            redis.run("srem s goes" + step * 3 + " goes" + (999 - step));
            redis.run("sadd s new" + step + " newer" + step);
            step++;
        } while (!cursor.equals("0"));
        assertThat(seen).containsAll(stays);
    }
}
