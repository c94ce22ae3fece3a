package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts on a whole server: what a comparison with Redis cannot show. */
class ScriptIT {
    private static final String BUSY = "-" + Scripts.BUSY + "\r\n";

    @TempDir
    private Path directory;

    private static List<byte[]> words(String... words) {
        List<byte[]> arguments = new ArrayList<>();
        for (String word : words) {
            arguments.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return arguments;
    }

    /** Asks until the answer is {@code expected}. */
    private static void await(RespConnection on, String expected, String... command) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        String answer = on.run(command);
        while (!answer.equals(expected) && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
            answer = on.run(command);
        }
        assertThat(answer).isEqualTo(expected);
    }

    @Test
    void anEndlessScriptMakesTheNodeBusyAndCanBeKilled() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--busy-reply-threshold", "100", "--io-threads", "1");
                RespConnection runner = cairn.connect();
                RespConnection other = cairn.connect();
                RespConnection third = cairn.connect()) {
            for (String body : new String[] {
                "while true do end",
                "while true do pcall(function() while true do end end) end",
                "coroutine.wrap(function() while true do end end)()",
                "while true do redis.pcall('get','k') end",
                "local function f() return f() end f()",
            }) {
                runner.send(words("eval", body, "0"));
                await(other, BUSY, "ping");
                assertThat(other.run("get", "k")).isEqualTo(BUSY);
                assertThat(other.run("scan", "0")).isEqualTo(BUSY);
                assertThat(other.run("watch", "k")).isEqualTo(BUSY);
                assertThat(other.run("unwatch")).isEqualTo("+OK\r\n");
                assertThat(third.run("eval", "return 1", "0")).isEqualTo(BUSY);
                assertThat(other.run("script", "kill")).isEqualTo("+OK\r\n");
                assertThat(runner.receive()).startsWith("-ERR Script killed by user with SCRIPT KILL... script: ");
                assertThat(other.run("ping")).isEqualTo("+PONG\r\n");
                assertThat(runner.run("eval", "return 1", "0")).isEqualTo(":1\r\n");
            }
            assertThat(other.run("script", "kill")).isEqualTo("-NOTBUSY No scripts in execution right now.\r\n");
        }
    }

    @Test
    void aScriptThatWroteCannotBeKilled() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--busy-reply-threshold", "100");
                RespConnection runner = cairn.connect();
                RespConnection other = cairn.connect()) {
            runner.send(words(
                    "eval", "redis.call('set','k','v') local e=os.clock()+2 while os.clock()<e do end return 1", "0"));
            await(other, BUSY, "ping");
            assertThat(other.run("script", "kill")).startsWith("-UNKILLABLE Sorry the script already executed write");
            assertThat(runner.receive()).isEqualTo(":1\r\n");
            assertThat(other.run("get", "k")).isEqualTo("$1\r\nv\r\n");
        }
    }

    @Test
    void aScriptThatTakesTooMuchMemoryIsEnded() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--script-memory-limit", "8mb");
                RespConnection ours = cairn.connect()) {
            assertThat(ours.run("eval", "local t={} for i=1,1e9 do t[i]=i..'' end", "0"))
                    .startsWith("-OOM the script uses more memory");
            assertThat(ours.run("eval", "return string.rep('x',1e9)", "0"))
                    .startsWith("-ERR user_script:1: resulting string too large");
            assertThat(ours.run("eval", "return #string.rep('x',1000)", "0")).isEqualTo(":1000\r\n");
            assertThat(ours.run("eval", "for i=1,1000 do local s=string.rep('x',100000) end return 1", "0"))
                    .isEqualTo(":1\r\n");
        }
    }

    @Test
    void patternsThatBreakTheNativeStackAreRefused() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            String body = "return string.find(string.rep('a',300000),string.rep('a?',300000)..string.rep('a',300000))";
            assertThat(ours.run("eval", body, "0")).startsWith("-ERR user_script:1: pattern too long");
            assertThat(ours.run("ping")).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void nothingOfAScriptIsLeftForTheNext() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String body : new String[] {
                "table.insert(string,'left') table.insert(_G,'left') table.insert(redis,5)",
                "local m=getmetatable('') table.insert(m,1) table.insert(getmetatable(_G),1)",
                "table.sort({3,2,1},function(a,b) KEYS.x=1 return a<b end)",
            }) {
                ours.run("eval", body, "0");
            }
            assertThat(ours.run("eval", "return {string[1],_G[1] and 1,redis[1],getmetatable('')[1]}", "0"))
                    .startsWith("-ERR user_script:1: Script attempted to access nonexistent global variable '1'");
            assertThat(ours.run("eval", "return {string[1] or 0,redis[1] or 0,getmetatable('')[1] or 0}", "0"))
                    .isEqualTo("*3\r\n:0\r\n:0\r\n:0\r\n");
        }
    }

    @Test
    void pipelinedScriptsAndCommandsAnswerInOrder() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (int i = 0; i < 300; i++) {
                ours.send(words("eval", "return redis.call('incr','n')", "0"));
                ours.send(words("incr", "n"));
                ours.send(words("ping"));
            }
            for (int i = 0; i < 300; i++) {
                assertThat(ours.receive()).isEqualTo(":" + (2 * i + 1) + "\r\n");
                assertThat(ours.receive()).isEqualTo(":" + (2 * i + 2) + "\r\n");
                assertThat(ours.receive()).isEqualTo("+PONG\r\n");
            }
        }
    }

    @Test
    void whatScriptsChangedIsInTheLog() throws Exception {
        String[] options = {"--appendonly", "yes", "--appendfsync", "always"};
        String big = "x".repeat(600_000);
        try (CairnServer cairn = CairnServer.start(directory, options);
                RespConnection ours = cairn.connect()) {
            ours.run("eval", "redis.call('set','a','1') redis.call('incr','a') redis.call('set','no','1','xx')", "0");
            ours.run("eval", "redis.call('set','b',ARGV[1]) redis.call('append','b','tail')", "0", big);
            ours.run("eval", "redis.call('set','c','kept') error('late')", "0");
            ours.run("eval", "redis.call('select',3) redis.call('set','d','in 3')", "0");
            ours.run("eval", "redis.call('set','e','1','ex',1000) for i=1,100 do redis.call('incr','e') end", "0");
            ours.run(
                    "eval",
                    "redis.call('get','a') redis.call('mset','f','1','g','2') redis.call('del','g','f','a')",
                    "0");
            ours.run("multi");
            ours.run("set", "h", "1");
            ours.run("eval", "return redis.call('incr','h')", "0");
            ours.run("incr", "h");
            assertThat(ours.run("exec")).isEqualTo("*3\r\n+OK\r\n:2\r\n:3\r\n");
        }
        try (CairnServer cairn = CairnServer.start(directory, options);
                RespConnection ours = cairn.connect()) {
            assertThat(ours.run("mget", "a", "c", "e", "f", "g", "h", "no"))
                    .isEqualTo("*7\r\n$-1\r\n$4\r\nkept\r\n$3\r\n101\r\n$-1\r\n$-1\r\n$1\r\n3\r\n$-1\r\n");
            assertThat(ours.run("strlen", "b")).isEqualTo(":600004\r\n");
            assertThat(ours.run("ttl", "e")).startsWith(":9");
            ours.run("select", "3");
            assertThat(ours.run("get", "d")).isEqualTo("$4\r\nin 3\r\n");
        }
    }

    @Test
    void memoryLimitRefusesWritesOfScripts() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--maxmemory", "1");
                RespConnection ours = cairn.connect()) {
            ours.run("config", "set", "maxmemory", "0");
            ours.run("set", "k", "v".repeat(1000));
            ours.run("config", "set", "maxmemory", "1");
            assertThat(ours.run("eval", "return redis.call('set','x','y')", "0"))
                    .startsWith("-OOM command not allowed when used memory > 'maxmemory'. script: ");
            assertThat(ours.run("eval", "return redis.call('get','x')", "0")).isEqualTo("$-1\r\n");
            assertThat(ours.run("eval", "return redis.call('del','x')", "0")).isEqualTo(":0\r\n");
            assertThat(ours.run("eval", "redis.call('del','x') return redis.call('set','x','y')", "0"))
                    .isEqualTo("+OK\r\n");
            assertThat(ours.run("eval", "#!lua\nreturn 1", "0"))
                    .isEqualTo("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
            assertThat(ours.run("eval", "#!lua flags=allow-oom\nreturn redis.call('set','z','y')", "0"))
                    .isEqualTo("+OK\r\n");
            assertThat(ours.run("eval", "#!lua flags=no-writes\nreturn 1", "0")).isEqualTo(":1\r\n");
        }
    }

    /** As the test "Consistent eval error reporting" of Redis's suite. */
    @Test
    void errorsOfCommandsCountOnceWhetherTheScriptAnswersThemOrNot() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            String refused = "redis.pcall('set','x','y')";
            counts(ours, "eval_ro", "redis.call('set','x','y')", "set", 1, 1);
            counts(ours, "eval_ro", "return " + refused, "set", 1, 1);
            counts(ours, "eval_ro", "return " + refused + ".err ~= nil", "set", 1, 0);
            counts(ours, "eval", "return redis.call('select',99)", "select", 0, 1);
            counts(ours, "eval", "return redis.pcall('select',99).err ~= nil", "select", 0, 0);
            counts(ours, "eval", "return redis.call('lpush','x')", "lpush", 1, 1);
            counts(ours, "eval", "redis.call('set','x','y') return redis.pcall('lpush','x','y')", "lpush", 0, 1);
        }
    }

    private static void counts(RespConnection on, String eval, String body, String command, int rejected, int failed)
            throws Exception {
        on.run("config", "resetstat");
        on.run(eval, body, "0");
        String info = on.run("info", "everything");
        String called = "calls=" + (1 - rejected) + ",";
        assertThat(info)
                .contains("total_error_replies:1\r\n")
                .containsPattern("cmdstat_" + command + ":" + called + ".*,rejected_calls=" + rejected
                        + ",failed_calls=" + (1 - rejected) + "\r\n")
                .containsPattern("cmdstat_" + eval + ":calls=1,.*,rejected_calls=0,failed_calls=" + failed + "\r\n");
    }

    @Test
    void manyScriptsFromEvalPushOutTheOldest() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            String kept = String.valueOf(RespConnection.parse(ours.run("script", "load", "return 'kept'")));
            ours.run("eval", "return 'first'", "0");
            String first = "f2fcc28c3bfd3a4b1ba1dc0d8c3d3a1fe9a7cd5d";
            for (int i = 0; i < 10_050; i++) {
                ours.run("eval", "return " + i, "0");
            }
            assertThat(ours.run("evalsha", kept, "0")).isEqualTo("$4\r\nkept\r\n");
            assertThat(ours.run("evalsha", first, "0")).startsWith("-NOSCRIPT");
        }
    }
}
