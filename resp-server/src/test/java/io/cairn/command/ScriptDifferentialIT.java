package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts, one after another, to redis-server and to us: the same bytes. */
class ScriptDifferentialIT {
    private static final Pattern WITH_KEYS = Pattern.compile("\\[([^|\\]]*)\\|([^\\]]*)\\] (.*)");

    /** Of EVAL's and SCRIPT's own arguments; words are separated by blanks, a trailing blank is an empty last word. */
    private static final String[] LINES = {
        "eval return",
        "eval return x",
        "eval return 1.5",
        "eval return -1",
        "eval return 1",
        "eval return 2 a",
        "eval return 9999999999999999999",
        "eval  0",
        "eval ( 0",
        "eval_ro return(redis.call('get','k')) 0",
        "eval_ro return(redis.call('set','k','v')) 0",
        "eval_ro return(redis.pcall('set','k','v')) 0",
        "eval_ro return 1",
        "evalsha x 0",
        "evalsha x y",
        "evalsha 0123456789012345678901234567890123456789 0",
        "evalsha 0123456789012345678901234567890123456789 x",
        "evalsha 0123456789012345678901234567890123456789 5",
        "evalsha_ro 0123456789012345678901234567890123456789 0",
        "evalsha",
        "script load return(7)",
        "evalsha 78ad4d7e4ad2ee0b4d3ca8bc8ed5a1ea3ee1ee0c 0",
        "script load return(ARGV[1])",
        "script load (",
        "script load #!python",
        "script load",
        "script load a b",
        "script exists 0123456789012345678901234567890123456789",
        "script exists x y z",
        "script exists",
        "script kill",
        "script kill x",
        "script flush x",
        "script flush async x",
        "script flush async",
        "script flush SYNC",
        "script flush",
        "script nosuch",
        "script",
        "script debug no",
        "script debug maybe",
        "script debug",
        "script help x",
        "multi",
        "set a 1",
        "eval return(redis.call('incr','a')) 0",
        "eval error('x') 0",
        "eval return(redis.call('incr',KEYS[1])) 1 a",
        "evalsha 0123456789012345678901234567890123456789 0",
        "ping",
        "get a",
        "exec",
        "multi",
        "eval return(1) 0",
        "ping",
        "eval return",
        "exec",
        "watch a",
        "eval return(redis.call('incr','a')) 0",
        "multi",
        "eval return(1) 0",
        "exec",
        "watch a",
        "multi",
        "eval return({redis.call('incr','a'),{ok='x'},false}) 0",
        "exec",
        "multi",
        "eval redis.call('select',1)return(redis.call('set','k','in1')) 0",
        "get k",
        "exec",
        "get k",
        "command getkeys eval return(1) 2 a b c",
        "command getkeys eval return(1) 0 a b c",
        "command getkeys eval return(1) 4 a b c",
        "command getkeysandflags evalsha x 1 a",
        "command getkeysandflags eval_ro x 1 a",
        "function flush",
        "function load return(1)",
        "function load #!python\tname=l\nreturn(1)",
        "function load #!lua\nreturn(1)",
        "function load #!lua\tname=l",
        "function load #!lua\tname=l\tname=m\nreturn(1)",
        "function load #!lua\tname=l-m\nreturn(1)",
        "function load #!lua\tother=l\nreturn(1)",
        "function load #!lua\tname=l\nreturn(1)",
        "function load #!lua\tname=l\n(",
        "function load #!lua\tname=l\nredis.register_function('f',function(k,a)return{k,a}end)",
        "function load #!lua\tname=l\nredis.register_function('f',function()return(1)end)",
        "function load #!lua\tname=m\nredis.register_function('f',function()return(1)end)",
        "function load nosuch #!lua\tname=m\nredis.register_function('f',function()return(1)end)",
        "function load replace",
        "function load",
        "fcall f 2 a b c d",
        "fcall f x",
        "fcall f -1",
        "fcall f 3 a",
        "fcall nosuch 0",
        "fcall nosuch x",
        "fcall_ro f 0",
        "fcall f",
        "function load replace #!lua\tname=l\nredis.register_function{function_name='g',callback=function(k)redis.call('set',k[1],'v')return(redis.call('get',k[1]))end}",
        "fcall g 1 a",
        "fcall g 0",
        "fcall f 0",
        "function list",
        "function list withcode",
        "function list libraryname l*",
        "function list libraryname x",
        "function list libraryname",
        "function list nosuch",
        "function load replace #!lua\tname=l\nredis.register_function{function_name='g',description='d',flags={'no-writes'},callback=function(k)return(redis.call('get',k[1]))end}",
        "function list",
        "fcall_ro g 1 a",
        "fcall g 1 nosuch",
        "function load replace #!lua\tname=l\nredis.register_function{function_name='w',flags={'no-writes'},callback=function(k)return(redis.call('set',k[1],'x'))end}",
        "fcall w 1 a",
        "function kill",
        "function kill x",
        "function delete nosuch",
        "function delete l",
        "function list",
        "function flush x",
        "function flush async",
        "function nosuch",
        "function",
        "multi",
        "function load #!lua\tname=l\nredis.register_function('f',function(k,a)return(redis.call('incr','n'))end)",
        "fcall f 0",
        "exec",
        "function flush sync",
    };

    @TempDir
    private Path directory;

    private record Line(String script, List<String> keys, List<String> arguments) {
        List<byte[]> command(String name) {
            List<byte[]> words = new ArrayList<>();
            words.add(bytes(name));
            words.add(bytes(script));
            words.add(bytes(Integer.toString(keys.size())));
            keys.forEach(key -> words.add(bytes(key)));
            arguments.forEach(argument -> words.add(bytes(argument)));
            return words;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    @Test
    void scriptsAnswerWhatTheyAnswerInRedis() throws Exception {
        List<Line> lines = lines();
        assertThat(lines).hasSizeGreaterThan(900);
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String protocol : new String[] {"2", "3"}) {
                redis.run("hello", protocol);
                ours.run("hello", protocol);
                redis.run("flushall");
                ours.run("flushall");
                for (Line line : lines) {
                    softly.assertThat(ours.run(line.command("eval")))
                            .as("RESP%s %s", protocol, line.script)
                            .isEqualTo(redis.run(line.command("eval")));
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void evalAndScriptCheckTheirArgumentsAsRedis() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String protocol : new String[] {"2", "3"}) {
                redis.run("hello", protocol);
                ours.run("hello", protocol);
                for (String line : LINES) {
                    softly.assertThat(ours.line(line))
                            .as("RESP%s %s", protocol, line)
                            .isEqualTo(redis.run(line.split(" ", -1)));
                }
            }
        }
        softly.assertAll();
    }

    private static List<Line> lines() throws IOException {
        List<Line> lines = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(ScriptDifferentialIT.class.getResourceAsStream("scripts.txt"));
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                if (text.isEmpty() || text.startsWith("# ")) {
                    continue;
                }
                Matcher matcher = WITH_KEYS.matcher(text);
                boolean keys = matcher.matches();
                String script = (keys ? matcher.group(3) : text).replace('\u00b6', '\n');
                lines.add(new Line(
                        script,
                        keys ? words(matcher.group(1)) : List.of(),
                        keys ? words(matcher.group(2)) : List.of()));
            }
        }
        return lines;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +", -1));
    }
}
