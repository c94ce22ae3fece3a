package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a comparison of replies with Redis cannot show of lists and SORT: changes, events, expiries, forms, replicas. */
class ListCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);
    /** What happened to keys: "l lpush key"; that a key is new or missed is for KeyEventsIT. */
    private final List<String> events = new ArrayList<>();

    @BeforeEach
    void listen() {
        redis.listener((database, type, event, key, length) -> {
            if (type != 'n' && type != 'm') {
                events.add(type + " " + event + " " + new String(Memory.bytes(key, length), ISO_8859_1));
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

    private void assertEvents(String line, String expected, String... expectedEvents) {
        events.clear();
        assertReply(line, expected);
        assertThat(events).as(line).containsExactly(expectedEvents);
        assertThat(redis.changed).as(line + " changed something").isEqualTo(expectedEvents.length > 0);
    }

    private void assertUnchanged(String line, String expected) {
        assertEvents(line, expected);
    }

    @Test
    void changesAndEventsAreRediss() {
        assertUnchanged("lpushx l a", ":0");
        assertEvents("rpush l a b c", ":3", "l rpush l");
        assertEvents("lpushx l z", ":4", "l lpush l");
        assertUnchanged("lpop l 0", "*0");
        assertEvents("lpop l 2", "*2 $1 z $1 a", "l lpop l");
        assertUnchanged("lset l 5 x", "-ERR index out of range");
        assertEvents("lset l 0 x", "+OK", "l lset l");
        assertUnchanged("linsert l before none y", ":-1");
        assertUnchanged("linsert none before none y", ":0");
        assertEvents("linsert l after x y", ":3", "l linsert l");
        assertUnchanged("lrem l 0 none", ":0");
        assertEvents("lrem l 0 y", ":1", "l lrem l");
        assertEvents("lmove l m left right", "$1 x", "l rpush m", "l lpop l");
        assertEvents("rpoplpush l m", "$1 c", "l lpush m", "l rpop l", "g del l");
        assertEvents("lmove m m right left", "$1 x", "l lpush m", "l rpop m");
        assertEvents("lmpop 2 l m right count 5", "*2 $1 m *2 $1 c $1 x", "l rpop m", "g del m");
        assertUnchanged("lmpop 2 l m right", "*-1");
        assertUnchanged("lmove l m left left", "$-1");
        assertReply("rpush l a a", ":2");
        assertEvents("lrem l -1 a", ":1", "l lrem l");
        assertEvents("lrem l 1 a", ":1", "l lrem l", "g del l");
        assertReply("rpush l a b", ":2");
        assertEvents("ltrim l 5 1", "+OK", "l ltrim l", "g del l");
        assertReply("dbsize", ":0");
    }

    /** LTRIM that trims nothing is announced, but nothing is logged. */
    @Test
    void trimmingNothing() {
        assertReply("rpush l a b", ":2");
        events.clear();
        assertReply("ltrim l 0 -1", "+OK");
        assertThat(events).containsExactly("l ltrim l");
        assertThat(redis.changed).isFalse();
    }

    @Test
    void everyChangeKeepsTheExpiry() {
        for (String size : List.of("2", "900", "3000")) {
            redis.run(List.of(bytes("rpush"), bytes("l"), bytes("a"), new byte[Integer.parseInt(size)], bytes("b")));
            assertReply("pexpireat l 9999999999999", ":1");
            for (String line : List.of(
                    "rpush l c",
                    "lpush l d",
                    "lset l 0 e",
                    "linsert l before a f",
                    "lrem l 1 f",
                    "lpop l",
                    "ltrim l 0 2",
                    "lmove l l left right")) {
                assertThat(redis.run(line)).as(line).doesNotStartWith("-");
                assertReply("pexpiretime l", ":9999999999999");
            }
            assertReply("sort l alpha store l", ":3");
            assertReply("pexpiretime l", ":-1");
            assertReply("del l", ":1");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    /** Long lists against a Java list, through the commands; replicas with other limits and one that was loaded answer the same. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void longListsOnReplicasOfOtherLimits(long seed) {
        Random random = new Random(seed);
        redis.keyspace.encodingLimits().listNode = -1;
        try (CommandHarness second = new CommandHarness(false);
                CommandHarness third = new CommandHarness(false)) {
            second.keyspace.encodingLimits().listNode = 5;
            second.keyspace.encodingLimits().listPlain = 150;
            for (int i = 0; i < 4000; i++) {
                List<byte[]> command = command(random);
                String expected = redis.run(command);
                assertThat(second.run(command)).isEqualTo(expected);
                if (i > 2000) {
                    assertThat(third.run(command)).isEqualTo(expected);
                } else if (i == 2000) {
                    for (String key : List.of("a", "b")) {
                        String dumped = second.run("dump " + key);
                        if (!dumped.equals("$-1\r\n")) {
                            byte[] payload = bytes(dumped.substring(dumped.indexOf("\r\n") + 2, dumped.length() - 2));
                            String reply = third.run(List.of(bytes("restore"), bytes(key), bytes("0"), payload));
                            assertThat(reply).isEqualTo("+OK\r\n");
                        }
                    }
                }
            }
            for (String key : List.of("a", "b")) {
                String expected = redis.run("lrange " + key + " 0 -1");
                assertThat(second.run("lrange " + key + " 0 -1")).isEqualTo(expected);
                assertThat(third.run("lrange " + key + " 0 -1")).isEqualTo(expected);
            }
        }
    }

    private static List<byte[]> command(Random random) {
        String key = random.nextBoolean() ? "a" : "b";
        String other = random.nextBoolean() ? "a" : "b";
        String index = Integer.toString(random.nextInt(400) - 200);
        String item = item(random);
        List<String> words = switch (random.nextInt(14)) {
            case 0, 1 -> List.of("rpush", key, item, item(random), item(random), item(random));
            case 2, 3 -> List.of("lpush", key, item, item(random), item(random));
            case 4 -> List.of("lset", key, index, item);
            case 5 -> List.of("linsert", key, random.nextBoolean() ? "before" : "after", item(random), item);
            case 6 -> List.of("lrem", key, Integer.toString(random.nextInt(5) - 2), item);
            case 7 -> List.of("lpop", key, Integer.toString(random.nextInt(4)));
            case 8 -> List.of("rpop", key);
            case 9 -> List.of("lmove", key, other, random.nextBoolean() ? "left" : "right", "left");
            case 10 -> List.of("lrange", key, index, "100");
            case 11 -> List.of("lpos", key, item, "rank", random.nextBoolean() ? "2" : "-1", "count", "0");
            case 12 ->
                random.nextInt(60) == 0
                        ? List.of("ltrim", key, Integer.toString(random.nextInt(50)), "-30")
                        : List.of("lindex", key, index);
            default ->
                random.nextInt(30) == 0
                        ? List.of("sort", key, "alpha", "desc", "store", other)
                        : List.of("lindex", key, index);
        };
        return words.stream().map(ListCommandsTest::bytes).toList();
    }

    private static String item(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Integer.toString(random.nextInt(20) - 10);
            case 1 -> "x".repeat(random.nextInt(random.nextInt(40) == 0 ? 9000 : 200));
            case 2 -> Long.toString(random.nextLong());
            default -> "item" + random.nextInt(30);
        };
    }

    @Test
    void sortStoresNumbersInOrder() {
        assertReply("rpush l 3 10 -1 1.5 -1", ":5");
        assertEvents("sort l store d", ":5", "l sortstore d");
        assertReply("lrange d 0 -1", "*5 $2 -1 $2 -1 $3 1.5 $1 3 $2 10");
        assertEvents("sort l desc limit 1 2 store d", ":2", "l sortstore d");
        assertReply("lrange d 0 -1", "*2 $1 3 $3 1.5");
        assertEvents("sort none store d", ":0", "g del d");
        assertUnchanged("sort none store d", ":0");
        assertEvents("sort l store l", ":5", "l sortstore l");
        assertReply("rpush l x", ":6");
        assertUnchanged("sort l store d", "-ERR One or more scores can't be converted into double");
        assertUnchanged("sort_ro l store d", "-ERR syntax error");
    }

    @Test
    void sortLooksUpPatterns() {
        assertReply("rpush l 1 2 3", ":3");
        assertReply("mset w1 30 w2 20 n1 one n2 two", "+OK");
        assertReply("hset h1 f 7 x first", ":2");
        assertReply("hset h2 f 8", ":1");
        assertReply("sort l by w* get n* get #", "*6 $-1 $1 3 $3 two $1 2 $3 one $1 1");
        assertReply("sort l by h*->f desc get h*->x get h*->f", "*6 $-1 $1 8 $5 first $1 7 $-1 $-1");
        assertReply("sort l by nosort get n* get w*->f store d", ":6");
        assertReply("lrange d 0 -1", "*6 $3 one $0  $3 two $0  $0  $0");
        assertReply("sort l by w* alpha", "*3 $1 3 $1 2 $1 1");
        assertReply("sort l by none* alpha desc", "*3 $1 1 $1 2 $1 3");
    }

    /** What is stored of a set depends on its members, not on their order. */
    @Test
    void theOrderOfASetIsNotStored() {
        assertReply("sadd s c a d b", ":4");
        assertReply("sadd t b a d c", ":4");
        for (String how :
                List.of("by nosort", "by none* alpha", "by none* alpha desc", "by none*", "alpha limit 0 3")) {
            redis.run("sort s " + how + " store x");
            redis.run("sort t " + how + " store y");
            assertThat(redis.run("lrange x 0 -1")).as(how).isEqualTo(redis.run("lrange y 0 -1"));
        }
    }

    @Test
    void patternsAreRefusedInACluster() {
        try (CommandHarness cluster = new CommandHarness(new CommandTable(Families.data(true)), false)) {
            cluster.run("rpush l 2 1");
            assertThat(cluster.brief("sort l by w*")).isEqualTo("-ERR BY option of SORT denied in Cluster mode.");
            assertThat(cluster.brief("sort l get #")).isEqualTo("-ERR GET option of SORT denied in Cluster mode.");
            assertThat(cluster.brief("sort l by nosort")).isEqualTo("*2 $1 2 $1 1");
            assertThat(cluster.brief("sort l")).isEqualTo("*2 $1 1 $1 2");
        }
    }

    @Test
    void sortNamesItsKeys() {
        CommandTable table = new CommandTable(Families.data());
        assertThat(keys(table, "sort", "k", "by", "store", "get", "store", "store", "d", "store", "e"))
                .containsExactly(1, 9);
        assertThat(keys(table, "sort", "k", "limit", "store", "x")).containsExactly(1);
        assertThat(keys(table, "sort_ro", "k", "store", "x")).containsExactly(1);
    }

    private static List<Integer> keys(CommandTable table, String... words) {
        Args args = new Args();
        List<NativeText> texts = new ArrayList<>();
        for (String word : words) {
            NativeText text = new NativeText(word);
            texts.add(text);
            args.add(text.address(), text.length);
        }
        KeyPositions positions = new KeyPositions();
        int count = positions.find(table.command(table.find(args)), args);
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            found.add(positions.at(i));
        }
        texts.forEach(NativeText::close);
        return found;
    }
}
