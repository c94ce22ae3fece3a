package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** INCR and its kin, APPEND, SETRANGE, GETRANGE, STRLEN, LCS. */
class NumberAndRangeCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);

    @AfterEach
    void close() {
        redis.close();
    }

    private void assertReply(String line, String expected) {
        assertThat(redis.brief(line)).as(line).isEqualTo(expected);
    }

    @Test
    void countersStartAtZeroAndKeepTheirExpiry() {
        assertReply("incr k", ":1");
        assertReply("pexpire k 5000", ":1");
        assertReply("incrby k 41", ":42");
        assertReply("decr k", ":41");
        assertReply("decrby k 1", ":40");
        assertReply("pttl k", ":5000");
        assertReply("object encoding k", "$3 int");
    }

    @Test
    void countersDoNotOverflow() {
        redis.run("set k 9223372036854775807");
        assertReply("incr k", "-ERR increment or decrement would overflow");
        assertThat(redis.changed).isFalse();
        assertReply("decrby k 9223372036854775807", ":0");
        assertReply("decrby k -9223372036854775808", "-ERR decrement would overflow");
        assertReply("incrby k -9223372036854775808", ":-9223372036854775808");
        assertReply("decr k", "-ERR increment or decrement would overflow");
        assertReply("incrby k 1.5", "-ERR value is not an integer or out of range");
        redis.run("set k abc");
        assertReply("incr k", "-ERR value is not an integer or out of range");
    }

    @Test
    void fractionsAreExactAndKeepTheirExpiry() {
        redis.run("set k 10.50 px 5000");
        assertReply("incrbyfloat k 0.1", "$4 10.6");
        assertReply("incrbyfloat k -5", "$3 5.6");
        assertReply("pttl k", ":5000");
        assertReply("object encoding k", "$6 embstr");
        assertReply("incrbyfloat k x", "-ERR value is not a valid float");
        assertReply("incrbyfloat k inf", "-ERR increment would produce NaN or Infinity");
        redis.run("set k 3");
        assertReply("incrbyfloat k 1", "$1 4");
        assertReply("incr k", ":5");
    }

    @Test
    void appendGrowsWhatIsThere() {
        assertReply("append k 12", ":2");
        assertReply("object encoding k", "$3 int");
        assertReply("append k 3", ":3");
        assertReply("object encoding k", "$3 raw");
        assertReply("get k", "$3 123");
        for (int i = 0; i < 3000; i++) {
            redis.run("append k abcd");
        }
        assertReply("strlen k", ":12003");
        assertReply("getrange k -4 -1", "$4 abcd");
    }

    @Test
    void setrangeFillsWithZeros() {
        assertReply("setrange k 5 ", ":0");
        assertReply("exists k", ":0");
        assertReply("setrange k 2 ab", ":4");
        assertReply("get k", "$4 \0\0ab");
        assertReply("setrange k 0 x", ":4");
        assertReply("get k", "$4 x\0ab");
        assertReply("setrange k -1 x", "-ERR offset is out of range");
        assertReply("setrange k 536870911 xy", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        assertReply(
                "setrange k 9223372036854775807 xy", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }

    @Test
    void getrangeTakesIndexesFromBothEnds() {
        redis.run("set k hello");
        assertReply("getrange k 0 -1", "$5 hello");
        assertReply("getrange k -3 -2", "$2 ll");
        assertReply("getrange k 4 2", "$0");
        assertReply("getrange k -1 -3", "$0");
        assertReply("getrange k -100 100", "$5 hello");
        assertReply("getrange k -9223372036854775808 9223372036854775807", "$5 hello");
        redis.run("set k 12345");
        assertReply("substr k 1 2", "$2 23");
        assertReply("strlen k", ":5");
        assertReply("getrange none 0 1", "$0");
    }

    @Test
    void lcsInAllItsForms() {
        redis.run("mset a ohmytext b mynewtext");
        assertReply("lcs a b", "$6 mytext");
        assertReply("lcs a b len", ":6");
        assertReply("lcs a b idx", "*4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6");
        assertReply("lcs a b idx minmatchlen 4 withmatchlen", "*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6");
        assertReply("lcs a none", "$0");
        assertReply("lcs a b idx len", "-ERR If you want both the length and indexes, please just use IDX.");
        assertReply("lcs a b foo", "-ERR syntax error");
    }

    @Test
    void lcsRefusesATableThatIsTooLarge() {
        String word = "x".repeat(20_000);
        redis.runWords("set", "a", word);
        redis.runWords("set", "b", word);
        assertReply("lcs a b", "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
}
