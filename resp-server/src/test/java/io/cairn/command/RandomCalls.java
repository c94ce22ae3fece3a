package io.cairn.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Random calls of commands of all types for one shard of a cluster: the templates of {@link RedisDifferentialIT} with keys of one
 * slot, by themselves and by scripts, with keys and fields of hashes that soon expire, and scripts that choose by chance and by the clock. One
 * thread.
 */
public final class RandomCalls {
    private static final int KEYS = 8;
    private static final int MOST_PAYLOADS = 50;
    private static final Set<String> KEY_KINDS = Set.of(
            "key",
            "sketch",
            "hash",
            "set",
            "single",
            "stream",
            "list",
            "numbers",
            "restored",
            "queue",
            "members",
            "sorted",
            "zkey",
            "lkey",
            "gkey");
    /** There is one database; and what is flushed too often shows nothing. */
    private static final Pattern LEFT_OUT = Pattern.compile("^(select|swapdb|move|flush)");

    private static final String BY_SCRIPT = "return redis.call(unpack(ARGV))";
    private static final String BY_CHANCE = """
            local t = redis.call('time')
            redis.call('zadd', KEYS[1], t[2] % 50, 'm' .. math.random(20))
            local member = redis.call('srandmember', KEYS[2])
            if member then redis.call('hset', KEYS[3], member, t[1]) end
            redis.call('spop', KEYS[2])
            redis.call('psetex', KEYS[4], 1 + t[2] % 100, tostring(math.random()))
            return redis.call('zrandmember', KEYS[1])
            """;

    private final Random random;
    private final String tag;
    private final List<byte[]> payloads = new ArrayList<>();
    private final RandomArguments arguments;
    private final List<String> templates = Templates.ALL.stream()
            .filter(line -> !LEFT_OUT.matcher(line).find())
            .toList();
    private final Map<String, Integer> successes = new TreeMap<>();

    /** {@code tag} begins all keys, as {@code {t}}. */
    public RandomCalls(long seed, String tag) {
        this.random = new Random(seed);
        this.tag = tag;
        payloads.add(bytes("no payload"));
        this.arguments = new RandomArguments(random, KEYS, payloads);
    }

    /** The words of the next call. */
    public byte[][] next() {
        int way = random.nextInt(42);
        if (way == 0) {
            return words("pexpire", key("key"), Integer.toString(1 + random.nextInt(100)));
        }
        if (way == 1) {
            return words("eval", BY_CHANCE, "4", key("zkey"), key("set"), key("hash"), key("key"));
        }
        if (way == 2) {
            return words("dump", key(random.nextBoolean() ? "key" : "list"));
        }
        if (way == 3) {
            return words("hpersist", key("hash"), "FIELDS", "1", text(argument("field")));
        }
        if (way >= 40) {
            return words(
                    "hpexpire",
                    key("hash"),
                    Integer.toString(1 + random.nextInt(500)),
                    "FIELDS",
                    "2",
                    text(argument("field")),
                    text(argument("field")));
        }
        List<byte[]> call = new ArrayList<>();
        if (way < 8) {
            call.addAll(List.of(bytes("eval"), bytes(BY_SCRIPT), bytes("1"), bytes(key("key"))));
        }
        call.addAll(CommandTemplate.expand(templates.get(random.nextInt(templates.size())), random, this::argument));
        return call.toArray(new byte[0][]);
    }

    /** A call was answered without an error; {@code reply} is what DUMP gave. */
    public void succeeded(byte[][] call, byte[] reply) {
        String name = text(call[0]).toLowerCase(java.util.Locale.ROOT);
        successes.merge(name, 1, Integer::sum);
        if (name.equals("dump") && reply.length > 0) {
            if (payloads.size() < MOST_PAYLOADS) {
                payloads.add(reply);
            } else {
                payloads.set(random.nextInt(MOST_PAYLOADS), reply);
            }
        }
    }

    /** How many calls of each command succeeded. */
    public Map<String, Integer> successes() {
        return successes;
    }

    private byte[] argument(String kind) {
        byte[] argument = arguments.get(kind);
        return KEY_KINDS.contains(kind) ? bytes(tag + text(argument)) : argument;
    }

    private String key(String kind) {
        return text(argument(kind));
    }

    private static byte[][] words(String... words) {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = bytes(words[i]);
        }
        return bytes;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
