package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.keyspace.DataLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same seeded random commands to a real redis-server and to us, the handlers by themselves and a whole server: the replies must be the same bytes. How
 * many commands and the seed are the system properties {@code cairn.differential.commands} and {@code
 * cairn.differential.seed}; {@code cairn.differential.only} chooses templates. A failure prints the seed and the last commands.
 */
class RedisDifferentialIT {
    private static final int COMMANDS = Integer.getInteger("cairn.differential.commands", 15_000);
    private static final long SEED = Long.getLong("cairn.differential.seed", 20_261_120L);
    /** Only templates that this finds. */
    private static final Pattern ONLY = Pattern.compile(System.getProperty("cairn.differential.only", ""));

    private static final int KEYS = 8;
    /** Set on both sides, so that compact forms are left often. */
    private static final List<String> LIMITS = List.of("hash-max-listpack-entries", "set-max-intset-entries");

    private static final int LIMIT = 8;
    /** Longer than a key lives that expires in a millisecond. */
    private static final long EXPIRED_MILLIS = 10;
    /** Commands shown before a difference. */
    private static final int HISTORY = Integer.getInteger("cairn.differential.history", 12);

    @TempDir
    private Path directory;

    private final Map<String, Integer> successes = new TreeMap<>();
    private final List<String> history = new ArrayList<>();

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    /** What is compared with Redis. */
    private interface Subject extends AutoCloseable {
        String run(List<byte[]> words) throws IOException;

        /** False if there is no connection: no database of its own, no transactions, no scripts. */
        boolean sessions();

        /** Sets {@link #LIMITS}. */
        void limit() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** The handlers by themselves. */
    private record Handlers(CommandHarness harness) implements Subject {
        @Override
        public String run(List<byte[]> words) {
            harness.now = System.currentTimeMillis();
            return harness.run(words);
        }

        @Override
        public boolean sessions() {
            return false;
        }

        @Override
        public void limit() {
            harness.keyspace.encodingLimits().hashEntries = LIMIT;
            harness.keyspace.dataLimits(new DataLimits(LIMIT, 3000, 4096, 100));
        }

        @Override
        public void close() {
            harness.close();
        }
    }

    /** A whole server over its socket. */
    private record Server(CairnServer server, RespConnection connection) implements Subject {
        @Override
        public String run(List<byte[]> words) throws IOException {
            return connection.run(words);
        }

        @Override
        public boolean sessions() {
            return true;
        }

        @Override
        public void limit() throws IOException {
            for (String limit : LIMITS) {
                assertThat(connection.run(words("config", "set", limit, Integer.toString(LIMIT))))
                        .isEqualTo("+OK\r\n");
            }
        }

        @Override
        public void close() throws IOException {
            connection.close();
            server.close();
        }
    }

    @Test
    void handlersAnswerAsRedisInResp2() throws Exception {
        compare(SEED, false, new Handlers(new CommandHarness(false)));
    }

    @Test
    void handlersAnswerAsRedisInResp3() throws Exception {
        compare(SEED + 1, true, new Handlers(new CommandHarness(true)));
    }

    @Test
    void aServerAnswersAsRedisInResp2() throws Exception {
        CairnServer server = CairnServer.start(directory);
        compare(SEED + 2, false, new Server(server, server.connect()));
    }

    @Test
    void aServerAnswersAsRedisInResp3() throws Exception {
        CairnServer server = CairnServer.start(directory);
        compare(SEED + 3, true, new Server(server, server.connect()));
    }

    private void compare(long seed, boolean resp3, Subject subject) throws IOException, InterruptedException {
        Random random = new Random(seed);
        try (RedisProcess redis = RedisProcess.start(directory);
                Subject ours = subject) {
            for (String limit : LIMITS) {
                redis.run("config", "set", limit, Integer.toString(LIMIT));
            }
            ours.limit();
            RandomArguments arguments = new RandomArguments(random, KEYS, payloads(redis));
            if (resp3) {
                redis.run("hello", "3");
                if (ours.sessions()) {
                    ours.run(words("hello", "3"));
                }
            }
            for (int i = 0; i < COMMANDS; i++) {
                String template = Templates.ALL.get(random.nextInt(Templates.ALL.size()));
                if (!ONLY.matcher(template).find()) {
                    continue;
                }
                // Flushes and moves to another database are rare: there would be nothing left to look at.
                if (template.startsWith("select") && !ours.sessions()) {
                    continue;
                }
                if (alone(template) && random.nextInt(5) > 0) {
                    continue;
                }
                List<byte[]> words = CommandTemplate.expand(template, random, arguments::get);
                if (alone(template) || !ours.sessions()) {
                    step(seed, redis, ours, words);
                } else {
                    inSomeWay(seed, redis, ours, words, random, arguments);
                }
                if (i % 500 == 0) {
                    compareAllKeys(seed, redis, ours);
                }
            }
        }
        System.out.println("successful replies, seed " + seed + ": " + successes);
        Set<String> never = new TreeSet<>();
        for (List<Command> family : Families.data()) {
            for (Command command : family) {
                if (command.data() != null && !successes.containsKey(command.name())) {
                    never.add(command.name());
                }
            }
        }
        never.removeIf(name -> !ONLY.pattern().isEmpty() || (name.startsWith("eval") && !subject.sessions()));
        // Its only answer under the policies there are is an error.
        never.remove("object|freq");
        // Functions have a comparison of their own.
        never.removeIf(name -> name.startsWith("fcall") || name.startsWith("function|"));
        // Of Valkey, and of Redis 7.4.
        never.removeIf(name -> name.matches("delifeq|hp?expire(at|time)?|hp?ttl|hpersist"));
        assertThat(never).as("commands that never succeeded").isEmpty();
    }

    /** What Redis's DUMP makes of some values, and one that is damaged. */
    private static List<byte[]> payloads(RedisProcess redis) throws IOException {
        List<byte[]> payloads = new ArrayList<>();
        for (String value : List.of("", "7", "-129", "70000", "9999999999", "some text", "a".repeat(9000))) {
            redis.run("set", "payload", value);
            payloads.add(dumped(redis));
        }
        for (String line : List.of(
                "hset payload f1 v1 f2 7 f3 -70000",
                "hset payload f4 " + "x".repeat(100),
                "sadd payload 1 2 3 -70000",
                "sadd payload m1 m2 1 2 3")) {
            redis.run("del", "payload");
            redis.run(line.split(" ", -1));
            payloads.add(dumped(redis));
        }
        redis.run("del", "payload");
        for (List<String> commands : StreamTemplates.PAYLOADS) {
            for (String command : commands) {
                redis.run(command.split(" "));
            }
            String reply = redis.run("dump", "payload");
            int start = reply.indexOf("\r\n") + 2;
            payloads.add(reply.substring(start, reply.length() - 2).getBytes(StandardCharsets.ISO_8859_1));
            redis.run("del", "payload");
        }
        for (String command : ListTemplates.PAYLOADS) {
            redis.run(command.strip().split(" "));
            payloads.add(dumped(redis));
            redis.run("del", "payload");
        }
        redis.run("zadd", "payload", "1", "a", "2.5", "7", "-inf", "b", "1e17", "c");
        payloads.add(dumped(redis));
        redis.run("zadd", "payload", "3", "a".repeat(70));
        payloads.add(dumped(redis));
        redis.run("del", "payload");
        byte[] damaged = payloads.get(5).clone();
        damaged[3]++;
        payloads.add(damaged);
        return payloads;
    }

    private static byte[] dumped(RedisProcess redis) throws IOException {
        String reply = redis.run("dump", "payload");
        int start = reply.indexOf("\r\n") + 2;
        return reply.substring(start, reply.length() - 2).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** By itself, by a script, in a transaction, or with a key that expires before it. */
    private void inSomeWay(
            long seed, RedisProcess redis, Subject ours, List<byte[]> words, Random random, RandomArguments arguments)
            throws IOException, InterruptedException {
        switch (random.nextInt(40)) {
            case 0, 1, 2 -> byScript(seed, redis, ours, words, random);
            case 3, 4 -> inTransaction(seed, redis, ours, words, random, arguments);
            case 5 -> {
                if (random.nextInt(8) == 0) {
                    byte[] key = arguments.get("key");
                    step(seed, redis, ours, List.of(bytes("pexpire"), key, bytes("1")));
                    Thread.sleep(EXPIRED_MILLIS);
                    // So that it is gone on both sides: each forgets expired keys in its own time.
                    step(seed, redis, ours, List.of(bytes("exists"), key));
                }
                step(seed, redis, ours, words);
            }
            default -> step(seed, redis, ours, words);
        }
    }

    private void byScript(long seed, RedisProcess redis, Subject ours, List<byte[]> words, Random random)
            throws IOException {
        String script =
                random.nextInt(4) > 0 ? "return redis.call(unpack(ARGV))" : "return {1,redis.pcall(unpack(ARGV))}";
        String way = List.of("eval", "eval", "evalsha", "eval_ro", "evalsha_ro").get(random.nextInt(5));
        List<byte[]> call = new ArrayList<>(words(way, script, "0"));
        if (way.startsWith("evalsha")) {
            List<byte[]> load = words("script", "load", script);
            String sha = redis.run(load);
            assertThat(ours.run(load)).isEqualTo(sha);
            call.set(1, bytes(sha.split("\r\n", -1)[1]));
        }
        call.addAll(words);
        String inner = ReplyComparison.name(words);
        step(
                seed,
                redis,
                ours,
                way,
                call,
                (expected, actual) -> script.contains("{1")
                        ? ReplyComparison.same(List.of("", inner), expected, actual)
                        : ReplyComparison.same(inner, expected, actual));
    }

    private void inTransaction(
            long seed, RedisProcess redis, Subject ours, List<byte[]> first, Random random, RandomArguments arguments)
            throws IOException {
        step(seed, redis, ours, words("multi"));
        List<String> names = new ArrayList<>();
        List<byte[]> words = first;
        for (int more = 1 + random.nextInt(4); more > 0; more--) {
            step(seed, redis, ours, "queued", words, String::equals);
            names.add(ReplyComparison.name(words));
            String template;
            do {
                template = Templates.ALL.get(random.nextInt(Templates.ALL.size()));
            } while (alone(template));
            words = CommandTemplate.expand(template, random, arguments::get);
        }
        step(
                seed,
                redis,
                ours,
                "exec",
                words("exec"),
                (expected, actual) -> ReplyComparison.same(names, expected, actual));
    }

    /** Not in scripts and transactions: what changes the database that the connection sees, or leaves nothing. */
    private static boolean alone(String template) {
        return template.startsWith("flush") || template.startsWith("sw") || template.startsWith("select");
    }

    private void step(long seed, RedisProcess redis, Subject ours, List<byte[]> words) throws IOException {
        String name = ReplyComparison.name(words);
        step(seed, redis, ours, name, words, (expected, actual) -> ReplyComparison.same(name, expected, actual));
    }

    private void step(
            long seed,
            RedisProcess redis,
            Subject ours,
            String name,
            List<byte[]> words,
            BiPredicate<String, String> same)
            throws IOException {
        String shown = show(words);
        history.add(shown);
        String expected = redis.run(words);
        String actual = ours.run(words);
        if (!expected.startsWith("-")) {
            successes.merge(name, 1, Integer::sum);
        }
        history.set(history.size() - 1, shown + " -> " + printable(expected));
        if (!same.test(expected, actual)) {
            fail(
                    "seed %d: redis-server answers %s, we answer %s, after%n%s",
                    seed,
                    printable(expected),
                    printable(actual),
                    String.join("\n", history.subList(Math.max(0, history.size() - HISTORY), history.size())));
        }
    }

    /** All keys with values, encodings and expiries; found by SCAN on our side, by KEYS at Redis. */
    private void compareAllKeys(long seed, RedisProcess redis, Subject ours) throws IOException {
        Set<String> expected = new TreeSet<>();
        for (String kind : List.of("k", "hash", "set", "z", "l", "g", "q")) {
            for (int i = 0; i < KEYS; i++) {
                if (redis.run("exists", kind + i).equals(":1\r\n")) {
                    expected.add(kind + i);
                }
            }
        }
        for (String key : StreamTemplates.KEYS) {
            if (redis.run("exists", key).equals(":1\r\n")) {
                expected.add(key);
            }
        }
        Set<String> actual = new TreeSet<>();
        String cursor = "0";
        do {
            List<?> step = (List<?>)
                    Objects.requireNonNull(RespConnection.parse(ours.run(words("scan", cursor, "count", "3"))));
            cursor = String.valueOf(step.get(0));
            for (Object key : (List<?>) Objects.requireNonNull(step.get(1))) {
                actual.add(String.valueOf(key));
            }
        } while (!cursor.equals("0"));
        // Other keys are senseless arguments that were taken as such.
        actual.removeIf(key -> !key.matches("(k|hash|set|z|l|g|q)[0-9]") && !StreamTemplates.KEYS.contains(key));
        assertThat(actual)
                .as("keys found by SCAN, seed %d, after %s", seed, history)
                .isEqualTo(expected);
        for (String key : expected) {
            step(seed, redis, ours, words("type", key));
            step(seed, redis, ours, contents(redis, key));
            step(seed, redis, ours, words("object", "encoding", key));
            step(seed, redis, ours, words("pexpiretime", key));
            exchange(redis, ours, key);
        }
        history.clear();
    }

    /** Each side restores what the other dumped. */
    private static void exchange(RedisProcess redis, Subject ours, String key) throws IOException {
        String value = redis.run(contents(redis, key));
        assertThat(redis.run(restore("copy", ours.run(words("dump", key))))).isEqualTo("+OK\r\n");
        String theirs = redis.run(contents(redis, "copy"));
        assertThat(ours.run(restore("copy", redis.run("dump", key)))).isEqualTo("+OK\r\n");
        String mine = ours.run(contents(redis, "copy"));
        String name = ReplyComparison.name(contents(redis, key));
        assertThat(theirs).matches(copied -> ReplyComparison.same(name, value, copied), "same as " + printable(value));
        assertThat(mine).matches(copied -> ReplyComparison.same(name, value, copied), "same as " + printable(value));
        redis.run("del", "copy");
        ours.run(words("del", "copy"));
    }

    /** The command that shows all of a key. */
    private static List<byte[]> contents(RedisProcess redis, String key) throws IOException {
        return switch (redis.run("type", key).strip()) {
            case "+hash" -> words("hgetall", key);
            case "+set" -> words("smembers", key);
            case "+zset" -> words("zrange", key, "0", "-1", "withscores");
            case "+list" -> words("lrange", key, "0", "-1");
            case "+stream" -> words("xinfo", "stream", key, "full", "count", "0");
            default -> words("get", key);
        };
    }

    private static List<byte[]> restore(String key, String dumped) {
        int start = dumped.indexOf("\r\n") + 2;
        List<byte[]> words = new ArrayList<>(words("restore", key, "0"));
        words.add(dumped.substring(start, dumped.length() - 2).getBytes(StandardCharsets.ISO_8859_1));
        return words;
    }

    private static List<byte[]> words(String... words) {
        return Arrays.stream(words).map(RedisDifferentialIT::bytes).toList();
    }

    private static String show(List<byte[]> words) {
        StringBuilder shown = new StringBuilder();
        for (byte[] word : words) {
            shown.append(printable(text(word))).append(' ');
        }
        return shown.toString();
    }

    private static String printable(String text) {
        StringBuilder shown = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), 200); i++) {
            char c = text.charAt(i);
            shown.append(c >= 32 && c < 127 ? String.valueOf(c) : String.format("\\x%02x", (int) c));
        }
        return shown.append(text.length() > 200 ? "...\"" : "\"").toString();
    }

    private static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] word) {
        return new String(word, StandardCharsets.ISO_8859_1);
    }
}
