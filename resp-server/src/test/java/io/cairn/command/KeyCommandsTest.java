package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Generic keys, expiries, scans, flushes, DUMP and RESTORE. */
class KeyCommandsTest {
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
    void deletingAndCounting() {
        redis.run("mset a 1 b 2");
        assertReply("exists a b c a", ":3");
        assertReply("touch a b c a", ":3");
        assertReply("type a", "+string");
        assertReply("type c", "+none");
        assertChanged("del a c a", ":1");
        assertUnchanged("unlink a c", ":0");
        assertChanged("unlink b", ":1");
    }

    @Test
    void renamingMovesValueAndExpiry() {
        redis.run("set a x px 100");
        redis.run("set b y");
        assertUnchanged("renamenx a b", ":0");
        assertChanged("rename a b", "+OK");
        assertReply("pttl b", ":100");
        assertReply("get b", "$1 x");
        assertUnchanged("rename b b", "+OK");
        assertUnchanged("renamenx b b", ":0");
        assertUnchanged("rename none b", "-ERR no such key");
        assertUnchanged("rename none none", "-ERR no such key");
        assertChanged("renamenx b c", ":1");
    }

    @Test
    void copyingWithinAndBetweenDatabases() {
        redis.run("set a 7 px 100");
        assertChanged("copy a b", ":1");
        assertReply("pttl b", ":100");
        assertUnchanged("copy a b", ":0");
        redis.run("set a text");
        assertChanged("copy a b replace", ":1");
        assertReply("get b", "$4 text");
        assertReply("pttl b", ":-1");
        assertUnchanged("copy a a", "-ERR source and destination objects are the same");
        assertChanged("copy a a db 3", ":1");
        assertUnchanged("copy a a db 99", "-ERR DB index is out of range");
        assertUnchanged("copy a b foo", "-ERR syntax error");
        redis.database = 3;
        assertReply("get a", "$4 text");
        assertUnchanged("move a 0", ":0");
        assertChanged("move a 1", ":1");
        assertUnchanged("move a 3", "-ERR source and destination objects are the same");
        assertUnchanged("move a x", "-ERR value is not an integer or out of range");
        assertUnchanged("move a 99999999999", "-" + ErrorText.INT_RANGE);
    }

    @Test
    void aClusterHasOneDatabase() {
        try (CommandHarness cluster = new CommandHarness(new CommandTable(Families.data(true)), false)) {
            cluster.run("set a 1");
            assertThat(cluster.brief("move a 1")).isEqualTo("-ERR MOVE is not allowed in cluster mode");
            assertThat(cluster.brief("swapdb 0 1")).isEqualTo("-ERR SWAPDB is not allowed in cluster mode");
            assertThat(cluster.brief("copy a b db 1"))
                    .isEqualTo("-ERR Copying to another database is not allowed in cluster mode");
            assertThat(cluster.brief("copy a b db 0")).isEqualTo(":1");
        }
    }

    @Test
    void expiryTakesItsConditions() {
        redis.run("set k v");
        assertUnchanged("expire k 100 xx", ":0");
        assertUnchanged("expire k 100 gt", ":0");
        assertChanged("expire k 100 lt", ":1");
        assertUnchanged("expire k 50 nx", ":0");
        assertUnchanged("expire k 50 gt", ":0");
        assertChanged("expire k 50 xx lt", ":1");
        assertReply("ttl k", ":50");
        assertChanged("expire k 200 gt", ":1");
        assertUnchanged("expire k 1 nx gt", "-ERR NX and XX, GT or LT options at the same time are not compatible");
        assertUnchanged("expire k 1 gt lt", "-ERR GT and LT options at the same time are not compatible");
        assertUnchanged("expire k 1 foo", "-ERR Unsupported option foo");
        assertUnchanged("expire none 1", ":0");
        assertChanged("persist k", ":1");
        assertUnchanged("persist k", ":0");
    }

    @Test
    void anExpiryInThePastDeletes() {
        redis.run("set k v");
        assertChanged("expire k -1", ":1");
        assertUnchanged("exists k", ":0");
        redis.run("set k v");
        assertChanged("pexpireat k " + redis.now, ":1");
        assertReply("dbsize", ":0");
    }

    @Test
    void expiriesThatOverflowAreRefused() {
        redis.run("set k v");
        assertUnchanged("expire k 9223372036854775807", "-ERR invalid expire time in 'expire' command");
        assertUnchanged("expire k -9223372036854775807", "-ERR invalid expire time in 'expire' command");
        assertUnchanged("pexpire k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command");
        assertChanged("pexpireat k 9223372036854775807", ":1");
        assertReply("expiretime k", ":9223372036854776");
    }

    @Test
    void timesAreRoundedToTheNearestSecond() {
        redis.run("set k v px 1499");
        assertReply("ttl k", ":1");
        redis.run("set k v px 1500");
        assertReply("ttl k", ":2");
        assertReply("pexpiretime k", ":" + (redis.now + 1500));
        assertReply("ttl none", ":-2");
        assertReply("pexpiretime none", ":-2");
    }

    @Test
    void keysSkipsWhatIsExpired() {
        redis.run("mset one 1 two 2 three 3");
        redis.run("set four 4 px 10");
        redis.now += 10;
        assertThat(redis.brief("keys *").split(" ")[0]).isEqualTo("*3");
        assertReply("keys t?o", "*1 $3 two");
        assertReply("keys [^t]*", "*1 $3 one");
    }

    @Test
    void scanVisitsEverythingOnce() {
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            redis.run("set key:" + i + " v");
            expected.add("key:" + i);
        }
        redis.run("set gone v px 1");
        redis.now += 1;
        assertThat(scan("count", "100")).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(scan("match", "key:1?", "count", "7")).hasSize(10);
        assertThat(scan("type", "LIST")).isEmpty();
        assertThat(scan("type", "String", "match", "*")).hasSize(2000);
    }

    private List<String> scan(String... options) {
        List<String> found = new ArrayList<>();
        String cursor = "0";
        do {
            List<String> words = new ArrayList<>(List.of("scan", cursor));
            words.addAll(List.of(options));
            String[] lines = redis.runWords(words.toArray(new String[0])).split("\r\n", -1);
            cursor = lines[2];
            for (int i = 5; i < lines.length; i += 2) {
                found.add(lines[i]);
            }
        } while (!cursor.equals("0"));
        return found;
    }

    @Test
    void cursorsAreReadAsStrtoulReadsThem() {
        assertReply("scan abc", "-ERR invalid cursor");
        assertReply("scan 1x", "-ERR invalid cursor");
        assertReply("scan -", "-ERR invalid cursor");
        assertReply("scan 18446744073709551616", "-ERR invalid cursor");
        assertReply("scan ", "*2 $1 0 *0");
        assertReply("scan 0 count 0", "-ERR syntax error");
        assertReply("scan 0 count x", "-ERR value is not an integer or out of range");
        assertReply("scan 0 match", "-ERR syntax error");
    }

    @Test
    void aRandomKeyIsOneThatIsThere() {
        assertReply("randomkey", "$-1");
        redis.run("mset a 1 b 2 c 3");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            redis.seed = i * 0x9E3779B97F4A7C15L;
            seen.add(redis.brief("randomkey"));
        }
        assertThat(seen).containsExactlyInAnyOrder("$1 a", "$1 b", "$1 c");
    }

    @Test
    void flushingAndSwapping() {
        redis.run("set a 1");
        redis.database = 1;
        redis.run("set b 1");
        assertChanged("swapdb 0 1", "+OK");
        assertReply("exists a", ":1");
        assertUnchanged("swapdb x 1", "-ERR invalid first DB index");
        assertUnchanged("swapdb 0 1.5", "-ERR invalid second DB index");
        assertUnchanged("swapdb 0 16", "-ERR DB index is out of range");
        assertUnchanged("flushdb now", "-ERR syntax error");
        assertChanged("flushdb async", "+OK");
        redis.database = 0;
        assertReply("dbsize", ":1");
        assertChanged("flushall sync", "+OK");
        assertReply("dbsize", ":0");
        assertChanged("flushall", "+OK");
    }

    @Test
    void valuesShowHowTheyAreKept() {
        redis.runWords("set", "k", "x".repeat(44));
        assertReply("object encoding k", "$6 embstr");
        redis.runWords("set", "k", "x".repeat(45));
        assertReply("object encoding k", "$3 raw");
        assertReply("object refcount k", ":1");
        assertReply("object idletime k", ":0");
        redis.now += 7000;
        assertReply("object idletime k", ":7");
        assertReply("object encoding none", "$-1");
        assertThat(redis.brief("object freq k")).startsWith("-ERR An LFU maxmemory policy is not selected");
        redis.run("set k 9999");
        assertReply("object refcount k", ":2147483647");
        redis.run("set k 10000");
        assertReply("object refcount k", ":1");
        assertReply("memory usage none", "$-1");
        assertThat(redis.brief("memory usage k samples 0")).startsWith(":");
        assertReply("memory usage k samples -1", "-ERR syntax error");
    }

    @Test
    void dumpedValuesAreRestoredAndDamagedOnesRefused() {
        redis.run("set k hello");
        String reply = redis.run("dump k");
        String payload = reply.substring(reply.indexOf("\r\n") + 2, reply.length() - 2);
        assertRestored(":1", "-BUSYKEY Target key name already exists.", "restore", "k", "0", payload);
        assertRestored(":1", "+OK", "restore", "k", "0", payload, "replace");
        assertRestored(":1", "+OK", "restore", "copy", "5000", payload);
        assertReply("pttl copy", ":5000");
        assertRestored(":1", "+OK", "restore", "at", "2000000000000", payload, "absttl", "idletime", "5");
        assertReply("pexpiretime at", ":2000000000000");
        assertRestored(":0", "+OK", "restore", "past", "1", payload, "absttl");
        assertThat(redis.changed).isFalse();
        assertRestored(":0", "-ERR Invalid TTL value, must be >= 0", "restore", "new", "-1", payload);
        assertRestored(":0", "-ERR DUMP payload version or checksum are wrong", "restore", "new", "0", payload + "x");
        assertRestored(":0", "-ERR DUMP payload version or checksum are wrong", "restore", "new", "0", "");
        assertRestored(
                ":0",
                "-ERR Invalid FREQ value, must be >= 0 and <= 255",
                "restore",
                "new",
                "0",
                payload,
                "freq",
                "256");
        assertReply("dump none", "$-1");
    }

    private void assertRestored(String exists, String expected, String... words) {
        assertThat(redis.runWords(words).strip()).isEqualTo(expected);
        boolean changed = redis.changed;
        assertReply("exists " + words[1], exists);
        redis.changed = changed;
    }
}
