package io.cairn.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The HEXPIRE family as Redis 7.4 documents it: replies, errors and their order, events. There is no redis-server 7.4 here to compare with. */
class HashExpiryCommandsTest {
    private static final long NOW = 1_700_000_000_000L;

    private final CommandHarness redis = new CommandHarness(false);
    private final List<String> events = new ArrayList<>();

    @BeforeEach
    void listen() {
        redis.listener((database, type, event, key, length) -> {
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

    private void assertEvents(String line, String expected, String... expectedEvents) {
        events.clear();
        assertReply(line, expected);
        assertThat(events).as(line).containsExactly(expectedEvents);
        assertThat(redis.changed).as(line).isEqualTo(expectedEvents.length > 0);
    }

    @Test
    void errorsAreRediss() {
        redis.run("set string v");
        redis.run("hset h a 1");
        String where = "-ERR Mandatory argument FIELDS is missing or not at the right position";
        String count = "-ERR The `numfields` parameter must match the number of arguments";
        assertReply("hexpire h 1 fields 1", "-ERR wrong number of arguments for 'hexpire' command");
        assertReply("httl h fields 1", "-ERR wrong number of arguments for 'httl' command");
        assertReply(
                "hexpire string x nx fields 0 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
        assertReply("hexpire h x nx fields 0 a", "-ERR value is not an integer or out of range");
        assertReply("hexpire h -1 nx fields 0 a", "-ERR invalid expire time, must be >= 0");
        assertReply("hexpire h 9223372036854775807 nx f 0 a", "-ERR invalid expire time in 'hexpire' command");
        assertReply("hpexpire h 70368744177663 nx f 0 a", "-ERR invalid expire time in 'hpexpire' command");
        assertReply("hpexpireat h 70368744177664 nx f 0 a", "-ERR invalid expire time in 'hpexpireat' command");
        assertReply("hpexpireat h 70368744177663 fields 1 a", "*1 :1");
        assertReply("hexpireat h 70368744178 nx f 0 a", "-ERR invalid expire time in 'hexpireat' command");
        assertReply("hexpire h 1 nx xx fields 1 a", where);
        assertReply("hexpire h 1 foo fields 1 a", where);
        assertReply("hexpire h 1 fields 0 a", "-ERR Parameter `numFields` should be greater than 0");
        assertReply("hexpire h 1 fields x a", "-ERR Parameter `numFields` should be greater than 0");
        assertReply("hexpire h 1 nx fields 2 a", count);
        assertReply("hexpire none 1 fields 1 a b", count);
        assertReply("hpersist h fields 0 a", "-ERR Number of fields must be a positive integer");
        assertReply("hpersist h field 1 a", where);
        assertReply("httl h fields -1 a", "-ERR Number of fields must be a positive integer");
        assertReply("hpttl h fields 2 a", count);
        assertReply(
                "hexpiretime string fields x a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    @Test
    void fieldsExpireOneByOne() {
        redis.run("hset h a 1 b 2 c 3");
        assertEvents("hpexpire h 100 FIELDS 3 a none b", "*3 :1 :-2 :1", "h hexpire h");
        assertReply("object encoding h", "$9 hashtable");
        assertReply("hpttl h fields 4 a b c none", "*4 :100 :100 :-1 :-2");
        assertReply("httl h fields 1 a", "*1 :1");
        assertReply("hpexpiretime h fields 1 a", "*1 :" + (NOW + 100));
        assertReply("hexpiretime h fields 1 a", "*1 :" + (NOW / 1000 + 1));
        redis.now = NOW + 99;
        assertReply("hget h a", "$1 1");
        redis.now = NOW + 100;
        assertReply("hget h a", "$-1");
        assertReply("hmget h a c", "*2 $-1 $1 3");
        assertReply("hexists h a", ":0");
        assertReply("hstrlen h a", ":0");
        assertReply("hpttl h fields 1 a", "*1 :-2");
        assertReply("hgetall h", "*2 $1 c $1 3");
        assertReply("hkeys h", "*1 $1 c");
        assertReply("hvals h", "*1 $1 3");
        assertReply("hscan h 0", "*2 $1 0 *2 $1 c $1 3");
        assertReply("hscan h 0 match [ab]", "*2 $1 0 *0");
        assertReply("hrandfield h", "$1 c");
        assertReply("hrandfield h 5", "*1 $1 c");
        assertReply("hrandfield h -2", "*2 $1 c $1 c");
        assertReply("hlen h", ":3");
        assertReply("lpush l h", ":1");
        assertReply("sort l by nosort get *->a get *->c", "*2 $-1 $1 3");
        assertEvents("hdel h a c", ":1", "h hexpired h", "h hdel h");
        assertReply("hlen h", ":1");
        assertReply("hgetall h", "*0");
        assertReply("hrandfield h", "$-1");
        assertReply("hrandfield h 3", "*0");
        assertReply("hrandfield h -3", "*0");
        assertReply("exists h", ":1");
        assertEvents("hset h b 5", ":1", "h hexpired h", "h hset h");
        assertReply("hpttl h fields 1 b", "*1 :-1");
    }

    @Test
    void theLastFieldTakesTheKeyWithIt() {
        redis.run("hset h a 1 b 2");
        assertEvents("hexpireat h 1 fields 1 a", "*1 :2", "h hdel h");
        assertEvents("hexpireat h 1 fields 2 b none", "*2 :2 :-2", "h hdel h", "g del h");
        assertReply("exists h", ":0");
        assertEvents("hexpireat h 1 fields 1 b", "*1 :-2");
        redis.run("hset h a 1");
        redis.run("hpexpire h 5 fields 1 a");
        redis.now += 5;
        assertEvents("hdel h a", ":0", "h hexpired h", "g del h");
        assertReply("exists h", ":0");
        redis.run("hset h a 1");
        redis.run("hpexpire h 5 fields 1 a");
        redis.now += 5;
        assertEvents("hpersist h fields 1 a", "*1 :-2", "h hexpired h", "g del h");
        assertReply("exists h", ":0");
    }

    @Test
    void whatSetsAFieldTakesItsExpiryAndWhatCountsKeepsIt() {
        redis.run("hset h a 1 b 2 c 3 d 4");
        redis.run("hexpire h 100 fields 4 a b c d");
        assertReply("hset h a 5", ":0");
        assertReply("hincrby h b 1", ":3");
        assertReply("hincrbyfloat h c 0.5", "$3 3.5");
        assertReply("hsetnx h d 9", ":0");
        assertReply("httl h fields 4 a b c d", "*4 :-1 :100 :100 :100");
        assertEvents("hpersist h fields 3 a b none", "*3 :-1 :1 :-2", "h hpersist h");
        assertReply("httl h fields 2 a b", "*2 :-1 :-1");
        redis.now += 100_000;
        assertEvents("hincrby h c 1", ":1", "h hexpired h", "h hincrby h");
        assertReply("httl h fields 1 c", "*1 :-1");
        assertEvents("hsetnx h d 9", ":1", "h hexpired h", "h hset h");
    }

    @Test
    void conditionsCompareWithThePresentExpiry() {
        redis.run("hset h a 1 b 2");
        assertReply("hexpire h 100 xx fields 1 a", "*1 :0");
        assertReply("hexpire h 100 gt fields 1 a", "*1 :0");
        assertReply("hexpire h 100 lt fields 1 a", "*1 :1");
        assertReply("hexpire h 100 nx fields 2 a b", "*2 :0 :1");
        assertReply("hexpire h 100 gt fields 1 a", "*1 :0");
        assertReply("hexpire h 100 lt fields 1 a", "*1 :0");
        assertReply("hexpire h 101 gt fields 1 a", "*1 :1");
        assertReply("hexpire h 99 lt fields 1 a", "*1 :1");
        assertReply("hexpire h 7 xx fields 1 a", "*1 :1");
        assertReply("hexpire h 0 gt fields 1 a", "*1 :0");
        assertReply("hexpire h 0 xx fields 1 a", "*1 :2");
        assertReply("hexpire h 9 fields 2 b b", "*2 :1 :1");
    }

    @Test
    void copiesAndRenamedHashesKeepExpiriesAndDumpIsRefused() {
        redis.run("hset h a 1 b 2");
        redis.run("hexpire h 100 fields 1 a");
        String digest = redis.brief("debug digest-value h");
        assertReply("copy h copy", ":1");
        assertReply("rename h h2", "+OK");
        assertReply("httl h2 fields 2 a b", "*2 :100 :-1");
        assertReply("httl copy fields 2 a b", "*2 :100 :-1");
        assertThat(redis.brief("debug digest-value copy")).isEqualTo(digest);
        assertReply("dump copy", "-ERR a hash has fields that expire, which the form of Redis 7.0 cannot hold");
        assertThat(redis.keyspace.expiringHashes()).isEqualTo(2);
        redis.run("hpersist copy fields 1 a");
        assertThat(redis.brief("dump copy")).startsWith("$");
        assertThat(redis.keyspace.expiringHashes()).isEqualTo(1);
        redis.run("expire h2 5");
        assertReply("httl h2 fields 1 a", "*1 :100");
        redis.run("del h2");
        assertThat(redis.keyspace.expiringHashes()).isZero();
    }

    @Test
    void theRecordOfThePrimaryTouchesExpiredFieldsOnly() {
        redis.run("hset h a 1 b 2 c 3 d 4");
        redis.run("hpexpire h 10 fields 2 a b");
        redis.run("hpexpire h 1000 fields 1 c");
        redis.now += 10;
        redis.run("hset h b 9");
        assertEvents("hpexpireat h 1 gt fields 4 a b c d", "*4 :-2 :0 :0 :0", "h hexpired h");
        assertReply("hgetall h", "*6 $1 b $1 9 $1 d $1 4 $1 c $1 3");
        assertEvents("hpexpireat h 1 gt fields 4 a b c d", "*4 :-2 :0 :0 :0");
    }

    @Test
    void aReadThatHidesAFieldIsRemembered() {
        redis.run("hset h a 1 b 2");
        redis.run("hpexpire h 10 fields 1 a");
        redis.now += 50;
        for (String read : List.of("hget h a", "hgetall h", "hscan h 0", "hrandfield h", "httl h fields 1 a")) {
            redis.keyspace.database(0).sawExpired();
            redis.run(read);
            assertThat(redis.keyspace.database(0).sawExpired()).as(read).isEqualTo(NOW + 10);
        }
        redis.run("hget h b");
        assertThat(redis.keyspace.database(0).sawExpired()).isZero();
    }
}
