package io.cairn.script;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.Reply;
import io.cairn.metrics.LoopStats;
import io.cairn.metrics.NodeStats;
import io.cairn.resp.ReplyBuffer;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The interpreter without a server: what scripts get and answer, and what they cannot reach. */
class LuaEngineTest {
    private final LuaEngine lua = new LuaEngine(args -> true, () -> 64L << 20, () -> 5_000L);
    private final ScriptEngine engine = new ScriptEngine(new ScriptCache(), lua);
    private final LoopStats stats = new NodeStats(new CommandTable(Families.data())).local();
    private final List<String> calls = new ArrayList<>();

    @AfterEach
    void close() {
        lua.close();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The reply, one char a byte. */
    private String run(String body, byte[]... arguments) {
        ReplyBuffer out = new ReplyBuffer(UnpooledByteBufAllocator.DEFAULT, stats);
        Script script = engine.load(body.getBytes(StandardCharsets.ISO_8859_1), false, out::error);
        if (script != null) {
            ScriptRun run = new ScriptRun(script, false, 0, this::command, null);
            engine.run(new ScriptEngine.Prepared(script, 0, List.of(), List.of(arguments), false), run, out);
        }
        String reply = text(out.bytes(0, out.bytes()));
        out.release();
        return reply;
    }

    /** Commands of the test: many N, echo X, nested. */
    private @Nullable String command(ScriptRun run, Args args, Reply reply) {
        String name = args.text(0);
        calls.add(name);
        switch (name) {
            case "many" -> {
                int count = Integer.parseInt(args.text(1));
                reply.array(count);
                for (int i = 0; i < count; i++) {
                    reply.bulk("m" + i);
                }
            }
            case "echo" -> reply.bulk(args.bytes(1));
            case "nested" -> {
                reply.array(3);
                reply.number(1);
                reply.map(1);
                reply.bulk("k");
                reply.real(0.5);
                reply.set(1);
                reply.nil();
            }
            default -> {
                return "no such command";
            }
        }
        return null;
    }

    @Test
    void bytesPassUnchangedBothWays() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        assertThat(run("return ARGV[1]", all)).isEqualTo("$256\r\n" + text(all) + "\r\n");
        assertThat(run("return redis.call('echo',ARGV[1])", all)).isEqualTo("$256\r\n" + text(all) + "\r\n");
        assertThat(run("return #ARGV[1]", all)).isEqualTo(":256\r\n");
        assertThat(run("return ARGV[1]:byte(1)+ARGV[1]:byte(256)", all)).isEqualTo(":255\r\n");
    }

    @Test
    void repliesOfMoreStringsThanAChunkHasConstants() {
        for (int count : new int[] {
            0,
            1,
            49,
            50,
            51,
            25_550,
            25_551,
            Constants.MAX_OF_CHUNK,
            Constants.MAX_OF_CHUNK + 1,
            2 * Constants.MAX_OF_CHUNK + 77
        }) {
            String body = "local t=redis.call('many'," + count + ") if #t~=" + count
                    + " then return 'size '..#t end for i=1,#t do if t[i]~='m'..(i-1) then return i end end return 'ok'";
            assertThat(run(body)).as("%d", count).isEqualTo("$2\r\nok\r\n");
        }
    }

    @Test
    void repliesOfEveryShape() {
        assertThat(run("local r=redis.call('nested') return {r[1],r[2],r[3]}"))
                .isEqualTo("*3\r\n:1\r\n*2\r\n$1\r\nk\r\n$3\r\n0.5\r\n*1\r\n$-1\r\n");
        assertThat(run("redis.setresp(3) local r=redis.call('nested') return {r[2].map.k.double*2,type(r[3])}"))
                .startsWith("-ERR table index is nil script: ");
    }

    @Test
    void argumentsOfEveryLength() {
        for (int length : new int[] {0, 1, 1024, 1025, 100_000}) {
            String body = "local s=string.rep('x'," + length + ") local r=redis.call('echo',s) return r==s and 1 or 0";
            assertThat(run(body)).as("%d", length).isEqualTo(":1\r\n");
        }
        assertThat(run("local t={} for i=1,3000 do t[i]=i end return redis.call('echo',unpack(t))"))
                .isEqualTo("$1\r\n1\r\n");
    }

    @Test
    void nothingOfJavaCanBeReached() {
        for (String name : new String[] {
            "java",
            "luajava",
            "jua",
            "debug",
            "package",
            "require",
            "io",
            "dofile",
            "loadfile",
            "print",
            "newproxy",
            "getfenv",
            "setfenv",
            "__jthrowable__"
        }) {
            assertThat(run("return type(rawget(_G,'" + name + "'))")).isEqualTo("$3\r\nnil\r\n");
        }
        assertThat(run("return type(os)..' '..type(os.clock)..' '..type(os.execute)..type(os.exit)"))
                .isEqualTo("$21\r\ntable function nilnil\r\n");
        // An error in a Java function leaves nothing of it behind.
        assertThat(run("pcall(cjson.decode,'{') return type(rawget(_G,'java'))..type(rawget(_G,'__jthrowable__'))"))
                .isEqualTo("$6\r\nnilnil\r\n");
        assertThat(run("local m=getmetatable(cjson.encode) return type(m)")).isEqualTo("$3\r\nnil\r\n");
    }

    @Test
    void binaryChunksAreRefusedWhereverTheyComeFrom() {
        String dumped = "local d=string.dump(function() return 1 end) ";
        assertThat(run(dumped + "local f,e=loadstring(d) return f==nil and 1 or 0"))
                .isEqualTo(":1\r\n");
        assertThat(run(dumped + "local f,e=loadstring(d,'=x') return f==nil and 1 or 0"))
                .isEqualTo(":1\r\n");
        assertThat(run(dumped
                        + "local i=0 local f=load(function() i=i+1 return i==1 and d or nil end) return f==nil and 1"
                        + " or 0"))
                .isEqualTo(":1\r\n");
        assertThat(run(dumped
                        + "local i=0 local f=load(function() i=i+1 local p=d:sub(i,i) return p~='' and p or nil end) return"
                        + " f==nil and 1 or 0"))
                .isEqualTo(":1\r\n");
        assertThat(run("\u001bLua"))
                .startsWith("-ERR Error compiling script (new function): user_script:1: unexpected");
    }

    @Test
    void coroutinesThatCallCommandsAreCollected() {
        assertThat(run("for i=1,20000 do coroutine.wrap(function() redis.call('echo','x') end)() end return 1"))
                .isEqualTo(":1\r\n");
        lua.reset();
        for (int i = 0; i < 50; i++) {
            run("for i=1,200 do local co=coroutine.create(function() redis.call('echo','x') coroutine.yield() end)"
                    + " coroutine.resume(co) end collectgarbage() return 1");
        }
        assertThat(lua.memory()).isLessThan(8 << 20);
    }

    @Test
    void deepAndEndlessTablesAnswerAnError() {
        assertThat(run("local t={} t[1]=t return t")).contains("-ERR reached lua stack limit");
        assertThat(run("local t={} t.map={a=t} return t")).contains("-ERR reached lua stack limit");
        assertThat(run("local function f() return {f()} end return f()")).startsWith("-ERR");
    }

    @Test
    void theCacheForgetsAndKeeps() {
        ScriptCache cache = new ScriptCache();
        List<String> gone = new ArrayList<>();
        Script loaded = new Script("l".repeat(40), new byte[10], 0, 0);
        cache.add(loaded, true, script -> gone.add(script.name()));
        for (int i = 0; i < ScriptCache.MAX_BY_EVAL + 5; i++) {
            cache.add(
                    new Script(String.format("%040d", i), new byte[10], 0, 0),
                    false,
                    script -> gone.add(script.name()));
            assertThat(cache.find(String.format("%040d", 0))).isNotNull(); // In use.
        }
        assertThat(gone).hasSize(5).contains(String.format("%040d", 1)).doesNotContain(String.format("%040d", 0));
        assertThat(cache.exists(loaded.name().toUpperCase(java.util.Locale.ROOT).getBytes(StandardCharsets.US_ASCII)))
                .isTrue();
        assertThat(cache.exists("x".getBytes(StandardCharsets.US_ASCII))).isFalse();
        cache.add(
                new Script("b".repeat(40), new byte[(int) ScriptCache.MAX_BYTES_BY_EVAL + 1], 0, 0),
                false,
                script -> {});
        assertThat(cache.size()).isEqualTo(2);
        cache.clear();
        assertThat(cache.size()).isZero();
        assertThat(cache.bytes()).isZero();
    }
}
